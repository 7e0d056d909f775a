//! `cargo xtask counts`: instructions of the parts of a validation that are ours, in callgrind.
//!
//! They do not depend on what else the machine does, so a limit can be tight. The program that is
//! counted is in `tests/bench/counts`, and the figures that hold are beside it. It is counted once
//! more with the features `metrics` and `tracing`, which may cost a validation 1 %.

mod callgrind;
mod figures;
mod observation;

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::process::{Step, root, target};
use figures::Figures;

#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct Arguments {
    /// Write what is counted now to tests/bench/counts/figures.toml: a change that lands says so
    #[arg(long)]
    update: bool,
}

pub(crate) fn run(arguments: Arguments) -> Result<()> {
    if let Some(reason) = impossible() {
        if arguments.update {
            bail!("nothing can be counted: {reason}");
        }
        eprintln!("skipped: no instructions are counted: {reason}");
        return Ok(());
    }
    let folder = target().join("bench");
    let count = |name, features: &[&str]| {
        Step::cargo(["build", "--release", "--locked", "--package=jwks-counts"])
            .arguments(features.iter().copied())
            .within("tests/bench")
            .target(&folder)
            .run()?;
        callgrind::count(&folder, name)
    };
    let observed = count("observed", &["--features=observed"])?;
    let counted = count("plain", &[])?;
    let now = Figures { rustc: rustc()?, instructions: figures::ours(&counted)? };
    let path = root().join(FIGURES);
    if arguments.update {
        let text = toml::to_string(&now).context("figures can be written")?;
        fs::write(&path, format!("{HEAD}{text}"))
            .with_context(|| format!("cannot write {FIGURES}"))?;
    }
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {FIGURES}"))?;
    let then: Figures = toml::from_str(&text).with_context(|| format!("cannot read {FIGURES}"))?;
    for line in figures::lines(&then, &now) {
        println!("{line}");
    }
    for line in observation::lines(&counted, &observed) {
        println!("{line}");
    }
    match observation::faults(&counted, &observed) {
        faults if faults.is_empty() => {}
        faults => bail!("{}", faults.join("\n")),
    }
    match figures::faults(&then, &now) {
        faults if faults.is_empty() => Ok(()),
        faults => bail!("{}\n{MEND}", faults.join("\n")),
    }
}

/// Why callgrind cannot run here, if it cannot.
fn impossible() -> Option<&'static str> {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        return Some("the figures are those of Linux on x86-64");
    }
    let asked = Command::new("valgrind").arg("--version").output();
    let there = asked.is_ok_and(|output| output.status.success());
    if there { None } else { Some("there is no valgrind (on Debian and Ubuntu install valgrind)") }
}

/// Its first line tells version and commit.
fn rustc() -> Result<String> {
    let output = Command::new("rustc").arg("--version").output().context("cannot run rustc")?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

const FIGURES: &str = "tests/bench/counts/figures.toml";

const HEAD: &str = "\
# Instructions of one validation or look-up, less those of the signature check. Written by
# `cargo xtask counts --update`; `cargo xtask ci` fails when one grows by more than 3 %.
";

const MEND: &str = "\
If that is what the change costs, say so: `cargo xtask counts --update`, and commit the figures.";
