//! Counts, beside what they may be.

use anyhow::{Result, bail};

/// What was counted, and what may be.
#[derive(Default)]
pub(super) struct Checks {
    only_told: bool,
    wrong: usize,
}

impl Checks {
    /// What is only printed, to compare.
    pub(super) fn only_told() -> Self {
        Self { only_told: true, wrong: 0 }
    }

    pub(super) fn at_most(&mut self, name: &str, found: usize, most: usize) {
        self.told(name, &found.to_string(), &most.to_string(), found <= most);
    }

    pub(super) fn note(&self, name: &str, value: &str) {
        println!("     {name:<58} {value}");
    }

    pub(super) fn told(&mut self, name: &str, found: &str, most: &str, right: bool) {
        if self.only_told {
            return self.note(name, found);
        }
        self.wrong += usize::from(!right);
        let mark = if right { "ok  " } else { "FAIL" };
        println!("{mark} {name:<58} {found} (at most {most})");
    }

    pub(super) fn judge(&self) -> Result<()> {
        if self.wrong > 0 {
            bail!("{} counts are too high", self.wrong);
        }
        Ok(())
    }
}
