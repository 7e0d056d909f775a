//! `cargo xtask test`: all tests of the workspace, with the runners that come with Rust.

use anyhow::Result;

use crate::process::Step;

pub(crate) fn run() -> Result<()> {
    RUNS.iter().try_for_each(|arguments| {
        let test = ["test", "--no-fail-fast"].iter().chain(*arguments);
        Step::cargo(test.copied()).run()
    })
}

const RUNS: [&[&str]; 3] = [
    // Cargo's own choice of targets: libraries, binaries, tests, examples, documentation. Not all
    // features: native-tls wants OpenSSL's headers, and the two commands of the README want none.
    &["--workspace"],
    // With both crypto backends each unit test runs on both, and fails where their verdicts differ.
    &["--package=jwks-core", "--features=rust-crypto", "--lib"],
    // The other backend alone. What does not touch a key has been tested above; with jsonwebtoken the
    // dependencies are those built just now.
    &[
        "--package=jwks-core",
        "--no-default-features",
        "--features=jsonwebtoken,rust-crypto",
        "--test=offline",
        "--test=validation",
    ],
];
