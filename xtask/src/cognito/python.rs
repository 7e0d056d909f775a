//! A Python environment with the emulator in it, kept for the next time.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, Result, anyhow, bail};

use crate::process::{root, target};

/// The interpreter of a virtual environment.
pub(super) struct Python(PathBuf);

impl Python {
    /// A run of it, in the root of the workspace.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.0);
        command.current_dir(root());
        command
    }
}

/// The environment below the target folder; made anew if the pins, or Python, are not those it was
/// made with.
pub(super) fn environment() -> Result<Python> {
    let folder = target().join("cognito");
    let (environment, stamp) = (folder.join("venv"), folder.join("made-with.txt"));
    let python = Python(interpreter(&environment));
    let made_with = format!("{}\n{REQUIREMENTS}", version()?);
    if python.0.is_file() && fs::read_to_string(&stamp).is_ok_and(|text| text == made_with) {
        eprintln!("python: the environment of last time");
        return Ok(python);
    }
    eprintln!("python: making an environment for the emulator");
    make(&folder, &environment, &python)?;
    // Last: what was left half made is made anew.
    fs::write(&stamp, made_with).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(python)
}

fn make(folder: &Path, environment: &Path, python: &Python) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let requirements = folder.join("requirements.txt");
    fs::write(&requirements, REQUIREMENTS)
        .with_context(|| format!("cannot write {}", requirements.display()))?;
    let mut command = Command::new(PYTHON);
    command.args(["-m", "venv", "--clear"]).arg(environment);
    succeed(&mut command).context(
        "python3 cannot make a virtual environment (on Debian and Ubuntu install python3-venv)",
    )?;
    let mut command = python.command();
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    command.arg("--requirement").arg(requirements);
    succeed(&mut command).context("pip cannot install the emulator (is the registry reachable?)")
}

fn version() -> Result<String> {
    let output = match Command::new(PYTHON).arg("--version").output() {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("`cargo xtask cognito` needs python3, and there is none")
        }
        Err(error) => return Err(error).context("cannot run python3"),
    };
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn succeed(command: &mut Command) -> Result<()> {
    judge(&command.output()?)
}

/// What a program said last is why it failed.
fn judge(output: &Output) -> Result<()> {
    if output.status.success() {
        return Ok(());
    }
    let said = [&output.stdout[..], &output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let last: Vec<_> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = last.get(last.len().saturating_sub(5)..).unwrap_or_default().join("\n");
    Err(anyhow!("{}\n{last}", output.status))
}

fn interpreter(environment: &Path) -> PathBuf {
    if cfg!(windows) {
        environment.join("Scripts").join("python.exe")
    } else {
        environment.join("bin").join("python")
    }
}

const PYTHON: &str = "python3";

const REQUIREMENTS: &str = include_str!("requirements.txt");

#[cfg(test)]
mod tests {
    use std::env;

    use super::*;

    #[test]
    fn every_package_is_pinned() {
        let packages = REQUIREMENTS.lines().filter(|line| !line.starts_with('#'));
        let loose: Vec<_> = packages.filter(|line| !line.contains("==")).collect();
        assert!(loose.is_empty(), "{loose:?}");
        assert!(REQUIREMENTS.contains("\nmoto==") && REQUIREMENTS.contains("\nboto3=="));
    }

    #[test]
    fn a_failure_tells_what_was_said_last() {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        let error = succeed(cargo.arg("no-such-command")).expect_err("cargo knows no such command");
        assert!(error.to_string().contains("no-such-command"), "{error}");
        assert!(error.to_string().lines().count() <= 6, "{error}");
    }
}
