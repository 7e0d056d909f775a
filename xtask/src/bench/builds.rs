//! What it takes to build a program that validates one token.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::process::{Step, target};

/// Our program, and two peers' that also use reqwest, rustls and aws-lc-rs.
const PROGRAMS: [&str; 3] = ["ours", "jwks-client", "tower-oauth2"];

pub(super) fn run() -> Result<()> {
    for program in PROGRAMS {
        // Fetched, so that no download is in the time.
        let tree = ["tree", "--locked", "--package=jwks-minimal", "--features", program];
        let format = ["--edges=normal,build", "--prefix=none", "--format={p}"];
        let tree = Step::cargo(tree.into_iter().chain(format)).within("tests/bench").read()?;
        println!("crates {program} {}", crates(&tree));

        let folder = target().join("bench").join("from-nothing");
        if folder.exists() {
            fs::remove_dir_all(&folder).context("cannot remove the last build")?;
        }
        let (begin, spent) = (Instant::now(), children());
        Step::cargo(["build", "--quiet", "--release", "--locked", "--package=jwks-minimal"])
            .arguments(["--features", program, "--bin", program])
            .within("tests/bench")
            .target(&folder)
            .run()?;
        println!("seconds {program} {:.1}", begin.elapsed().as_secs_f64());
        if let (Some(before), Some(after)) = (spent, children()) {
            let spent = after.saturating_sub(before);
            println!("processor-seconds {program} {:.1}", spent.as_secs_f64());
        }
        let path = folder.join("release").join(program);
        let size = fs::metadata(path).context("the program is not there")?.len();
        println!("bytes {program} {size}");
        fs::remove_dir_all(&folder).context("cannot remove the build")?;
    }
    Ok(())
}

/// Those of others: each once, though `cargo tree` names some again, and the program itself not.
fn crates(tree: &str) -> usize {
    let lines = tree.lines().map(|line| line.trim_end_matches(" (*)"));
    let lines = lines.map(|line| line.trim_end_matches(" (proc-macro)"));
    lines.filter(|it| !it.is_empty()).collect::<BTreeSet<_>>().len().saturating_sub(1)
}

/// The time that processors have spent on our children which have ended, where Linux tells it.
fn children() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // After the name, which may hold anything, come 13 more fields; then these two, in hundredths.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(13);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some(Duration::from_millis((ticks()? + ticks()?) * 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_crate_counts_once() {
        let tree = "jwks-minimal v0.1.0 (/a)\nserde v1.0.0\nserde_derive v1.0.0 (proc-macro)\n\
                    serde v1.0.0 (*)\nserde_derive v1.0.0 (proc-macro) (*)\nserde v0.9.0\n";
        assert_eq!(crates(tree), 3);
    }
}
