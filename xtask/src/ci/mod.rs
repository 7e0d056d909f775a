//! `cargo xtask ci`: every section that must pass, timed.

mod features;

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;

use crate::process::Step;
use crate::{alerts, cognito, counts, redis, test, tidy};

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut report = Report::default();
    let mut failure = None;
    for section in arguments.chosen() {
        eprintln!("== {section}");
        let begin = Instant::now();
        let outcome = section.run();
        report.add(section, begin.elapsed(), outcome.is_ok());
        if let Err(error) = outcome {
            let error = error.context(format!("section {section} failed"));
            if arguments.keep_going {
                eprintln!("xtask: {error:#}");
            }
            failure.get_or_insert(error);
            if !arguments.keep_going {
                break;
            }
        }
    }
    println!("{report}");
    match failure {
        _ if report.0.is_empty() => bail!("no section left to run"),
        Some(error) => Err(error),
        None => Ok(()),
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Run the remaining sections after one has failed
    #[arg(long)]
    keep_going: bool,
    /// Run this section alone; may be repeated
    #[arg(long, value_name = "SECTION")]
    only: Vec<Section>,
    /// Leave this section out; may be repeated
    #[arg(long, value_name = "SECTION")]
    skip: Vec<Section>,
}

impl Arguments {
    fn chosen(&self) -> impl Iterator<Item = Section> {
        ORDER
            .into_iter()
            .filter(|section| self.only.is_empty() || self.only.contains(section))
            .filter(|section| !self.skip.contains(section))
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Section {
    /// As `cargo xtask alerts`: needs promtool, or the registry the first time
    Alerts,
    /// Lints, warnings refused
    Clippy,
    /// As `cargo xtask cognito`: needs python3, and the registry the first time
    Cognito,
    /// As `cargo xtask counts`: needs valgrind, and is passed over, aloud, without it
    Counts,
    /// Documentation, warnings refused
    Docs,
    /// Each combination of features that has a meaning
    Features,
    /// rustfmt
    Format,
    /// As `cargo xtask redis`: needs redis-server and nginx, or the registry the first time
    Redis,
    /// As `cargo xtask test`
    Test,
    /// As `cargo xtask tidy`
    Tidy,
}

impl Section {
    fn run(self) -> Result<()> {
        match self {
            Self::Alerts => alerts::run(),
            Self::Clippy => {
                Step::cargo(["clippy", "--workspace", "--all-targets", "--", "--deny=warnings"])
                    .run()
            }
            Self::Cognito => cognito::run(),
            Self::Counts => counts::run(counts::Arguments::default()),
            Self::Docs => Step::cargo(["doc", "--workspace", "--no-deps"])
                .env("RUSTDOCFLAGS", "--deny=warnings")
                .run(),
            Self::Features => features::run(),
            Self::Format => {
                Step::cargo(["fmt", "--all", "--check"]).run().context("`cargo fmt` mends it")
            }
            Self::Redis => redis::run(&redis::Arguments::for_ci()),
            Self::Test => test::run(),
            Self::Tidy => tidy::run(),
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Alerts => "alerts",
            Self::Clippy => "clippy",
            Self::Cognito => "cognito",
            Self::Counts => "counts",
            Self::Docs => "docs",
            Self::Features => "features",
            Self::Format => "format",
            Self::Redis => "redis",
            Self::Test => "test",
            Self::Tidy => "tidy",
        })
    }
}

#[derive(Debug, Default)]
struct Report(Vec<(Section, Duration, bool)>);

impl Report {
    fn add(&mut self, section: Section, took: Duration, passed: bool) {
        self.0.push((section, took, passed));
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<10}{:>8}  result", "section", "time")?;
        for section in ORDER {
            let name = section.to_string();
            match self.0.iter().find(|(ran, ..)| *ran == section) {
                None => writeln!(f, "{name:<10}{:>8}  not run", "-")?,
                Some((_, took, passed)) => {
                    let result = if *passed { "ok" } else { "FAILED" };
                    writeln!(f, "{name:<10}{:>7.1}s  {result}", took.as_secs_f64())?;
                }
            }
        }
        let total: Duration = self.0.iter().map(|(_, took, _)| *took).sum();
        write!(f, "{:<10}{:>7.1}s", "total", total.as_secs_f64())
    }
}

/// The quick ones first; the tests last, so that their closing lines stay in view.
const ORDER: [Section; 10] = [
    Section::Format,
    Section::Clippy,
    Section::Tidy,
    Section::Docs,
    Section::Features,
    Section::Counts,
    Section::Cognito,
    Section::Alerts,
    Section::Redis,
    Section::Test,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(only: &[Section], skip: &[Section]) -> Arguments {
        Arguments { keep_going: false, only: only.to_vec(), skip: skip.to_vec() }
    }

    #[test]
    fn sections_are_chosen_in_order() {
        let all: Vec<_> = arguments(&[], &[]).chosen().collect();
        assert_eq!(all, ORDER);

        let some: Vec<_> =
            arguments(&[Section::Test, Section::Tidy, Section::Docs], &[Section::Docs])
                .chosen()
                .collect();
        assert_eq!(some, [Section::Tidy, Section::Test]);
    }

    #[test]
    fn every_section_is_in_the_order() {
        for section in Section::value_variants() {
            assert!(ORDER.contains(section), "{section}");
            let name = section.to_possible_value().expect("no section is hidden");
            assert_eq!(name.get_name(), section.to_string());
        }
    }

    #[test]
    fn choosing_nothing_is_an_error() {
        let error = run(&arguments(&[Section::Tidy], &[Section::Tidy])).expect_err("nothing ran");
        assert_eq!(error.to_string(), "no section left to run");
    }

    #[test]
    fn the_report_names_what_did_not_run() {
        let mut report = Report::default();
        report.add(Section::Format, Duration::from_millis(840), true);
        report.add(Section::Clippy, Duration::from_secs(12), false);
        let text = report.to_string();

        assert!(text.contains("format        0.8s  ok\n"), "{text}");
        assert!(text.contains("clippy       12.0s  FAILED\n"), "{text}");
        assert!(text.contains("docs             -  not run\n"), "{text}");
        assert!(text.ends_with("total        12.8s"), "{text}");
    }
}
