//! The one tool a contributor needs: `cargo xtask COMMAND`.

#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a command-line tool speaks on its standard streams"
)]

mod alerts;
mod bench;
mod browser;
mod ci;
mod cognito;
mod counts;
mod debian;
mod demo;
mod faults;
mod fuzz;
mod mutants;
mod process;
mod proof;
mod redis;
mod service;
mod test;
mod tidy;

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{Parser, Subcommand};

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refuse(error),
    };
    let done = |()| ExitCode::SUCCESS;
    let outcome = match arguments.command {
        Command::Alerts => alerts::run().map(done),
        Command::Bench(arguments) => bench::run(&arguments).map(done),
        Command::Browser(arguments) => browser::run(arguments).map(done),
        Command::Ci(arguments) => ci::run(&arguments).map(done),
        Command::Cognito => cognito::run().map(done),
        Command::Counts(arguments) => counts::run(arguments).map(done),
        Command::Demo(arguments) => demo::run(arguments),
        Command::Faults(arguments) => faults::run(arguments).map(drop).map(done),
        Command::Fuzz(arguments) => fuzz::run(&arguments).map(drop).map(done),
        Command::Mutants(arguments) => mutants::run(&arguments).map(|_| ExitCode::SUCCESS),
        Command::Proof(arguments) => proof::run(&arguments).map(done),
        Command::Redis(arguments) => redis::run(&arguments).map(done),
        Command::RedisInstances(arguments) => redis::run_instances(&arguments).map(done),
        Command::Test => test::run().map(done),
        Command::Tidy => tidy::run().map(done),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            process::exit_code(&error)
        }
    }
}

/// Help that was asked for, or arguments that cannot work.
fn refuse(mut error: clap::Error) -> ExitCode {
    hide_long(&mut error);
    // Where standard error is closed there is nobody to tell.
    let _unheard = error.print();
    if error.use_stderr() { ExitCode::from(process::USAGE) } else { ExitCode::SUCCESS }
}

/// A long text in the wrong place is a token, as a rule: it is not shown.
fn hide_long(error: &mut clap::Error) {
    for kind in [ContextKind::InvalidArg, ContextKind::InvalidSubcommand, ContextKind::InvalidValue]
    {
        let length = match error.get(kind) {
            Some(ContextValue::String(text)) => text.chars().count(),
            _ => continue,
        };
        if length > LONGEST_SHOWN {
            let text = format!("({length} characters)");
            error.insert(kind, ContextValue::String(text));
            // Suggestions repeat it.
            error.remove(ContextKind::Suggested);
        }
    }
}

/// No name of an option or a command is longer, and every token is.
const LONGEST_SHOWN: usize = 64;

/// The tasks of this workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check Prometheus' rules and the dashboard with promtool, on series of the simulator (promtool: this
    /// machine's, or Debian's package)
    Alerts,
    /// How long a validation takes, beside what it cannot do without, and beside other crates
    Bench(bench::Arguments),
    /// The example service's pages, and calls from another origin, in headless Chromium (this
    /// machine's, or Debian's package)
    Browser(browser::Arguments),
    /// Everything that must pass before a change lands
    Ci(ci::Arguments),
    /// Real tokens of an emulated Cognito user pool (needs python3; installs moto the first time)
    Cognito,
    /// Instructions of our parts of a validation, beside the checked-in figures (needs valgrind)
    Counts(counts::Arguments),
    Demo(demo::Arguments),
    /// Both adapters under faults of the network and the issuer, beside traffic that must not notice; and
    /// under crowds (five minutes)
    Faults(faults::Arguments),
    /// libFuzzer on tokens, key sets, settings, the machine and more (needs the nightly tool chain; builds
    /// cargo-fuzz the first time)
    Fuzz(fuzz::Arguments),
    /// Small faults in jwks-core, one at a time: its tests must catch at least 95 % (Linux; builds
    /// cargo-mutants the first time)
    Mutants(mutants::Arguments),
    /// The methods that look for broken rules, for hours if asked; a line for each: what it did, and what
    /// failed (needs what `fuzz` needs)
    Proof(proof::Arguments),
    /// A fleet that shares its fetches through Redis (unpacks Debian's redis-server and nginx)
    Redis(redis::Arguments),
    #[command(hide = true)]
    RedisInstances(redis::Instances),
    /// All tests: unit, integration, documentation, loom models; on both crypto backends
    Test,
    /// The invariants of the workspace
    Tidy,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_in_the_wrong_place_is_not_shown() {
        let token = "eyJhbGciOiJFUzI1NiJ9.".repeat(9);
        for line in [
            format!("xtask {token}"),
            format!("xtask demo {token}"),
            format!("xtask demo --tokens={token}"),
            format!("xtask demo --{token}"),
            format!("xtask demo -- {token}"),
        ] {
            let mut error = Arguments::try_parse_from(line.split(' ')).unwrap_err();
            hide_long(&mut error);
            assert!(!error.to_string().contains("eyJ"), "{error}");
        }
    }

    #[test]
    fn a_short_mistake_is_shown() {
        let mut error = Arguments::try_parse_from(["xtask", "demonstrate"]).unwrap_err();
        hide_long(&mut error);
        assert!(error.to_string().contains("demonstrate"));
    }
}
