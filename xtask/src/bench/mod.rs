//! `cargo xtask bench`: how fast, how large, beside what.

mod builds;
mod machine;

use std::fmt;

use anyhow::Result;
use clap::ValueEnum;

use crate::process::{Step, target};

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    println!("machine {}", machine::describe());
    let part = arguments.part.as_deref().unwrap_or_default();
    for group in arguments.chosen() {
        eprintln!("== {group}");
        group.run(part)?;
    }
    println!("machine {}", machine::describe());
    Ok(())
}

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The latency of 1000 validations a second, under refresh, flood and outage; nothing else
    #[arg(long, conflicts_with = "only")]
    latency: bool,
    /// Run this group alone; may be repeated
    #[arg(long, value_name = "GROUP")]
    only: Vec<Group>,
    /// Only the figures whose name holds this text
    part: Option<String>,
}

impl Arguments {
    fn chosen(&self) -> Vec<Group> {
        match self.only.as_slice() {
            _ if self.latency => vec![Group::Latency],
            [] => USUAL.to_vec(),
            only => only.to_vec(),
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Group {
    /// How often a validation allocates
    Allocations,
    /// Time, crates and size of a minimal program, built from nothing: ours and two peers' (minutes)
    Builds,
    /// As `--latency` (two minutes)
    Latency,
    /// Other crates that cache keys (their first build takes minutes)
    Peers,
    /// Large key sets, long tokens, many issuers; memory
    Sizes,
    /// Beside the raw signature check, and beside `jsonwebtoken`
    Validation,
}

impl Group {
    fn run(self, part: &str) -> Result<()> {
        match self {
            Self::Allocations => ours("jwks-core", "allocations", ""),
            Self::Builds => builds::run(),
            Self::Latency => ours("jwks-tokio", "latency", part),
            Self::Peers => beside("jwks-peers", part),
            Self::Sizes => beside("jwks-sizes", part),
            Self::Validation => ours("jwks-core", "validation", part),
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value().expect("no group is hidden");
        f.write_str(value.get_name())
    }
}

/// A bench of one of our crates.
fn ours(package: &str, bench: &str, part: &str) -> Result<()> {
    let command = ["bench", "--quiet", "--package", package, "--bench", bench];
    let part = ["--", part];
    Step::cargo(command.into_iter().chain(part.into_iter().filter(|_| !part[1].is_empty()))).run()
}

/// A program of the workspace of benches, which has a lock file of its own.
fn beside(package: &str, part: &str) -> Result<()> {
    Step::cargo(["run", "--quiet", "--release", "--locked", "--package", package, "--", part])
        .within("tests/bench")
        .target(&target().join("bench"))
        .run()
}

/// What is run unless something is chosen; the others take minutes more.
const USUAL: [Group; 4] = [Group::Validation, Group::Allocations, Group::Sizes, Group::Peers];

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn chosen(line: &[&str]) -> Vec<Group> {
        let line = ["bench"].iter().chain(line);
        Line::try_parse_from(line).expect("a line that is right").arguments.chosen()
    }

    #[test]
    fn groups_are_chosen() {
        assert_eq!(chosen(&[]), USUAL);
        assert_eq!(chosen(&["RS256"]), USUAL);
        assert_eq!(chosen(&["--latency"]), [Group::Latency]);
        let some = chosen(&["--only", "peers", "--only=builds", "RS256"]);
        assert_eq!(some, [Group::Peers, Group::Builds]);
    }
}
