//! Which crate may depend on which: all point at jwks-core, none at an adapter but `tests` and `xtask`.

use super::workspace::Kind;
use super::{Fault, Outcome, Package, Workspace, outcome};

pub(super) fn check(workspace: &Workspace) -> Outcome {
    let members: Vec<_> = workspace.members().map(|package| package.name.as_str()).collect();
    let mut arrows = 0;
    let mut faults = Vec::new();
    for package in workspace.members() {
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == package.name) else {
            faults.push(Fault::new(
                format!("{} has no place among the crates", package.name),
                "Cargo.toml",
                "add it to ARROWS in xtask/src/tidy/arrows.rs, with what it may depend on",
            ));
            continue;
        };
        for (name, kind) in inner(package, &members) {
            arrows += 1;
            let support = kind == Kind::Dev && name == SUPPORT;
            let example =
                kind == Kind::Dev && name == COGNITO && ADAPTERS.contains(&&*package.name);
            if !support && !example && !allowed.contains(&name) {
                faults.push(Fault::new(
                    format!("{} depends on {name}", package.name),
                    format!("{}/Cargo.toml", package.folder),
                    format!("it may depend on {allowed:?} alone: remove the dependency"),
                ));
            }
        }
    }
    outcome(faults, format!("{arrows} between {} crates", members.len()))
}

fn inner<'a>(package: &'a Package, members: &[&str]) -> Vec<(&'a str, Kind)> {
    package
        .declared
        .iter()
        .map(|declared| (declared.name.as_str(), declared.kind))
        .filter(|(name, _)| members.contains(name))
        .collect()
}

/// Dev-dependencies on this one are free: a fake issuer for examples and tests.
const SUPPORT: &str = "jwks-conformance";

/// Adapters show in their examples how it is used with them; they do not need it.
const COGNITO: &str = "jwks-cognito";

const ADAPTERS: [&str; 2] = ["jwks-async-std", "jwks-tokio"];

const ALL: &[&str] = &[
    "jwks-async-std",
    "jwks-cognito",
    "jwks-conformance",
    "jwks-core",
    "jwks-tests",
    "jwks-tokio",
];

const ARROWS: [(&str, &[&str]); 7] = [
    ("jwks-async-std", &["jwks-core"]),
    ("jwks-cognito", &["jwks-core"]),
    ("jwks-conformance", &["jwks-core"]),
    ("jwks-core", &[]),
    ("jwks-tests", ALL),
    ("jwks-tokio", &["jwks-core"]),
    ("xtask", ALL),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check_one(package: Package) -> Outcome {
        let others = ARROWS.iter().map(|(name, _)| Package::member(name));
        let others = others.filter(|other| other.name != package.name);
        let packages = others.chain([package.clone()]).collect();
        check(&Workspace::of(&[]).with_packages(packages))
    }

    #[test]
    fn arrows_to_the_core_are_right() {
        let package = Package::member("jwks-tokio").needs("jwks-core", Kind::Normal, &[]);
        assert_eq!(check_one(package).expect("allowed"), "1 between 7 crates");
    }

    #[test]
    fn arrows_to_an_adapter_are_wrong_of_every_kind() {
        for kind in [Kind::Build, Kind::Dev, Kind::Normal] {
            let package = Package::member("jwks-cognito").needs("jwks-tokio", kind, &[]);
            let faults = check_one(package).expect_err("an adapter");
            assert!(faults[0].to_string().contains("jwks-cognito depends on jwks-tokio"));
        }
    }

    #[test]
    fn the_core_points_nowhere_but_its_tests_may_use_the_fake_issuer() {
        let core = Package::member("jwks-core");
        assert!(check_one(core.clone().needs("jwks-cognito", Kind::Dev, &[])).is_err());
        assert!(check_one(core.clone().needs("jwks-conformance", Kind::Normal, &[])).is_err());
        assert!(check_one(core.needs("jwks-conformance", Kind::Dev, &[])).is_ok());
    }

    #[test]
    fn adapters_may_use_cognito_in_their_examples_alone() {
        for name in ADAPTERS {
            let needs = |kind| check_one(Package::member(name).needs(COGNITO, kind, &[]));
            assert!(needs(Kind::Dev).is_ok(), "{name}");
            assert!(needs(Kind::Normal).is_err() && needs(Kind::Build).is_err(), "{name}");
        }
    }

    #[test]
    fn tests_and_xtask_may_use_all() {
        for name in ["jwks-tests", "xtask"] {
            assert!(
                check_one(Package::member(name).needs("jwks-tokio", Kind::Normal, &[])).is_ok()
            );
        }
    }

    #[test]
    fn a_new_crate_must_be_placed() {
        let faults = check_one(Package::member("jwks-smol")).expect_err("not in the table");
        assert!(faults[0].to_string().contains("jwks-smol has no place"));
    }
}
