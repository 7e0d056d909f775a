//! The one tool a contributor needs: `cargo xtask COMMAND`.

#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a command-line tool speaks on its standard streams"
)]

mod ci;
mod process;
mod test;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Ci(arguments) => ci::run(&arguments),
        Command::Test => test::run(),
        Command::Tidy => tidy::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            process::exit_code(&error)
        }
    }
}

/// The tasks of this workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything that must pass before a change lands
    Ci(ci::Arguments),
    /// All tests: unit, integration, documentation, and the loom models
    Test,
    /// The invariants of the workspace
    Tidy,
}
