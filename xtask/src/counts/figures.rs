//! What is counted now beside what is checked in.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Figures {
    /// Another compiler makes other code of the same text.
    pub(super) rustc: String,
    /// By name, for one time each.
    pub(super) instructions: BTreeMap<String, u64>,
}

/// From a count whose name ends in `+ check` the next one whose name begins with `check` is taken
/// away; that one is the crypto library's, and no figure.
pub(super) fn ours(counted: &[(String, u64)]) -> Result<BTreeMap<String, u64>> {
    let mut figures = BTreeMap::new();
    for (at, (name, count)) in counted.iter().enumerate() {
        let (name, count) = match name.strip_suffix(" + check") {
            Some(name) => {
                let check = counted[at..].iter().find(|(name, _)| name.starts_with("check"));
                let (_, check) = check.with_context(|| format!("no check follows {name}"))?;
                (name, count.saturating_sub(*check))
            }
            None if name.starts_with("check") => continue,
            None => (name.as_str(), *count),
        };
        figures.insert(name.to_owned(), count / TIMES);
    }
    Ok(figures)
}

/// One for each figure, with what has changed.
pub(super) fn lines(then: &Figures, now: &Figures) -> Vec<String> {
    let line = |(name, count): (&String, &u64)| match then.instructions.get(name) {
        Some(before) => format!("instructions {name} {count} ({:+.1} %)", growth(*before, *count)),
        None => format!("instructions {name} {count} (new)"),
    };
    now.instructions.iter().map(line).collect()
}

pub(super) fn faults(then: &Figures, now: &Figures) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, count) in &now.instructions {
        match then.instructions.get(name) {
            None => faults.push(format!("{name}: not among the checked-in figures")),
            Some(before) if *count * 100 > *before * (100 + LIMIT) => faults.push(format!(
                "{name}: {count} instructions, {before} are checked in: {:.1} % more",
                growth(*before, *count)
            )),
            Some(_) => {}
        }
    }
    let gone = then.instructions.keys().filter(|name| !now.instructions.contains_key(*name));
    faults.extend(gone.map(|name| format!("{name}: checked in, but counted no more")));
    if !faults.is_empty() && then.rustc != now.rustc {
        faults.push(format!("(the figures are of {}, this is {})", then.rustc, now.rustc));
    }
    faults
}

/// In per cent.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn growth(before: u64, now: u64) -> f64 {
    (now as f64 / before.max(1) as f64 - 1.0) * 100.0
}

/// In per cent.
const LIMIT: u64 = 3;

/// As often does the program do each thing.
pub(super) const TIMES: u64 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(rustc: &str, counts: &[(&str, u64)]) -> Figures {
        let instructions = counts.iter().map(|(name, count)| ((*name).to_owned(), *count));
        Figures { rustc: rustc.to_owned(), instructions: instructions.collect() }
    }

    #[test]
    fn the_check_that_follows_is_taken_away() {
        let counted = [("a + check", 900), ("b", 300), ("check", 500), ("c + check", 800)];
        let mut counted: Vec<_> = counted.map(|(name, it)| (name.to_owned(), it * 100)).to_vec();
        assert!(ours(&counted).is_err(), "no check follows c");

        counted.push(("check of c".to_owned(), 20_000));
        let ours = ours(&counted).expect("all is there");
        let expected = figures("", &[("a", 400), ("b", 300), ("c", 600)]).instructions;
        assert_eq!(ours, expected);
    }

    #[test]
    fn only_what_grows_by_more_than_3_per_cent_is_a_fault() {
        let then = figures("1.95", &[("a", 1_000), ("b", 1_000)]);
        let within = figures("1.96", &[("a", 1_030), ("b", 500)]);
        assert_eq!(faults(&then, &within), [""; 0]);

        let beyond = figures("1.95", &[("a", 1_031), ("b", 1_000)]);
        let text = "a: 1031 instructions, 1000 are checked in: 3.1 % more";
        assert_eq!(faults(&then, &beyond), [text]);
        let other = figures("1.96", &[("a", 1_031), ("b", 1_000)]);
        assert_eq!(faults(&then, &other)[1], "(the figures are of 1.95, this is 1.96)");
    }

    #[test]
    fn a_new_name_and_a_lost_one_are_faults() {
        let (then, now) = (figures("", &[("a", 1)]), figures("", &[("b", 1)]));
        let [new, lost] = &faults(&then, &now)[..] else { panic!("two faults") };
        assert!(new.starts_with("b: not among"), "{new}");
        assert!(lost.starts_with("a: checked in"), "{lost}");
    }

    #[test]
    fn a_line_tells_the_change() {
        let then = figures("", &[("a", 1_000)]);
        let now = figures("", &[("a", 950), ("b", 7)]);
        assert_eq!(lines(&then, &now), ["instructions a 950 (-5.0 %)", "instructions b 7 (new)"]);
    }
}
