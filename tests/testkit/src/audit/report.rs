//! What came of an audit.

use std::{collections::BTreeMap, fmt};

/// What a service answered in each case, and where that is not as the table says.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Report {
    outcomes: Vec<Outcome>,
}

/// What came of one case.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub(super) case: String,
    pub(super) deviations: Vec<Deviation>,
    pub(super) row: &'static str,
    pub(super) seen: String,
}

/// One thing that is not as the table says.
#[derive(Clone, Debug)]
pub struct Deviation {
    pub(super) case: String,
    pub(super) is_fault: bool,
    pub(super) row: &'static str,
    pub(super) what: String,
}

impl Report {
    /// What came of each case, in the order of the requests.
    pub fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter()
    }

    /// All that is not as the table says.
    pub fn deviations(&self) -> impl Iterator<Item = &Deviation> {
        self.outcomes.iter().flat_map(|outcome| &outcome.deviations)
    }

    /// Those of the [`deviations`](Self::deviations) that let somebody in, keep somebody out, or
    /// break a standard.
    pub fn faults(&self) -> impl Iterator<Item = &Deviation> {
        self.deviations().filter(|deviation| deviation.is_fault)
    }

    /// Passes if there is no deviation.
    ///
    /// # Panics
    ///
    /// When there is one; the message is the whole report.
    pub fn assert_clean(&self) {
        assert!(self.deviations().next().is_none(), "{self}");
    }

    pub(super) fn add(&mut self, outcome: Outcome) {
        self.outcomes.push(outcome);
    }
}

impl Outcome {
    /// The row of the table.
    pub const fn row(&self) -> &'static str {
        self.row
    }

    /// The case, in a few words.
    pub fn case(&self) -> &str {
        &self.case
    }

    /// What was answered, in short: the status, and what else counts.
    pub fn seen(&self) -> &str {
        &self.seen
    }

    /// What is wrong with it.
    pub fn deviations(&self) -> impl Iterator<Item = &Deviation> {
        self.deviations.iter()
    }
}

impl Outcome {
    /// Of many requests.
    pub(super) fn fault(row: &'static str, case: &str, what: &str) -> Self {
        let (case, what) = (case.to_owned(), what.to_owned());
        let deviation = Deviation { case: case.clone(), is_fault: true, row, what };
        Self { case, deviations: vec![deviation], row, seen: String::new() }
    }

    pub(super) fn add(&mut self, what: &str) {
        let (case, what) = (self.case.clone(), what.to_owned());
        self.deviations.push(Deviation { case, is_fault: false, row: self.row, what });
    }
}

impl Deviation {
    /// The row of the table.
    pub const fn row(&self) -> &'static str {
        self.row
    }

    /// The case, in a few words.
    pub fn case(&self) -> &str {
        &self.case
    }

    /// What is wrong, in one sentence.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Whether it lets somebody in, keeps somebody out, or breaks a standard; if not, callers
    /// would only be served better otherwise.
    pub const fn is_fault(&self) -> bool {
        self.is_fault
    }
}

/// One line per case: row, case, answer; below it what is wrong. A remark that many cases share
/// stands at the end, once.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shared: BTreeMap<&str, usize> = BTreeMap::new();
        for remark in self.deviations().filter(|it| !it.is_fault) {
            *shared.entry(&remark.what).or_default() += 1;
        }
        shared.retain(|_, cases| *cases > FEW);
        for Outcome { case, deviations, row, seen } in &self.outcomes {
            writeln!(f, "{row:>3}  {case:<52}  {seen}")?;
            for deviation in deviations.iter().filter(|it| !shared.contains_key(it.what.as_str())) {
                let mark = if deviation.is_fault { "FAULT" } else { "poor " };
                writeln!(f, "     {mark} {}", deviation.what)?;
            }
        }
        for (what, cases) in shared {
            writeln!(f, "in {cases} cases: {what}")?;
        }
        let deviations = self.deviations().count();
        let (cases, faults) = (self.outcomes.len(), self.faults().count());
        write!(f, "{cases} cases, {deviations} deviations, {faults} of them faults")
    }
}

/// A remark in more cases than these is said once.
const FEW: usize = 3;
