//! The mutants that change nothing that anybody could see.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};

use super::list::Mutant;

/// By what is changed, without the line; and the reason.
#[derive(Debug)]
pub(super) struct Excused(BTreeMap<String, String>);

impl Excused {
    pub(super) fn read() -> Result<Self> {
        Self::parse(include_str!("equivalent.txt"))
    }

    fn parse(text: &str) -> Result<Self> {
        let mut all = BTreeMap::new();
        for block in text.split("\n\n").map(str::trim).filter(|block| !block.is_empty()) {
            if block.starts_with('#') {
                continue;
            }
            let (key, reason) =
                block.split_once('\n').with_context(|| format!("no reason: {block}"))?;
            let twice = all.insert(key.to_owned(), reason.to_owned());
            ensure!(twice.is_none(), "excused twice: {key}");
        }
        Ok(Self(all))
    }

    /// Each is among the mutants: else the source has changed, and the reason is to be read again.
    pub(super) fn check(&self, mutants: &[Mutant], complete: bool) -> Result<()> {
        let gone =
            self.0.keys().find(|&key| complete && !mutants.iter().any(|it| it.key() == *key));
        ensure!(gone.is_none(), "equivalent.txt excuses what is no mutant: {gone:?}");
        Ok(())
    }

    pub(super) fn has(&self, mutant: &Mutant) -> bool {
        self.0.contains_key(&mutant.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_excused_once_and_with_a_reason() {
        Excused::read().expect("well written");
        Excused::parse("a.rs: replace < with <=").expect_err("no reason");
        Excused::parse("a\nx\n\na\ny").expect_err("twice");
    }
}
