//! Running the tool chain.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Output, Stdio};

use anyhow::{Context as _, Result};

/// A program to run in the root of the workspace, printed as it starts.
#[derive(Debug)]
pub(crate) struct Step {
    command: Command,
    shown: String,
}

impl Step {
    /// The cargo that started this tool, so that a chosen tool chain stays chosen.
    pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Self {
        let program = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        Self::new(program, "cargo", arguments)
    }

    pub(crate) fn git<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Self {
        Self::new(OsString::from("git"), "git", arguments)
    }

    /// Any other program, found as a shell finds it.
    pub(crate) fn program<'a>(name: &str, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        Self::new(OsString::from(name), name, arguments)
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self.shown = format!("{name}={value:?} {}", self.shown);
        self
    }

    pub(crate) fn arguments<'a>(mut self, more: impl IntoIterator<Item = &'a str>) -> Self {
        for argument in more {
            self.command.arg(argument);
            self.shown.push(' ');
            self.shown.push_str(argument);
        }
        self
    }

    /// Where cargo builds instead.
    pub(crate) fn target(mut self, folder: &Path) -> Self {
        self.command.env("CARGO_TARGET_DIR", folder);
        self
    }

    /// In a folder of the workspace instead of its root.
    pub(crate) fn within(mut self, folder: &str) -> Self {
        self.command.current_dir(root().join(folder));
        self.shown = format!("cd {folder} && {}", self.shown);
        self
    }

    /// Runs it with our own streams; anything but success is an error that keeps the exit code.
    pub(crate) fn run(mut self) -> Result<()> {
        eprintln!("$ {}", self.shown);
        let status = self.command.status().with_context(|| format!("cannot run {}", self.shown))?;
        judge(status, &self.shown)
    }

    /// Runs it, prints each line of its standard output as it comes, and returns the last.
    pub(crate) fn last_line(mut self) -> Result<String> {
        eprintln!("$ {}", self.shown);
        let cannot_run = || format!("cannot run {}", self.shown);
        let mut child = self.command.stdout(Stdio::piped()).spawn().with_context(cannot_run)?;
        let mut last = String::new();
        for line in child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()) {
            last = line.with_context(|| format!("{} printed no UTF-8", self.shown))?;
            println!("{last}");
        }
        let status = child.wait().with_context(cannot_run)?;
        judge(status, &self.shown)?;
        Ok(last)
    }

    /// Runs it and collects what it prints, whether it succeeds or not.
    pub(crate) fn output(mut self) -> Result<Output> {
        self.command.output().with_context(|| format!("cannot run {}", self.shown))
    }

    /// Runs it quietly and returns its standard output.
    pub(crate) fn read(self) -> Result<String> {
        let shown = self.shown.clone();
        let output = self.output()?;
        if !output.status.success() {
            eprint!("{}", String::from_utf8_lossy(&output.stderr));
        }
        judge(output.status, &shown)?;
        String::from_utf8(output.stdout).with_context(|| format!("{shown} printed no UTF-8"))
    }

    fn new<'a>(
        program: OsString,
        name: &str,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut command = Command::new(program);
        command.current_dir(root());
        Self { command, shown: String::from(name) }.arguments(arguments)
    }
}

/// The folder of the workspace: cargo names the manifest it runs, else this one was compiled.
pub(crate) fn root() -> PathBuf {
    let manifest = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest.parent().map_or_else(|| manifest.clone(), PathBuf::from)
}

/// Where cargo builds, so that `cargo clean` removes what is made there as well.
pub(crate) fn target() -> PathBuf {
    root().join(env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from))
}

/// A command of cargo, such as `cargo-fuzz`: this machine's, or one that is built once, under the folder
/// of the build. `asked` are the arguments to see by whether it is there.
pub(crate) fn cargo_tool(name: &str, version: &str, asked: &[&str]) -> Result<PathBuf> {
    let there = Command::new(name).args(asked).output();
    if there.is_ok_and(|output| output.status.success()) {
        return Ok(name.into());
    }
    let folder = target().join(name);
    let program = folder.join("bin").join(name);
    if !program.is_file() {
        Step::cargo(["install", name, "--locked", "--quiet", "--version", version])
            .arguments(["--root", &folder.to_string_lossy()])
            .run()?;
    }
    Ok(program)
}

/// The exit code for arguments that cannot work (EX_USAGE of sysexits). Not clap's 2, which says of
/// the demo that no keys can be had.
pub(crate) const USAGE: u8 = 64;

/// The exit code to leave with: that of the program that failed, else 1.
pub(crate) fn exit_code(error: &anyhow::Error) -> ExitCode {
    error.downcast_ref::<Failed>().map_or(ExitCode::FAILURE, |failed| ExitCode::from(failed.code))
}

fn judge(status: ExitStatus, shown: &str) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1).max(1);
    Err(Failed { code, shown: shown.to_owned(), status }.into())
}

#[derive(Debug)]
struct Failed {
    code: u8,
    shown: String,
    status: ExitStatus,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` failed: {}", self.shown, self.status)
    }
}

impl std::error::Error for Failed {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_keeps_its_exit_code() {
        let error =
            Step::cargo(["no-such-command"]).read().expect_err("cargo knows no such command");
        let error = error.context("in some section");

        assert_eq!(exit_code(&error), ExitCode::from(101));
        assert!(format!("{error:#}").contains("cargo no-such-command"), "{error:#}");
    }

    #[test]
    fn an_error_without_a_program_is_a_plain_failure() {
        assert_eq!(exit_code(&anyhow::anyhow!("no")), ExitCode::FAILURE);
    }

    #[test]
    fn the_last_line_is_returned() {
        let last = Step::cargo(["--version", "--verbose"]).last_line().expect("a version");
        assert!(last.starts_with("os: "), "{last}");
        Step::cargo(["no-such-command"]).last_line().expect_err("cargo knows no such command");
    }

    #[test]
    fn the_root_holds_the_workspace() {
        assert!(root().join("xtask").join("Cargo.toml").is_file());
    }
}
