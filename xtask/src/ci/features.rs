//! Each combination of features that has a meaning, checked alone.

use anyhow::{Result, bail};

use crate::process::Step;
use crate::tidy::{Package, Workspace};

pub(super) fn run() -> Result<()> {
    let workspace = Workspace::read()?;
    let missing = uncovered(&workspace.packages, COMBINATIONS);
    if !missing.is_empty() {
        bail!("no combination in xtask/src/ci/features.rs names {}", missing.join(", "));
    }
    COMBINATIONS.iter().try_for_each(Combination::check)
}

/// A crate with these features and no others, not even the default ones.
#[derive(Debug)]
struct Combination {
    package: &'static str,
    features: &'static [&'static str],
    verdict: Verdict,
}

#[derive(Debug)]
enum Verdict {
    Builds,
    /// It must compile where pkg-config knows this library; elsewhere it is passed over, aloud.
    BuildsWith(&'static str),
    /// It must not compile, and must say this.
    Refuses(&'static str),
}

impl Combination {
    fn check(&self) -> Result<()> {
        let features = self.features.join(",");
        let step = Step::cargo([
            "check",
            "--package",
            self.package,
            "--lib",
            "--no-default-features",
            "--features",
            &features,
        ]);
        match self.verdict {
            Verdict::Builds => step.run(),
            Verdict::BuildsWith(library) if !has_library(library) => {
                let Self { package, .. } = self;
                eprintln!("skipped: {package} with features {features:?}: no {library} here");
                Ok(())
            }
            Verdict::BuildsWith(_) => step.run(),
            Verdict::Refuses(reason) => self.refused(&step.output()?, reason),
        }
    }

    fn refused(&self, output: &std::process::Output, reason: &str) -> Result<()> {
        let Self { package, features, .. } = self;
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            bail!("{package} with features {features:?} compiles, but must say `{reason}`");
        }
        if !said.contains(reason) {
            bail!("{package} with features {features:?} does not say `{reason}`, but:\n{said}");
        }
        eprintln!("ok: {package} with features {features:?} refuses to compile: {reason}");
        Ok(())
    }
}

/// Features of published crates that no combination which builds names.
fn uncovered(packages: &[Package], combinations: &[Combination]) -> Vec<String> {
    let mut missing = Vec::new();
    for package in packages.iter().filter(|package| package.published()) {
        for feature in package.features.iter().filter(|feature| *feature != "default") {
            let covered = combinations.iter().any(|combination| {
                combination.package == package.name
                    && !matches!(combination.verdict, Verdict::Refuses(_))
                    && combination.features.contains(&feature.as_str())
            });
            if !covered {
                missing.push(format!("{} of {}", feature, package.name));
            }
        }
    }
    missing
}

fn has_library(name: &str) -> bool {
    let asked = std::process::Command::new("pkg-config").args(["--exists", name]).status();
    asked.is_ok_and(|status| status.success())
}

const COMBINATIONS: &[Combination] = &[
    Combination {
        package: "jwks-core",
        features: &[],
        verdict: Verdict::Refuses("jwks-core needs a crypto backend"),
    },
    Combination { package: "jwks-core", features: &["aws-lc"], verdict: Verdict::Builds },
    Combination {
        package: "jwks-core",
        features: &["aws-lc", "jsonwebtoken"],
        verdict: Verdict::Builds,
    },
    Combination {
        package: "jwks-core",
        features: &["aws-lc", "rust-crypto"],
        verdict: Verdict::Builds,
    },
    Combination { package: "jwks-core", features: &["default"], verdict: Verdict::Builds },
    Combination { package: "jwks-core", features: &["rust-crypto"], verdict: Verdict::Builds },
    Combination {
        package: "jwks-async-std",
        features: &["aws-lc", "jsonwebtoken"],
        verdict: Verdict::Builds,
    },
    Combination { package: "jwks-async-std", features: &["rust-crypto"], verdict: Verdict::Builds },
    Combination { package: "jwks-cognito", features: &["aws-lc"], verdict: Verdict::Builds },
    Combination { package: "jwks-cognito", features: &["rust-crypto"], verdict: Verdict::Builds },
    Combination {
        package: "jwks-tokio",
        features: &[],
        verdict: Verdict::Refuses("jwks-core needs a crypto backend"),
    },
    Combination {
        package: "jwks-tokio",
        features: &["aws-lc", "native-tls"],
        verdict: Verdict::BuildsWith("openssl"),
    },
    Combination {
        package: "jwks-tokio",
        features: &["aws-lc", "jsonwebtoken", "rustls"],
        verdict: Verdict::Builds,
    },
    Combination { package: "jwks-tokio", features: &["rust-crypto"], verdict: Verdict::Builds },
];

#[cfg(test)]
mod tests {
    use std::process::Output;

    use super::*;

    #[test]
    fn a_feature_in_no_combination_is_named() {
        let package = Package::member("jwks-core").with_features(&["aws-lc", "default", "tracing"]);

        assert_eq!(uncovered(&[package], COMBINATIONS), ["tracing of jwks-core"]);
    }

    #[test]
    fn a_refusal_does_not_count_as_covered() {
        let combinations = [Combination {
            package: "jwks-core",
            features: &["odd"],
            verdict: Verdict::Refuses("no"),
        }];
        let package = Package::member("jwks-core").with_features(&["odd"]);

        assert_eq!(uncovered(&[package], &combinations), ["odd of jwks-core"]);
    }

    #[test]
    fn a_refusal_must_fail_and_say_why() {
        let combination = Combination { package: "a", features: &[], verdict: Verdict::Builds };
        let refused =
            |success, said| combination.refused(&output(success, said), "needs a backend");

        assert!(refused(false, "error: a needs a backend").is_ok());
        assert!(refused(false, "error[E0433]: something else").is_err());
        assert!(refused(true, "warning: needs a backend").is_err());
    }

    fn output(success: bool, said: &str) -> Output {
        let step = if success { Step::cargo(["--version"]) } else { Step::cargo(["no-such"]) };
        let mut output = step.output().expect("cargo runs");
        output.stderr = said.as_bytes().to_vec();
        output
    }
}
