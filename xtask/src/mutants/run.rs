//! The tests that reach a mutant, run with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::tree::Tree;
use crate::process::target;

/// Each test, and which mutants it reaches.
#[derive(Debug)]
pub(super) struct Tests {
    folder: PathBuf,
    /// The quickest first.
    tests: Vec<Test>,
}

#[derive(Debug)]
struct Test {
    program: PathBuf,
    name: String,
    takes: Duration,
    reaches: BTreeSet<usize>,
}

/// What became of a mutant.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Fate {
    Caught,
    /// So many tests reach it, and pass.
    Missed(usize),
    NotRun,
    /// Tests that never end, or take far longer.
    TimedOut,
}

impl Tests {
    /// Runs every test alone, with no mutant on.
    pub(super) fn trace(tree: &Tree, jobs: usize) -> Result<Self> {
        let mut all = Vec::new();
        for program in &tree.programs {
            let names = names(program, &tree.folder)?;
            all.extend(names.into_iter().map(|name| (program.as_path(), name)));
        }
        let trace = |(program, name): &(&Path, String)| trace(program, &tree.folder, name);
        let mut tests = at_once(jobs, &all, trace).into_iter().collect::<Result<Vec<_>>>()?;
        tests.sort_by_key(|test: &Test| test.takes);
        Ok(Self { folder: tree.folder.clone(), tests })
    }

    pub(super) fn line(&self) -> String {
        let takes: Duration = self.tests.iter().map(|test| test.takes).sum();
        let slow = self.tests.iter().rev().take(8);
        let slow = slow.map(|test| format!("{} {:.1} s", test.name, test.takes.as_secs_f64()));
        let slow = slow.collect::<Vec<_>>().join(", ");
        format!("{} tests, {} s; the slowest: {slow}", self.tests.len(), takes.as_secs())
    }

    /// Runs those that reach it, until one fails.
    pub(super) fn judge(&self, number: usize) -> Result<Fate> {
        let reaching: Vec<_> =
            self.tests.iter().filter(|test| test.reaches.contains(&number)).collect();
        let mut rest = &reaching[..];
        let mut portion = Duration::from_millis(200);
        while !rest.is_empty() {
            let mut takes = Duration::ZERO;
            let fits = |test: &&&Test| {
                takes += test.takes;
                takes <= portion
            };
            let count = rest.iter().take_while(fits).count().max(1);
            let (now, later) = rest.split_at(count);
            let mut programs: BTreeMap<&Path, Vec<&Test>> = BTreeMap::new();
            now.iter().for_each(|test| programs.entry(&test.program).or_default().push(test));
            for (program, tests) in programs {
                let usual: Duration = tests.iter().map(|test| test.takes).sum();
                let names: Vec<_> = tests.iter().map(|test| test.name.as_str()).collect();
                let longest = SLACK + usual * SLOWNESS;
                match run(program, &self.folder, &names, &number.to_string(), None, longest)? {
                    Ended::Passed => {}
                    Ended::Failed => return Ok(Fate::Caught),
                    Ended::TimedOut => return Ok(Fate::TimedOut),
                }
            }
            rest = later;
            portion *= 3;
        }
        Ok(Fate::Missed(reaching.len()))
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Ended {
    Failed,
    Passed,
    TimedOut,
}

fn names(program: &Path, folder: &Path) -> Result<Vec<String>> {
    let output = Command::new(program)
        .args(["--list", "--format", "terse"])
        .current_dir(folder)
        .output()
        .with_context(|| format!("cannot run {}", program.display()))?;
    let said = String::from_utf8(output.stdout).context("a test's name is no UTF-8")?;
    Ok(said.lines().filter_map(|line| Some(line.strip_suffix(": test")?.to_owned())).collect())
}

/// The results of all items, in their order, from so many threads.
pub(super) fn at_once<I: Sync, O: Send>(
    jobs: usize,
    items: &[I],
    work: impl Fn(&I) -> O + Sync,
) -> Vec<O> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        while let index = next.fetch_add(1, Ordering::Relaxed)
            && let Some(item) = items.get(index)
        {
            done.push((index, work(item)));
        }
        done
    };
    let mut done: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|it| it.join().expect("no panic")).collect()
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, output)| output).collect()
}

fn trace(program: &Path, folder: &Path, name: &str) -> Result<Test> {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let seen = target().join(format!("mutants/seen-{number}"));
    let begin = Instant::now();
    let longest = Duration::from_secs(600);
    let ended = run(program, folder, &[name], "all", Some(&seen), longest)?;
    ensure!(ended == Ended::Passed, "{name} of {} fails without a mutant", program.display());
    let takes = begin.elapsed();
    let list = fs::read(&seen).context("the switches leave no list")?;
    fs::remove_file(seen).context("cannot remove a list that was read")?;
    let reaches = list.iter().enumerate().filter(|(_, on)| **on != 0).map(|(number, _)| number);
    Ok(Test {
        program: program.to_owned(),
        name: name.to_owned(),
        takes,
        reaches: reaches.collect(),
    })
}

/// One program with some of its tests; stopped at the first failure.
fn run(
    program: &Path,
    folder: &Path,
    names: &[&str],
    mutant: &str,
    seen: Option<&Path>,
    longest: Duration,
) -> Result<Ended> {
    // A mutant that never stops to collect must not take this machine's memory.
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -v 8388608; exec \"$0\" \"$@\""]).arg(program);
    command.args(["--test-threads=1", "--exact"]).args(names).current_dir(folder);
    command.env("JWKS_MUTANT", mutant).env("RUST_BACKTRACE", "0");
    command.envs(seen.map(|path| ("JWKS_MUTANTS_SEEN", path)));
    command.stdout(Stdio::piped()).stderr(Stdio::null()).stdin(Stdio::null());
    let mut child = command.spawn().with_context(|| format!("cannot run {}", program.display()))?;
    let Some(stdout) = child.stdout.take() else { bail!("no output to read") };
    let (sender, lines) = mpsc::channel();
    let reader = thread::spawn(move || {
        let failed = BufReader::new(stdout)
            .lines()
            .map_while(Result::ok)
            .any(|line| line.starts_with("test ") && line.ends_with("... FAILED"));
        // The other end is gone once the time is over.
        let _late = sender.send(failed);
    });
    let ended = match lines.recv_timeout(longest) {
        Ok(true) => Ended::Failed,
        Ok(false) if child.wait()?.success() => Ended::Passed,
        Ok(false) | Err(RecvTimeoutError::Disconnected) => Ended::Failed,
        Err(RecvTimeoutError::Timeout) => Ended::TimedOut,
    };
    if ended != Ended::Passed {
        // It may have ended by itself.
        let _ended = child.kill();
        child.wait()?;
    }
    drop(lines);
    let _panicked = reader.join();
    Ok(ended)
}

/// More than the usual time that a test is given: this machine may be busy.
const SLACK: Duration = Duration::from_secs(20);
const SLOWNESS: u32 = 5;
