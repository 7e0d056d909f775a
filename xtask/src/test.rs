//! `cargo xtask test`: all tests of the workspace, with the runners that come with Rust.

use anyhow::Result;

use crate::process::Step;

pub(crate) fn run() -> Result<()> {
    RUNS.iter().try_for_each(|arguments| {
        let test = ["test", "--no-fail-fast"].iter().chain(*arguments);
        Step::cargo(test.copied()).run()
    })
}

const RUNS: [&[&str]; 2] = [
    // Cargo's own choice of targets: libraries, binaries, tests, examples, documentation. Not all
    // features: native-tls wants OpenSSL's headers, and the two commands of the README want none.
    // jwks-unify enables both crypto backends: each unit test of jwks-core runs on both, and fails
    // where their verdicts differ. It enables logs and metrics too.
    &["--workspace"],
    // The other backend alone. What does not touch a key has been tested above; with jwks-unify, which
    // enables that backend, the dependencies are those built just now.
    &[
        "--package=jwks-core",
        "--package=jwks-unify",
        "--no-default-features",
        "--features=jwks-unify/core,jwks-unify/large",
        "--test=offline",
        "--test=validation",
    ],
];
