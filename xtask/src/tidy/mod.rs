//! `cargo xtask tidy`: what DESIGN and ARCHITECTURE promise about the workspace, checked by machine.
//!
//! A check is a function from the [`Workspace`] to an [`Outcome`]. Each is tested on a broken example.

mod arrows;
mod bans;
mod changelog;
mod dependencies;
mod files;
mod floors;
mod leaks;
mod licences;
mod lints;
mod loops;
mod manifests;
mod pure;
pub(crate) mod source;
mod workspace;

use std::fmt;

use anyhow::{Result, bail};

pub(crate) use workspace::{Package, Workspace};

pub(crate) fn run() -> Result<()> {
    let workspace = Workspace::read()?;
    let mut failed = 0;
    for (name, check) in CHECKS {
        match check(&workspace) {
            Ok(detail) => println!("ok   {name}: {detail}"),
            Err(faults) => {
                failed += 1;
                faults.iter().for_each(|fault| println!("FAIL {name}: {fault}"));
            }
        }
    }
    if failed > 0 {
        bail!("{failed} of {} checks failed", CHECKS.len());
    }
    Ok(())
}

/// What was seen, or all that is wrong.
pub(crate) type Outcome = Result<String, Vec<Fault>>;

#[derive(Debug)]
pub(crate) struct Fault {
    what: String,
    place: String,
    mend: String,
}

impl Fault {
    fn new(what: impl Into<String>, place: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what: what.into(), place: place.into(), mend: mend.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, in {}; {}", self.what, self.place, self.mend)
    }
}

type Check = fn(&Workspace) -> Outcome;

/// The detail, when there is no fault.
fn outcome(faults: Vec<Fault>, detail: impl Into<String>) -> Outcome {
    if faults.is_empty() { Ok(detail.into()) } else { Err(faults) }
}

const CHECKS: [(&str, Check); 17] = [
    ("arrows", arrows::check),
    ("bans", bans::check),
    ("changelog", changelog::check),
    ("core dependencies", dependencies::check_direct),
    ("core runtimes", dependencies::check_runtimes),
    ("file sizes", files::check_sizes),
    ("files in use", files::check_used),
    ("floor 1", floors::check_refresh),
    ("floors", floors::check_arrows),
    ("folders", files::check_folders),
    ("leaks", leaks::check),
    ("licences", licences::check),
    ("lints", lints::check),
    ("loops", loops::check),
    ("manifests", manifests::check),
    ("pure list", pure::check_list),
    ("pure scan", pure::check_scan),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_workspace_is_tidy() {
        let workspace = Workspace::read().expect("the workspace can be read");
        let faults: Vec<_> = CHECKS
            .iter()
            .filter_map(|(name, check)| check(&workspace).err().map(|faults| (name, faults)))
            .flat_map(|(name, faults)| faults.into_iter().map(move |it| format!("{name}: {it}")))
            .collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn a_fault_says_what_and_where_and_how_to_mend_it() {
        let fault = Fault::new("a hole", "the bucket", "mend it with straw");
        assert_eq!(fault.to_string(), "a hole, in the bucket; mend it with straw");
    }
}
