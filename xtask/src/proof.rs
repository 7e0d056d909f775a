//! `cargo xtask proof`: every method that looks for broken rules, for longer than the tests do.

use std::fmt;
use std::time::Instant;

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::process::Step;
use crate::{faults, fuzz, mutants};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How many times as many cases as `cargo test` draws
    #[arg(long, default_value_t = 60)]
    factor: u32,
    /// How long each target is fuzzed, and each adapter refreshes under the eye of the memory
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// Run this method alone; may be repeated
    #[arg(long, value_name = "METHOD")]
    only: Vec<Method>,
}

/// All of them run, also after one has failed; the lines come at the end, together.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut lines = Vec::new();
    let mut failed = 0_usize;
    for method in Method::value_variants() {
        if !arguments.only.is_empty() && !arguments.only.contains(method) {
            continue;
        }
        eprintln!("== {method}");
        let begin = Instant::now();
        let outcome = method.run(arguments);
        failed += usize::from(outcome.is_err());
        let (work, result) = match outcome {
            Ok(work) => (work, "no failure".to_owned()),
            Err(error) => (String::from("see above"), format!("FAILED: {error:#}")),
        };
        lines.push(format!("{method:<10} {:>6} s  {work}, {result}", begin.elapsed().as_secs()));
    }
    lines.iter().for_each(|line| println!("{line}"));
    if failed == 0 { Ok(()) } else { bail!("{failed} of {} methods failed", lines.len()) }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Method {
    /// Every state that the machine can reach, within bounds, beside its reference
    Explore,
    /// As `cargo xtask faults`
    Faults,
    /// As `cargo xtask fuzz`
    Fuzz,
    /// Every interleaving of the cache's atomics, within bounds
    Loom,
    /// Random scripts for the machine and its reference
    Model,
    /// As `cargo xtask mutants`
    Mutants,
    /// The targets of the fuzzer on mutations of their corpora, without the nightly tool chain
    Mutations,
    /// All other properties of jwks-core, with random cases
    Properties,
    /// Tokens of invented issuers, for a resolver
    Resolver,
    /// Real threads against each other
    Threads,
}

impl Method {
    /// What it has done.
    fn run(self, arguments: &Arguments) -> Result<String> {
        let factor = arguments.factor;
        match self {
            Self::Explore => tests(&["-p", "jwks-core", "--lib", "explore"], factor),
            Self::Faults => faults::run(faults::Arguments::minutes(arguments.seconds / 60)),
            Self::Fuzz => {
                let done = fuzz::run(&fuzz::Arguments::all(arguments.seconds))?;
                Ok(format!("{done}, {} s each", arguments.seconds))
            }
            Self::Loom => tests(&["-p", "jwks-loom", "--test", "models"], 1),
            Self::Model => tests(&["-p", "jwks-core", "--test", "model"], factor),
            Self::Mutants => mutants::run(&mutants::Arguments::default()),
            Self::Mutations => tests(&["-p", "jwks-fuzz", "--test", "short"], factor),
            Self::Properties => {
                let skip = ["--", "--skip", "explore"];
                tests(&[&["-p", "jwks-core", "--lib"][..], &skip].concat(), factor)
            }
            Self::Resolver => tests(&["-p", "jwks-core", "--test", "resolver", "forged"], factor),
            Self::Threads => tests(&["-p", "jwks-core", "--test", "stress"], factor),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value().expect("no method is hidden");
        f.pad(value.get_name())
    }
}

/// Tests that draw so many times as many cases as usual.
fn tests(arguments: &[&str], factor: u32) -> Result<String> {
    let fixed = ["test", "-p", "jwks-unify"];
    let step = Step::cargo(fixed).arguments(arguments.iter().copied());
    let output = step.env("JWKS_PROOF", &factor.to_string()).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        eprint!("{said}{}", String::from_utf8_lossy(&output.stderr));
        bail!("a test failed");
    }
    Ok(format!("{} tests, {factor} times their usual cases", passed(&said)))
}

/// How many tests have passed, by the lines of the test harness.
fn passed(said: &str) -> usize {
    let results = said.lines().filter_map(|line| line.strip_prefix("test result: ok. "));
    results.filter_map(|rest| rest.split(' ').next()?.parse::<usize>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_that_passed_are_added_up() {
        let said = "test result: ok. 12 passed; 0 failed; 1 ignored\nother\n\
                    test result: ok. 3 passed; 0 failed\n";
        assert_eq!(passed(said), 15);
    }
}
