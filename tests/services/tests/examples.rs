//! The examples run, and check themselves: the recipes for other frameworks among them.

use std::path::PathBuf;
use std::process::Command;

/// Cargo builds examples before tests, unless one test is asked for by name.
fn run(name: &str) {
    let test = std::env::current_exe().expect("a test has a path");
    let folder: PathBuf = test.ancestors().nth(2).expect("debug/deps/test").into();
    let example =
        folder.join("examples").join(name).with_extension(std::env::consts::EXE_EXTENSION);
    if !example.exists() {
        let cargo = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", "jwks-services", "--example", name])
            .status();
        assert!(cargo.expect("cargo runs").success(), "{name} does not build");
    }
    let output = Command::new(example).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} fails: {said}");
}

#[test]
fn actix() {
    run("actix");
}

#[test]
fn cors() {
    run("cors");
}

#[test]
fn hyper() {
    run("hyper");
}

#[test]
fn mcp() {
    run("mcp");
}
