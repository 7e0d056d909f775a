//! What came of it: a row for each scenario, a column for each adapter.

use std::{fmt::Write, time::Duration};

use crate::{Adapter, scenarios::ALL};

/// One scenario on one adapter.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) adapter: &'static str,
    pub(super) scenario: &'static str,
    pub(super) outcome: Outcome,
    pub(super) took: Duration,
}

#[derive(Debug)]
pub(super) enum Outcome {
    Failed,
    Passed { requests: usize },
}

#[expect(clippy::print_stdout, reason = "the harness of a test prints")]
pub(super) fn print(adapters: &[&'static dyn Adapter], rows: &[Row]) {
    let names: Vec<_> = adapters.iter().map(|adapter| adapter.name()).collect();
    print!("{}", text(&names, rows));
}

fn text(adapters: &[&str], rows: &[Row]) -> String {
    let mut text = String::from("requests, and seconds, by scenario and adapter\n\n| scenario |");
    adapters.iter().for_each(|name| put(&mut text, format_args!(" {name} |")));
    text.push_str("\n|---|");
    adapters.iter().for_each(|_| text.push_str("---|"));
    for scenario in ALL.iter().filter(|it| rows.iter().any(|row| row.scenario == it.name)) {
        put(&mut text, format_args!("\n| {} |", scenario.name));
        for name in adapters {
            let row = rows.iter().find(|row| row.adapter == *name && row.scenario == scenario.name);
            match row.map(|row| (&row.outcome, row.took.as_secs_f64())) {
                None => text.push_str(" – |"),
                Some((Outcome::Failed, _)) => text.push_str(" FAILED |"),
                Some((Outcome::Passed { requests }, took)) => {
                    put(&mut text, format_args!(" {requests}, {took:.1} s |"));
                }
            }
        }
    }
    text.push('\n');
    text
}

fn put(text: &mut String, what: std::fmt::Arguments<'_>) {
    // A string takes all that it is given.
    let _ = text.write_fmt(what);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_for_each_scenario_that_ran() {
        let scenario = ALL[0].name;
        let row = |adapter, outcome| Row {
            adapter,
            scenario,
            outcome,
            took: Duration::from_millis(1_240),
        };
        let rows = [row("a", Outcome::Passed { requests: 3 }), row("b", Outcome::Failed)];
        let text = text(&["a", "b", "c"], &rows);
        let line = format!("| {scenario} | 3, 1.2 s | FAILED | – |");
        assert_eq!(
            text.lines().skip(2).collect::<Vec<_>>(),
            ["| scenario | a | b | c |", "|---|---|---|---|", &line]
        );
    }
}
