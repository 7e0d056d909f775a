//! What jwks-core may depend on.

use std::collections::HashMap;

use super::workspace::{Declared, Kind};
use super::{Fault, Outcome, Package, Workspace, outcome};

/// Every dependency of a user's build of jwks-core is in the list, with no other features.
pub(super) fn check_direct(workspace: &Workspace) -> Outcome {
    let core = find(workspace, CORE)?;
    let direct = core.declared.iter().filter(|it| matches!(it.kind, Kind::Build | Kind::Normal));
    let mut count = 0;
    let mut faults = Vec::new();
    for declared in direct {
        count += 1;
        faults.extend(fault_of(declared, core));
    }
    outcome(faults, format!("{count}, all in the list"))
}

/// No runtime, client or socket is in the builds of the crates that promise to work without one.
pub(super) fn check_runtimes(workspace: &Workspace) -> Outcome {
    let by_id: HashMap<_, _> = workspace.packages.iter().map(|it| (it.id.as_str(), it)).collect();
    let mut counts = Vec::new();
    let mut faults = Vec::new();
    for name in [CORE, "jwks-cognito"] {
        let start = find(workspace, name)?;
        let reached = reach(start, &by_id);
        counts.push(format!("{name} reaches {}", reached.len() - 1));
        for path in reached.values().filter(|path| is_runtime(path)) {
            faults.push(Fault::new(
                format!("a runtime comes in by {}", path.join(" -> ")),
                format!("{}/Cargo.toml", start.folder),
                "remove the dependency or the feature that brings it",
            ));
        }
    }
    outcome(faults, format!("none; {}", counts.join(", ")))
}

fn fault_of(declared: &Declared, core: &Package) -> Option<Fault> {
    let place = format!("{}/Cargo.toml", core.folder);
    let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == declared.name) else {
        return Some(Fault::new(
            format!("{CORE} depends on {}", declared.name),
            place,
            "remove it, or add it to ALLOWED in xtask/src/tidy/dependencies.rs and say why",
        ));
    };
    let other = declared.features.iter().find(|feature| !allowed.contains(&feature.as_str()))?;
    Some(Fault::new(
        format!("{CORE} uses feature `{other}` of {}", declared.name),
        place,
        "remove it, or add it to ALLOWED in xtask/src/tidy/dependencies.rs and say why",
    ))
}

/// All that is built with a package, by id, with the names on the shortest way to it.
fn reach<'a>(
    start: &'a Package,
    by_id: &HashMap<&str, &'a Package>,
) -> HashMap<&'a str, Vec<&'a str>> {
    let mut reached = HashMap::from([(start.id.as_str(), vec![start.name.as_str()])]);
    let mut open = vec![start];
    while !open.is_empty() {
        let mut next = Vec::new();
        for package in open {
            let way = reached.get(package.id.as_str()).cloned().unwrap_or_default();
            for edge in package.edges.iter().filter(|edge| edge.kind == Kind::Normal) {
                let Some(to) = by_id.get(edge.to.as_str()) else { continue };
                reached.entry(to.id.as_str()).or_insert_with(|| {
                    next.push(*to);
                    [&way[..], &[to.name.as_str()]].concat()
                });
            }
        }
        open = next;
    }
    reached
}

fn is_runtime(path: &[&str]) -> bool {
    path.last().is_some_and(|name| RUNTIMES.contains(name))
}

fn find<'a>(workspace: &'a Workspace, name: &str) -> Result<&'a Package, Vec<Fault>> {
    workspace.members().find(|package| package.name == name).ok_or_else(|| {
        vec![Fault::new(
            format!("{name} is no member"),
            "Cargo.toml",
            "add it, or mend the name in xtask/src/tidy/dependencies.rs",
        )]
    })
}

const CORE: &str = "jwks-core";

/// Names and features. None of these opens a socket, reads a clock or starts a thread.
const ALLOWED: &[(&str, &[&str])] = &[
    // The snapshot that readers load without a lock.
    ("arc-swap", &["default"]),
    // Signatures, feature `aws-lc`.
    ("aws-lc-rs", &["default"]),
    ("base64", &["default"]),
    ("bytes", &["default"]),
    // As p256.
    ("ed25519-dalek", &[]),
    // The reply that an adapter sends; its `std` is wakers and locks.
    ("futures-channel", &["std"]),
    // Vocabulary for requests and responses: types, no transport.
    ("http", &["default"]),
    ("httpdate", &["default"]),
    ("humantime", &["default"]),
    // Vocabulary for those who decode with it, feature `jsonwebtoken`: none of its backends.
    ("jsonwebtoken", &[]),
    // Signatures in pure Rust, feature `rust-crypto`, with ed25519-dalek: without `std`, `getrandom`
    // and `pem`, since a verifier neither signs nor reads files.
    ("p256", &["ecdsa"]),
    ("p384", &["ecdsa"]),
    ("p521", &["ecdsa"]),
    // `verify_blocking`: parks the caller's own thread.
    ("pollster", &["default"]),
    ("rsa", &["hazmat", "sha2", "u64_digit"]),
    ("serde", &["default", "derive"]),
    // `raw_value`: a key is kept as text until its own parsing, so one bad key spoils no other.
    ("serde_json", &["default", "raw_value"]),
    ("thiserror", &["default"]),
];

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

#[cfg(test)]
mod tests {
    use cargo_metadata::semver::Version;

    use super::*;

    fn workspace(core: Package, others: &[Package]) -> Workspace {
        let mut packages = vec![core, Package::member("jwks-cognito")];
        packages.extend(others.iter().cloned());
        Workspace::of(&[]).with_packages(packages)
    }

    fn foreign(name: &str) -> Package {
        Package::foreign(name, Version::new(1, 0, 0))
    }

    #[test]
    fn listed_dependencies_pass_and_dev_ones_are_free() {
        let core = Package::member(CORE)
            .needs("http", Kind::Normal, &["default"])
            .needs("tokio", Kind::Dev, &["full"])
            .needs("loom", Kind::Model, &["futures"]);
        let detail = check_direct(&workspace(core, &[])).expect("all listed");
        assert_eq!(detail, "1, all in the list");
    }

    #[test]
    fn an_unlisted_dependency_is_named() {
        for kind in [Kind::Build, Kind::Normal] {
            let core = Package::member(CORE).needs("chrono", kind, &[]);
            let faults = check_direct(&workspace(core, &[])).expect_err("not listed");
            assert!(faults[0].to_string().contains("jwks-core depends on chrono"));
        }
    }

    #[test]
    fn an_unlisted_feature_is_named() {
        let core = Package::member(CORE).needs("futures-channel", Kind::Normal, &["std", "sink"]);
        let faults = check_direct(&workspace(core, &[])).expect_err("not listed");
        assert!(faults[0].to_string().contains("feature `sink` of futures-channel"));
    }

    #[test]
    fn a_runtime_is_found_however_deep_it_is() {
        let core = Package::member(CORE).needs("a", Kind::Normal, &[]);
        let a = foreign("a").needs("b", Kind::Normal, &[]);
        let b = foreign("b").needs("tokio", Kind::Normal, &[]).needs("a", Kind::Normal, &[]);
        let faults = check_runtimes(&workspace(core, &[a, b, foreign("tokio")]))
            .expect_err("tokio is there");
        assert_eq!(faults.len(), 1);
        assert!(faults[0].to_string().contains("jwks-core -> a -> b -> tokio"));
    }

    #[test]
    fn cognito_is_looked_at_too() {
        let cognito = Package::member("jwks-cognito").needs("reqwest", Kind::Normal, &[]);
        let packages = vec![Package::member(CORE), cognito, foreign("reqwest")];
        assert!(check_runtimes(&Workspace::of(&[]).with_packages(packages)).is_err());
    }

    #[test]
    fn runtimes_for_tests_and_builds_are_free() {
        let core = Package::member(CORE)
            .needs("tokio", Kind::Dev, &[])
            .needs("mio", Kind::Build, &[])
            .needs("smol", Kind::Model, &[]);
        let others = [foreign("tokio"), foreign("mio"), foreign("smol")];
        assert!(check_runtimes(&workspace(core, &others)).is_ok());
    }

    #[test]
    fn a_core_that_is_gone_is_no_success() {
        let workspace = Workspace::of(&[]);
        assert!(check_direct(&workspace).is_err());
        assert!(check_runtimes(&workspace).is_err());
    }
}
