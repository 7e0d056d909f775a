//! No runtime, client or socket is in the builds of the crates that promise to work without one.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use cargo_metadata::{DependencyKind, NodeDep, PackageId};

use super::{Faults, Tree};

pub(super) fn check(tree: &Tree) -> Result<Faults> {
    let mut faults = Vec::new();
    for (name, beside) in PURE {
        let start = &tree.member(name)?.id;
        let mut reached = BTreeSet::from([start]);
        let mut open = vec![start];
        while let Some(id) = open.pop() {
            let next = built_with(tree, id)?.into_iter();
            let next = next.filter(|to| !beside.contains(&tree.metadata[*to].name.as_str()));
            open.extend(next.filter(|to| reached.insert(to)));
        }
        let packages = tree.metadata.packages.iter().filter(|it| reached.contains(&it.id));
        for runtime in packages.filter(|it| RUNTIMES.contains(&it.name.as_str())) {
            faults.push(format!(
                "{name} reaches {0}; `cargo tree -p {name} -e normal --all-features -i {0}` \
                 names the way",
                runtime.name
            ));
        }
    }
    Ok(faults)
}

fn built_with<'a>(tree: &'a Tree, id: &PackageId) -> Result<Vec<&'a PackageId>> {
    let resolve = tree.metadata.resolve.as_ref().context("cargo resolved nothing")?;
    let node = resolve.nodes.iter().find(|node| node.id == *id).context("a package has no node")?;
    let normal =
        |it: &&NodeDep| it.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal);
    Ok(node.deps.iter().filter(normal).map(|it| &it.pkg).collect())
}

/// Each with what is not followed: tonic brings tokio, and only who has it asks for the feature.
const PURE: [(&str, &[&str]); 3] =
    [("jwks-cognito", &[]), ("jwks-core", &[]), ("jwks-tower", &["tonic"])];

const RUNTIMES: &[&str] = &[
    "async-global-executor",
    "async-io",
    "async-std",
    "curl",
    "hyper",
    "isahc",
    "mio",
    "native-tls",
    "openssl",
    "polling",
    "reqwest",
    "rustls",
    "smol",
    "socket2",
    "surf",
    "tokio",
    "ureq",
];
