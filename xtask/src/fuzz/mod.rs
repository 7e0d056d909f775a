//! `cargo xtask fuzz`: libFuzzer on the targets of `tests/fuzz`, with the nightly tool chain.
//!
//! What is found grows in a folder of the build; `--minimise` takes the smallest inputs that reach all
//! of it into the corpora, which `cargo test` runs.

mod corpus;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::process::{Step, cargo_tool, root, target};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Run these alone; else each, one after the other
    targets: Vec<String>,
    /// How long each runs
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Afterwards write the smallest corpus that reaches what was reached
    #[arg(long)]
    minimise: bool,
}

impl Arguments {
    /// All targets, for so long each.
    pub(crate) const fn all(seconds: u64) -> Self {
        Self { targets: Vec::new(), seconds, minimise: false }
    }
}

/// One line a target: what was done, and whether it failed. Returns the sum.
pub(crate) fn run(arguments: &Arguments) -> Result<String> {
    let all = names()?;
    if let Some(unknown) = arguments.targets.iter().find(|name| !all.contains(name)) {
        bail!("there is no target `{unknown}`; there are {}", all.join(", "));
    }
    let chosen = if arguments.targets.is_empty() { all } else { arguments.targets.clone() };
    let tool = Tool::find()?;
    let (mut failed, mut runs) = (Vec::new(), 0_u64);
    for name in &chosen {
        let done = tool.fuzz(name, arguments.seconds)?;
        runs += done.runs;
        println!("{}", done.line(name));
        if !done.passed {
            failed.push(name.as_str());
        } else if arguments.minimise {
            println!("{}", corpus::minimise(&tool, name)?);
        }
    }
    if failed.is_empty() {
        return Ok(format!("{} targets, {runs} runs", chosen.len()));
    }
    bail!("{} failed; what follows `Reproducing:` above runs one case again", failed.join(", "))
}

/// cargo-fuzz, and the nightly tool chain to run it with.
#[derive(Debug)]
struct Tool(PathBuf);

impl Tool {
    fn find() -> Result<Self> {
        cargo_tool("cargo-fuzz", VERSION, &["--version"]).map(Self)
    }

    fn step(&self, arguments: &[&str]) -> Step {
        Step::program(&self.0.to_string_lossy(), ["fuzz"])
            .arguments(arguments.iter().copied())
            // rustup's cargo chooses the tool chain by it.
            .env("RUSTUP_TOOLCHAIN", "nightly")
            .env("CARGO", "cargo")
            .within(FOLDER)
            .target(&target().join("fuzz"))
    }

    fn fuzz(&self, name: &str, seconds: u64) -> Result<Done> {
        self.step(&["build", "--fuzz-dir=.", "--debug-assertions", name]).run()?;
        let begin = Instant::now();
        let grown = grown(name);
        let failures = target().join("fuzz/failures").join(name);
        for folder in [&grown, &failures] {
            fs::create_dir_all(folder).context("cannot make a folder for what is found")?;
        }
        let seeds = corpora(name);
        let [grown_in, seeds_in] = [&grown, &seeds].map(|it| it.to_string_lossy().into_owned());
        let time = format!("-max_total_time={seconds}");
        let kept = format!("-artifact_prefix={}/", failures.to_string_lossy());
        let limits = ["-timeout=5", "-rss_limit_mb=1024", "-malloc_limit_mb=64", "-max_len=16384"];
        let dictionary = root().join(FOLDER).join("words").join(format!("{name}.dict"));
        let words = format!("-dict={}", dictionary.to_string_lossy());
        let output = self
            .step(&["run", "--fuzz-dir=.", "--debug-assertions", name, &grown_in, &seeds_in, "--"])
            .arguments([&*time, &*kept, "-print_final_stats=1"])
            .arguments(dictionary.is_file().then_some(&*words))
            .arguments(limits)
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        let passed = output.status.success();
        if !passed {
            let tail: Vec<_> = said.lines().rev().take(60).collect();
            tail.iter().rev().for_each(|line| eprintln!("{line}"));
        }
        let runs = statistic(&said, "number_of_executed_units");
        Ok(Done { runs, seconds: begin.elapsed().as_secs(), inputs: count(&grown), passed })
    }
}

#[derive(Debug)]
struct Done {
    runs: u64,
    seconds: u64,
    inputs: usize,
    passed: bool,
}

impl Done {
    fn line(&self, name: &str) -> String {
        let Self { runs, seconds, inputs, passed } = self;
        let result = if *passed { "no failure" } else { "FAILED" };
        format!(
            "fuzz {name:<9} {runs:>9} runs in {seconds} s, {inputs} inputs reached new code, {result}"
        )
    }
}

/// The targets that have a program.
fn names() -> Result<Vec<String>> {
    let folder = root().join(FOLDER).join("targets");
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).context("cannot list the targets")? {
        let path = entry.context("cannot list the targets")?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

/// What libFuzzer prints at the end; 0 where it came to no end.
fn statistic(said: &str, name: &str) -> u64 {
    let line = said.lines().find_map(|line| line.strip_prefix("stat::")?.strip_prefix(name));
    line.and_then(|rest| rest.trim_start_matches(':').trim().parse().ok()).unwrap_or(0)
}

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, Iterator::count)
}

/// Where inputs that reach new code are kept between runs.
fn grown(name: &str) -> PathBuf {
    target().join("fuzz/corpora").join(name)
}

fn corpora(name: &str) -> PathBuf {
    root().join("tests/fuzz/corpora").join(name)
}

const FOLDER: &str = "tests/fuzz/libfuzzer";

const VERSION: &str = "0.13.2";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_target_has_a_corpus_and_a_program() {
        let corpora = fs::read_dir(root().join("tests/fuzz/corpora")).expect("a folder");
        let mut corpora: Vec<_> = corpora
            .map(|entry| entry.expect("a folder").file_name().to_string_lossy().into_owned())
            .collect();
        corpora.sort();
        assert_eq!(names().expect("targets"), corpora);
    }

    #[test]
    fn runs_are_read_from_what_the_fuzzer_says() {
        let said =
            "Done 7 runs\nstat::number_of_executed_units: 1234\nstat::average_exec_per_sec: 9";
        assert_eq!(statistic(said, "number_of_executed_units"), 1234);
        assert_eq!(statistic("", "number_of_executed_units"), 0);
    }

    #[test]
    fn an_unknown_target_is_refused() {
        let arguments = Arguments { targets: vec!["tokne".to_owned()], ..Arguments::all(1) };
        let error = run(&arguments).expect_err("no such target");
        assert!(error.to_string().contains("no target `tokne`; there are claims, "), "{error}");
    }
}
