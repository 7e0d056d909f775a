//! `cargo xtask test`: all tests of the workspace, with the runners that come with Rust.

use anyhow::{Result, bail};

use crate::process::Step;
use crate::tidy::{Workspace, source};

pub(crate) fn run() -> Result<()> {
    // Cargo's own choice of targets: libraries, binaries, tests, examples, documentation. Not all
    // features: native-tls wants OpenSSL's headers, and the two commands of the README want none.
    Step::cargo(["test", "--workspace", "--no-fail-fast"]).run()?;
    BACKENDS.iter().try_for_each(|arguments| backend(arguments).run())?;
    loom()
}

/// The tests of jwks-core on crypto backends other than the default one.
fn backend(arguments: &[&'static str]) -> Step {
    let test = ["test", "--package", "jwks-core", "--no-fail-fast"];
    Step::cargo(test.into_iter().chain(arguments.iter().copied()))
}

/// The models of jwks-core's atomics: every interleaving that loom can think of.
///
/// A model is a unit test of jwks-core with `loom` in its path, compiled only under `cfg(loom)`.
fn loom() -> Result<()> {
    if !has_models(&Workspace::read()?) {
        eprintln!("loom: jwks-core has no code under cfg(loom) yet, nothing to run");
        return Ok(());
    }
    let build = ["test", "--package", "jwks-core", "--lib", "--no-run"];
    under_loom(Step::cargo(build)).run()?;
    let listed = under_loom(Step::cargo(MODELS.into_iter().chain(["--list"]))).read()?;
    if !listed.lines().any(|line| line.ends_with(": test")) {
        bail!("jwks-core has code under cfg(loom), but no unit test with `loom` in its path");
    }
    under_loom(Step::cargo(MODELS)).run()
}

fn under_loom(step: Step) -> Step {
    // A folder of its own: the flag would rebuild everything at each change between the two.
    step.env("CARGO_TARGET_DIR", "target/loom").env("RUSTFLAGS", "--cfg loom")
}

fn has_models(workspace: &Workspace) -> bool {
    workspace
        .rust_files("jwks-core/src/")
        .any(|(_, text)| source::attributes(text).iter().any(|it| names_loom(it)))
}

fn names_loom(attribute: &str) -> bool {
    attribute.starts_with("cfg") && attribute.split(|c: char| !c.is_alphanumeric()).any(is_loom)
}

fn is_loom(word: &str) -> bool {
    word == "loom"
}

/// With both, unit tests fail where the verdicts differ; the other tests would see AWS-LC again.
const BACKENDS: [&[&str]; 2] = [
    &["--no-default-features", "--features", "rust-crypto", "--lib", "--tests"],
    &["--features", "rust-crypto", "--lib"],
];

const MODELS: [&str; 6] = ["test", "--package", "jwks-core", "--lib", "--", "loom"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_found_by_their_cfg() {
        for (text, found) in [
            ("#[cfg(loom)] mod loom_tests;", true),
            ("#[cfg(all(test, loom))] mod loom_tests {}", true),
            ("mod a { #[cfg(loom)] use loom::sync; }", true),
            ("// #[cfg(loom)]\nmod a {}", false),
            ("#[cfg(test)] mod loom {}", false),
            ("#[doc = \"cfg(loom)\"] mod a {}", false),
        ] {
            let workspace = Workspace::of(&[("jwks-core/src/lib.rs", text)]);
            assert_eq!(has_models(&workspace), found, "{text}");
        }
    }
}
