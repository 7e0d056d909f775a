//! What came of it, for people and for programs.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use super::plan::Plan;
use super::tally::{BIN, Load, Tally};

/// One scenario, with or without the shared store.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    scenario: &'static str,
    shared_store: bool,
    seconds: u64,
    /// At the issuer.
    whole: Load,
    settled_after_seconds: u64,
    settled: Load,
    requests: u64,
    waited: u64,
    failed: u64,
    /// Answers taken from the shared store.
    taken: u64,
    unknown_kid_for_ms: u64,
    bin_seconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    bins: Option<Vec<u32>>,
}

impl Row {
    pub(super) fn new(plan: &Plan, tally: &Tally, shared_store: bool, with_bins: bool) -> Self {
        Self {
            scenario: plan.scenario.name(),
            shared_store,
            seconds: plan.length.as_secs(),
            whole: tally.load(),
            settled_after_seconds: plan.settled.as_secs(),
            settled: tally.settled_load(),
            requests: tally.requests,
            waited: tally.waited,
            failed: tally.failed,
            taken: tally.taken,
            unknown_kid_for_ms: u64::try_from(tally.unknown_for.as_millis()).unwrap_or(u64::MAX),
            bin_seconds: BIN.as_secs(),
            bins: with_bins.then(|| tally.bins.clone()),
        }
    }
}

/// A table, with a line that says what its columns are.
pub(super) fn table(rows: &[Row]) -> String {
    let head = [
        "scenario",
        "store",
        "lasts",
        "fetches",
        "mean",
        "peak",
        "ratio",
        "from",
        "ratio",
        "waited",
        "failed",
        "unknown kid",
    ];
    let mut lines = vec![head.map(str::to_owned)];
    lines.extend(rows.iter().map(|row| {
        [
            row.scenario.to_owned(),
            if row.shared_store { "shared" } else { "-" }.to_owned(),
            span(row.seconds),
            row.whole.fetches.to_string(),
            format!("{:.1}", row.whole.mean),
            row.whole.peak.to_string(),
            format!("{:.2}", row.whole.peak_by_mean),
            span(row.settled_after_seconds),
            format!("{:.2}", row.settled.peak_by_mean),
            row.waited.to_string(),
            row.failed.to_string(),
            format!("{} ms", row.unknown_kid_for_ms),
        ]
    }));
    let width =
        |column: usize| lines.iter().filter_map(|line| line.get(column)).map(String::len).max();
    let mut text = String::new();
    for line in &lines {
        for (column, cell) in line.iter().enumerate() {
            let width = width(column).unwrap_or_default();
            // A text cannot fail to grow.
            let _ = match column {
                0 | 1 => write!(text, "{cell:<width$}  "),
                _ => write!(text, "{cell:>width$}  "),
            };
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

fn span(seconds: u64) -> String {
    humantime::format_duration(Duration::from_secs(seconds)).to_string().replace(' ', "")
}
