//! `cargo xtask tidy`: what holds in this workspace and neither rustc nor clippy nor cargo checks.
//!
//! A check is a function from the [`Tree`] to its faults. `tests.rs` plants a fault for each.

mod arrows;
mod core;
mod deny;
mod files;
mod floors;
mod leaks;
mod loops;
mod members;
mod names;
mod runtimes;
#[cfg(test)]
mod tests;
mod tree;

use anyhow::{Result, bail};

pub(crate) use tree::Tree;

pub(crate) fn run() -> Result<()> {
    let tree = Tree::read()?;
    let mut failed = 0;
    for (name, check) in CHECKS {
        let faults = check(&tree)?;
        failed += usize::from(!faults.is_empty());
        println!("{} {name}", if faults.is_empty() { "ok  " } else { "FAIL" });
        faults.iter().for_each(|fault| println!("     {fault}"));
    }
    if failed > 0 {
        bail!("{failed} of {} checks failed", CHECKS.len());
    }
    Ok(())
}

/// Each says what is wrong, where, and how to mend it.
type Faults = Vec<String>;

type Check = fn(&Tree) -> Result<Faults>;

const CHECKS: [(&str, Check); 13] = [
    ("arrows: nothing depends on an adapter, or the test kit, but what may", arrows::check),
    ("core dependencies: those of the list, with its features", core::check),
    ("runtimes: jwks-core, jwks-cognito and jwks-tower reach none, however deep", runtimes::check),
    ("bans: no package that deny.toml bans", deny::check_bans),
    ("sources: every package comes from the registry", deny::check_sources),
    ("licences: only those that deny.toml allows", deny::check_licences),
    ("files: none is very long", files::check_sizes),
    ("files: each is compiled", files::check_used),
    ("floors: a lower one of jwks-core never names a higher one", floors::check),
    ("leaks: no folder of a machine, no registry's host", leaks::check),
    ("loops: the adapters stay thin", loops::check),
    ("members: lints inherited, described for publication", members::check),
    ("changelog: has the version", members::check_changelog),
];
