//! Each combination of features that has a meaning, linted: a list of clippy.toml that holds with the
//! default features says nothing of code behind another one.
//!
//! Of each crate one is linted alone, so that it asks for all that it uses of its dependencies. Where
//! they are many, the others are linted beside `jwks-unify`: with the crate's own features and no
//! others, but with the same dependencies each time.

use anyhow::{Result, bail};

use crate::process::Step;
use crate::tidy::Tree;

pub(super) fn run() -> Result<()> {
    let missing = uncovered(&Tree::read()?, COMBINATIONS);
    if !missing.is_empty() {
        bail!("no combination in xtask/src/ci/features.rs names {}", missing.join(", "));
    }
    for (package, features, verdict) in COMBINATIONS {
        let alone = matches!(verdict, Verdict::BuildsAlone | Verdict::Refuses(_));
        let step = step(package, features, alone);
        match verdict {
            Verdict::Builds | Verdict::BuildsAlone => step.run()?,
            Verdict::BuildsWith(library) if has_library(library) => step.run()?,
            Verdict::BuildsWith(library) => {
                eprintln!("skipped: {package} with features `{features}`: no {library} here");
            }
            Verdict::Refuses(reason) => {
                let output = step.output()?;
                let said = String::from_utf8_lossy(&output.stderr);
                if !refused(output.status.success(), &said, reason) {
                    bail!(
                        "{package} with features `{features}` must not compile, and say \
                         `{reason}`; it says:\n{said}"
                    );
                }
                eprintln!("ok: {package} with features `{features}` refuses: {reason}");
            }
        }
    }
    Ok(())
}

fn step(package: &str, features: &str, alone: bool) -> Step {
    let step = Step::cargo(["clippy", "--lib", "--no-default-features", "--package", package]);
    let step = if alone { step } else { step.arguments(["--package", "jwks-unify"]) };
    step.arguments(["--features", features, "--", "--deny=warnings"])
}

#[derive(Debug)]
enum Verdict {
    /// Beside `jwks-unify`.
    Builds,
    BuildsAlone,
    /// It must compile where pkg-config knows this library; elsewhere it is passed over, aloud.
    BuildsWith(&'static str),
    /// It must not compile, and must say this.
    Refuses(&'static str),
}

/// A crate, with these features and no others, not even the default ones.
type Combination = (&'static str, &'static str, Verdict);

fn refused(success: bool, said: &str, reason: &str) -> bool {
    !success && said.contains(reason)
}

/// Features of published crates that no combination which builds names.
fn uncovered(tree: &Tree, combinations: &[Combination]) -> Vec<String> {
    let mut missing = Vec::new();
    for package in tree.metadata.workspace_packages() {
        let published = package.publish.as_ref().is_none_or(|registries| !registries.is_empty());
        for feature in package.features.keys().filter(|it| published && *it != "default") {
            let covered = combinations.iter().any(|(name, features, verdict)| {
                package.name == *name
                    && !matches!(verdict, Verdict::Refuses(_))
                    && features.split(',').any(|it| it == feature)
            });
            if !covered {
                missing.push(format!("{feature} of {}", package.name));
            }
        }
    }
    missing
}

fn has_library(name: &str) -> bool {
    let asked = std::process::Command::new("pkg-config").args(["--exists", name]).status();
    asked.is_ok_and(|status| status.success())
}

/// The default features are not here: every other section builds with them.
const COMBINATIONS: &[Combination] = &[
    ("jwks-core", "", Verdict::Refuses("jwks-core needs a crypto backend")),
    ("jwks-core", "aws-lc", Verdict::BuildsAlone),
    ("jwks-core", "aws-lc,jsonwebtoken", Verdict::Builds),
    ("jwks-core", "aws-lc,metrics", Verdict::BuildsAlone),
    ("jwks-core", "aws-lc,tracing", Verdict::BuildsAlone),
    ("jwks-core", "metrics,rust-crypto,tracing", Verdict::Builds),
    ("jwks-core", "rust-crypto", Verdict::BuildsAlone),
    // No code of it asks for a feature.
    ("jwks-async-std", "aws-lc,jsonwebtoken,metrics,rust-crypto,tracing", Verdict::BuildsAlone),
    ("jwks-cognito", "aws-lc", Verdict::BuildsAlone),
    ("jwks-cognito", "rust-crypto", Verdict::BuildsAlone),
    ("jwks-redis", "aws-lc,jsonwebtoken,rustls", Verdict::Builds),
    ("jwks-redis", "rust-crypto", Verdict::BuildsAlone),
    ("jwks-tower", "aws-lc", Verdict::BuildsAlone),
    ("jwks-tower", "aws-lc,axum,cognito,mtls,tonic", Verdict::BuildsAlone),
    ("jwks-tower", "rust-crypto,tracing", Verdict::BuildsAlone),
    ("jwks-testkit", "", Verdict::Builds),
    ("jwks-testkit", "loopback", Verdict::BuildsAlone),
    ("jwks-tokio", "", Verdict::Refuses("jwks-core needs a crypto backend")),
    ("jwks-tokio", "aws-lc,native-tls", Verdict::BuildsWith("openssl")),
    ("jwks-tokio", "aws-lc,jsonwebtoken,rustls", Verdict::Builds),
    ("jwks-tokio", "metrics,rust-crypto,tracing", Verdict::Builds),
    ("jwks-tokio", "rust-crypto", Verdict::BuildsAlone),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_in_no_combination_that_builds_is_named() {
        let tree = Tree::read().expect("the workspace can be read");
        assert_eq!(uncovered(&tree, COMBINATIONS), [""; 0]);

        let others = [("jwks-core", "rust-crypto", Verdict::Refuses("no"))];
        let missing = uncovered(&tree, &others);
        assert!(missing.contains(&"rust-crypto of jwks-core".to_owned()), "{missing:?}");
    }

    #[test]
    fn of_each_crate_with_features_one_is_linted_alone() {
        for (package, ..) in COMBINATIONS {
            let alone = COMBINATIONS.iter().any(|(name, _, verdict)| {
                name == package && matches!(verdict, Verdict::BuildsAlone)
            });
            assert!(alone, "{package}");
        }
    }

    #[test]
    fn a_refusal_must_fail_and_say_why() {
        assert!(refused(false, "error: a needs a backend", "needs a backend"));
        assert!(!refused(false, "error[E0433]: something else", "needs a backend"));
        assert!(!refused(true, "warning: needs a backend", "needs a backend"));
    }
}
