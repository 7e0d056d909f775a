//! Which crates may depend on an adapter, or on the test kit. A dev-dependency is free: an example
//! shows an adapter, and tests are what the kit is for.

use anyhow::Result;
use cargo_metadata::DependencyKind;

use super::{Faults, Tree};

pub(super) fn check(tree: &Tree) -> Result<Faults> {
    let mut faults = Vec::new();
    for package in tree.metadata.workspace_packages() {
        let used = || {
            let all = package.dependencies.iter();
            all.filter(|it| it.kind != DependencyKind::Development)
        };
        let kit = used().any(|it| it.name == KIT);
        if kit && !WITH_KIT.contains(&package.name.as_str()) {
            let name = &package.name;
            faults.push(format!("{name} depends on {KIT}; make it a dev-dependency"));
        }
        let wrong = used()
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
    tree.member(KIT)?;
    Ok(faults)
}

const ADAPTERS: [&str; 2] = ["jwks-async-std", "jwks-tokio"];

/// What brings an adapter to its users, or tests it.
const ABOVE: [&str; 5] = ["jwks-cli", "jwks-redis", "jwks-services", "jwks-tests", "xtask"];

const KIT: &str = "jwks-testkit";

/// What is there for tests and examples alone, and the command, which has an issuer of its own to
/// measure with.
const WITH_KIT: [&str; 5] =
    ["jwks-cli", "jwks-conformance", "jwks-services", "jwks-tests", "xtask"];
