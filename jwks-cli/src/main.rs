//! `jwks`: what the users of these crates need at a command line.

#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a command-line tool speaks on its standard streams"
)]

mod chart;
mod check;
mod compare;
mod exit;
mod explain;
mod fetch;
mod output;
mod replay;
mod settings;
mod simulate;
mod span;
mod words;

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{Parser, Subcommand};

use exit::Exit;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refuse(error),
    };
    let outcome = match arguments.command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Fetch(arguments) => fetch::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Simulate(arguments) => simulate::run(&arguments),
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err(error) => {
            eprintln!("jwks: {error:#}");
            exit::of_error(&error).into()
        }
    }
}

/// Help that was asked for, or arguments that cannot work.
fn refuse(mut error: clap::Error) -> ExitCode {
    hide_long(&mut error);
    // Where standard error is closed there is nobody to tell.
    let _unheard = error.print();
    if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() }
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

/// Keys of JWT issuers: what is held, why a token is refused, what settings will do.
///
/// Exit codes: 0 done, and the answer is good; 1 done, and the answer is bad (settings that are
/// refused, a token that is not accepted); 2 no answer could be had (no keys, no network); 64
/// arguments that cannot work.
#[derive(Debug, Parser)]
#[command(name = "jwks", version, verbatim_doc_comment)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Arguments),
    Compare(compare::Arguments),
    Explain(explain::Arguments),
    Fetch(fetch::Arguments),
    Replay(replay::Arguments),
    Simulate(simulate::Arguments),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_in_the_wrong_place_is_not_shown() {
        let token = "eyJhbGciOiJFUzI1NiJ9.".repeat(9);
        for line in [
            format!("jwks {token}"),
            format!("jwks check --{token}"),
            format!("jwks check a {token}"),
            format!("jwks check -- a {token}"),
            format!("jwks explain {token}"),
            format!("jwks explain --issuer i --algorithm {token}"),
            format!("jwks explain --issuer i --json={token}"),
        ] {
            let mut error = Arguments::try_parse_from(line.split(' ')).unwrap_err();
            hide_long(&mut error);
            assert!(!error.to_string().contains("eyJ"), "{error}");
        }
    }
}
