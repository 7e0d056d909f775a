//! The adapters stay thin: so many lines of code, without blank lines, comments and tests.

use anyhow::Result;

use super::{Faults, Tree};

pub(super) fn check(tree: &Tree) -> Result<Faults> {
    let mut faults = Vec::new();
    for (path, limit) in LIMITS {
        let code = tree.text(path)?.split("#[cfg(test)]").next().unwrap_or_default();
        let lines = code.lines().map(str::trim_start);
        let count = lines.filter(|line| !line.is_empty() && !line.starts_with("//")).count();
        if !(1..=limit).contains(&count) {
            faults.push(format!(
                "{path} has {count} lines of code, {limit} at most; what decides belongs into \
                 jwks-core, what transports into a file of its own"
            ));
        }
    }
    Ok(faults)
}

/// The loops of our adapters, and the adapters that the documentation shows, as a whole.
const LIMITS: [(&str, usize); 4] = [
    ("jwks-async-std/src/run.rs", 40),
    ("jwks-tokio/src/run.rs", 40),
    ("tests/src/adapters/smol.rs", 65),
    ("tests/src/adapters/thread.rs", 80),
];
