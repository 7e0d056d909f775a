//! The one tool a contributor needs: `cargo xtask COMMAND`.

#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a command-line tool speaks on its standard streams"
)]

mod ci;
mod demo;
mod process;
mod test;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&error),
    };
    let done = |()| ExitCode::SUCCESS;
    let outcome = match arguments.command {
        Command::Ci(arguments) => ci::run(&arguments).map(done),
        Command::Demo(arguments) => demo::run(arguments),
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
fn refuse(error: &clap::Error) -> ExitCode {
    // Where standard error is closed there is nobody to tell.
    let _unheard = error.print();
    if error.use_stderr() { ExitCode::from(process::USAGE) } else { ExitCode::SUCCESS }
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
    Demo(demo::Arguments),
    /// All tests: unit, integration, documentation, and the loom models
    Test,
    /// The invariants of the workspace
    Tidy,
}
