//! One run of the program in callgrind: a name and a count for each call of its `counted`.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::process::Step;

/// Of the program that cargo built last in `folder`.
pub(super) fn count(folder: &Path, name: &str) -> Result<Vec<(String, u64)>> {
    let dumps = folder.join("callgrind").join(name);
    if dumps.exists() {
        fs::remove_dir_all(&dumps).context("cannot remove the last counts")?;
    }
    fs::create_dir_all(&dumps).context("cannot make a folder for the counts")?;
    let names = Step::program(
        "valgrind",
        [
            "--tool=callgrind",
            "--quiet",
            "--collect-atstart=no",
            &format!("--toggle-collect={COUNTED}"),
            &format!("--dump-after={COUNTED}"),
            &format!("--callgrind-out-file={}", dumps.join("out").display()),
            &folder.join("release").join("jwks-counts").display().to_string(),
        ],
    )
    .read()?;
    (1..)
        .zip(names.lines())
        .map(|(n, name)| {
            let path = dumps.join(format!("out.{n}"));
            let dump = fs::read_to_string(&path)
                .with_context(|| format!("callgrind counted nothing for {name}"))?;
            Ok((name.to_owned(), total(&dump)?))
        })
        .collect()
}

/// The line `totals: N`.
fn total(dump: &str) -> Result<u64> {
    let Some(number) = dump.lines().find_map(|line| line.strip_prefix("totals: ")) else {
        bail!("callgrind's file has no totals");
    };
    number.trim().parse().context("callgrind's totals are no number")
}

const COUNTED: &str = "jwks_counts::counted";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_read() {
        assert_eq!(total("events: Ir\nsummary: 7\n\ntotals: 41882078\n").ok(), Some(41_882_078));
        assert!(total("events: Ir\nsummary: 7\n").is_err());
        assert!(total("totals: many\n").is_err());
    }
}
