//! `cargo xtask mutants`: small faults in jwks-core, one at a time, each of which its tests must catch.
//!
//! cargo-mutants says what the faults are. It would build the crate and its tests anew for each: hours
//! of building, minutes of testing. So all of them are built in once, each behind a switch that is
//! chosen when a test starts; and a mutant is run with those tests alone that reach it, the quickest
//! first. To look at one by itself: `cargo mutants --package jwks-core --re 'replace < with'`.
//!
//! A mutant that no test can catch, since it changes nothing that anybody could see, is in
//! `equivalent.txt`, with the reason.

mod excused;
mod list;
mod run;
mod tree;
mod weave;

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use self::excused::Excused;
use self::list::{Mutant, Tool};
use self::run::{Fate, Tests};
use self::tree::Tree;
use crate::process::target;

#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Arguments {
    /// Only the mutants of these files; may be repeated
    #[arg(long, value_name = "GLOB")]
    file: Vec<String>,
    /// Only those whose name holds this text; may be repeated
    #[arg(long, value_name = "TEXT")]
    matching: Vec<String>,
    /// Only those that were missed the last time
    #[arg(long)]
    again: bool,
    /// Only each nth, from the kth (from 0)
    #[arg(long, value_name = "K/N")]
    shard: Option<String>,
    /// How many tests run at a time; by default as many as there are processors
    #[arg(long)]
    jobs: Option<usize>,
    /// Stop after so many minutes; what ran until then is drawn evenly from all files
    #[arg(long, value_name = "MINUTES")]
    budget: Option<u64>,
}

/// One line a file; what was missed; fails below the bound. What it did, in a few words.
pub(crate) fn run(arguments: &Arguments) -> Result<String> {
    let begin = Instant::now();
    let jobs =
        arguments.jobs.unwrap_or_else(|| thread::available_parallelism().map_or(1, Into::into));
    let excused = Excused::read()?;
    let mutants = Tool::find()?.list(&arguments.file)?;
    excused.check(&mutants, arguments.file.is_empty())?;
    let tree = Tree::build(&mutants)?;
    eprintln!("{} mutants, built after {} s", mutants.len(), begin.elapsed().as_secs());
    let tests = Tests::trace(&tree, jobs)?;
    eprintln!("{}, traced after {} s", tests.line(), begin.elapsed().as_secs());
    let end = arguments.budget.map(|minutes| begin + Duration::from_secs(60 * minutes));

    let mut report: BTreeMap<&str, Counts> = BTreeMap::new();
    for (number, mutant) in numbered(&mutants) {
        let counts = report.entry(&mutant.file).or_default();
        counts.unviable += usize::from(tree.unviable.contains(&number));
        if tree.left.contains(&number) {
            counts.left += 1;
            eprintln!("cannot be built with the rest: {}", mutant.name);
        }
    }
    let chosen = arguments.choose(&mutants)?;
    let fates = run::at_once(jobs, &chosen, |(number, mutant)| {
        if tree.unviable.contains(number) || tree.left.contains(number) {
            return Ok(None);
        }
        let fate = match end {
            Some(end) if Instant::now() > end => Fate::NotRun,
            _ => tests.judge(*number)?,
        };
        if let Fate::Missed(reached) = fate {
            eprintln!("missed, with {reached} tests: {}", mutant.name);
        }
        anyhow::Ok(Some(fate))
    });
    let mut missed = Vec::new();
    for ((_, mutant), fate) in chosen.iter().zip(fates) {
        let counts = report.entry(&mutant.file).or_default();
        match fate? {
            None => {}
            Some(Fate::Caught) => counts.caught += 1,
            Some(Fate::NotRun) => counts.not_run += 1,
            Some(Fate::TimedOut) => counts.timed_out += 1,
            Some(Fate::Missed(_)) if excused.has(mutant) => counts.equivalent += 1,
            Some(Fate::Missed(_)) => {
                counts.missed += 1;
                missed.push(mutant.name.as_str());
            }
        }
    }
    fs::write(target().join(LAST), missed.join("\n")).context("cannot note what was missed")?;
    let mut all = Counts::default();
    for (file, counts) in &report {
        println!("{}", counts.line(file.strip_prefix("jwks-core/src/").unwrap_or(file)));
        all.add(counts);
    }
    println!("{}", all.line("all"));
    missed.sort_unstable();
    missed.iter().for_each(|name| println!("missed: {name}"));
    let caught = all.caught + all.timed_out;
    ensure!(caught + all.missed > 0, "no mutant was run: does a pattern fit none?");
    ensure!(
        caught * 100 >= (caught + all.missed) * LEAST,
        "less than {LEAST} % are caught; write a test for each that is missed"
    );
    Ok(format!("{caught} of {} mutants caught", caught + all.missed))
}

impl Arguments {
    /// The mutants in the order in which they run: any beginning of it is a fair sample.
    fn choose<'a>(&self, mutants: &'a [Mutant]) -> Result<Vec<(usize, &'a Mutant)>> {
        let (k, n) = match &self.shard {
            None => (0, 1),
            Some(shard) => parse(shard).context("a shard is written as 0/4")?,
        };
        let last =
            if self.again { fs::read_to_string(target().join(LAST))? } else { String::new() };
        let last: Vec<_> = last.lines().collect();
        let named = |mutant: &Mutant| {
            self.matching.is_empty() || self.matching.iter().any(|text| mutant.name.contains(text))
        };
        let mut chosen: Vec<_> = numbered(mutants)
            .filter(|(number, _)| number % n == k)
            .filter(|(_, mutant)| named(mutant))
            .filter(|(_, mutant)| !self.again || last.contains(&mutant.name.as_str()))
            .collect();
        // Knuth's multiplicative hash: the same order at every run.
        chosen.sort_by_key(|(number, _)| {
            u32::try_from(*number).unwrap_or(0).wrapping_mul(0x9E37_79B1)
        });
        Ok(chosen)
    }
}

/// From 1.
fn numbered(mutants: &[Mutant]) -> impl Iterator<Item = (usize, &Mutant)> {
    mutants.iter().enumerate().map(|(index, mutant)| (index + 1, mutant))
}

fn parse(shard: &str) -> Result<(usize, usize)> {
    let (k, n) = shard.split_once('/').context("no slash")?;
    let (k, n) = (k.parse()?, n.parse()?);
    if k < n { Ok((k, n)) } else { bail!("there is no such shard") }
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    caught: usize,
    equivalent: usize,
    left: usize,
    missed: usize,
    not_run: usize,
    timed_out: usize,
    unviable: usize,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.caught += other.caught;
        self.equivalent += other.equivalent;
        self.left += other.left;
        self.missed += other.missed;
        self.not_run += other.not_run;
        self.timed_out += other.timed_out;
        self.unviable += other.unviable;
    }

    fn line(&self, name: &str) -> String {
        let Self { caught, equivalent, left, missed, not_run, timed_out, unviable } = self;
        let done = caught + timed_out;
        let percent = (done * 100).checked_div(done + missed).unwrap_or(100);
        let mut line = format!(
            "{name:<32} {percent:>3} %  {done:>4} caught ({timed_out} by time), {missed:>2} missed, \
             {equivalent:>2} equivalent, {unviable:>3} unviable"
        );
        for (count, what) in [(left, "not to be built with the rest"), (not_run, "not run")] {
            if *count > 0 {
                line.push_str(&format!(", {count} {what}"));
            }
        }
        line
    }
}

/// Of a hundred.
const LEAST: usize = 95;

const LAST: &str = "mutants/missed.txt";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_read() {
        assert_eq!(parse("1/4").expect("a shard"), (1, 4));
        for wrong in ["", "1", "4/4", "a/b"] {
            parse(wrong).expect_err(wrong);
        }
    }
}
