//! The metrics over time, in the form that `promtool test rules` reads.

use std::fmt::Write as _;
use std::time::Duration;

use super::metrics::{Sample, names};
use super::plan::Plan;

/// The tests' common part.
pub(super) fn header(command: &str) -> String {
    format!(
        "# Made by: {command}\n\
         # The metrics of one instance, on a clock that starts at 0. Add `rule_files`, and to each test\n\
         # its `alert_rule_test`.\n\
         tests:\n"
    )
}

/// One scenario, as an entry of `tests`.
pub(super) fn test(name: &str, plan: &Plan, every: Duration, samples: &[Sample]) -> String {
    let mut text = String::new();
    // A text cannot fail to grow.
    let _ = writeln!(text, "  - name: {name}");
    for (at, what) in plan.story() {
        let at = Duration::from_secs(at.since_origin().as_secs());
        let _ = writeln!(text, "    # {}: {what}", humantime::format_duration(at));
    }
    let every = humantime::format_duration(every).to_string().replace(' ', "");
    let _ = writeln!(text, "    interval: {every}");
    let _ = writeln!(text, "    input_series:");
    for (place, name) in names().into_iter().enumerate() {
        let values = samples.iter().filter_map(|sample| sample.values.get(place).copied());
        let _ = writeln!(text, "      - series: '{name}'");
        let _ = writeln!(text, "        values: '{}'", notation(values));
    }
    text
}

/// `4x2` is 4 three times, `4+1x2` is 4 5 6.
fn notation(values: impl Iterator<Item = f64>) -> String {
    let values: Vec<_> = values.map(|value| (value * 1000.0).round() / 1000.0).collect();
    let mut parts = Vec::new();
    let mut rest = values.as_slice();
    while let [first, later @ ..] = rest {
        let step = later.first().map(|second| second - first);
        let mut before = *first;
        let same = later.iter().take_while(|&&value| {
            let goes_on = step.is_some_and(|step| value - before == step);
            before = value;
            goes_on
        });
        let run = same.count();
        match step {
            Some(step) if run > 1 && step == 0.0 => parts.push(format!("{first}x{run}")),
            Some(step) if run > 1 && step.fract() == 0.0 && first.fract() == 0.0 => {
                parts.push(format!("{first}{step:+}x{run}"));
            }
            _ => {
                parts.push(first.to_string());
                rest = later;
                continue;
            }
        }
        rest = later.get(run..).unwrap_or_default();
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_written_short() {
        for (values, text) in [
            (&[][..], ""),
            (&[7.0], "7"),
            (&[0.0, 0.0, 0.0], "0x2"),
            (&[0.0, 0.0, 1.0, 2.0, 3.0, 3.0, 3.0], "0 0+1x3 3 3"),
            (&[5.0, 5.0], "5 5"),
            (&[1.5, 1.5, 1.5, 9.0], "1.5x2 9"),
            (&[9.0, 6.0, 3.0], "9-3x2"),
            (&[0.0004, 0.25], "0 0.25"),
        ] {
            assert_eq!(notation(values.iter().copied()), text);
        }
    }
}
