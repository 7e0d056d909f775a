//! Which crates may depend on an adapter. A dev-dependency is free: an example shows one.

use anyhow::Result;
use cargo_metadata::DependencyKind;

use super::{Faults, Tree};

pub(super) fn check(tree: &Tree) -> Result<Faults> {
    let mut faults = Vec::new();
    for package in tree.metadata.workspace_packages() {
        let wrong = package
            .dependencies
            .iter()
            .filter(|it| it.kind != DependencyKind::Development)
            .filter(|it| ADAPTERS.contains(&it.name.as_str()))
            .filter(|_| !ABOVE.contains(&package.name.as_str()));
        faults.extend(wrong.map(|it| {
            let (name, adapter) = (&package.name, &it.name);
            format!("{name} depends on the adapter {adapter}; it may depend on jwks-core alone")
        }));
    }
    for adapter in ADAPTERS {
        tree.member(adapter)?;
    }
    Ok(faults)
}

const ADAPTERS: [&str; 2] = ["jwks-async-std", "jwks-tokio"];

/// What brings an adapter to its users, or tests it.
const ABOVE: [&str; 4] = ["jwks-cli", "jwks-redis", "jwks-tests", "xtask"];
