//! What the measurements say: a table, JSON, and a chart.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::measure::{Measured, Sample};
use super::plan::Plan;
use crate::chart::{BLUE, Page, Panel, RED, Scale, Series, Shape};
use crate::span;

/// All strategies. Times are in milliseconds.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    plan: Plan,
    strategies: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    requests: usize,
    fetches: usize,
    waited: usize,
    failed: usize,
    first_ms: f64,
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
    /// Of the first request that failed.
    error: Option<String>,
}

impl Report {
    pub(super) fn new(plan: &Plan, measured: &[Measured]) -> Self {
        Self { plan: *plan, strategies: measured.iter().map(Row::new).collect() }
    }
}

impl Row {
    fn new(measured: &Measured) -> Self {
        let Measured { strategy, first, samples, fetches } = measured;
        let mut latencies: Vec<_> = samples.iter().map(|sample| sample.latency).collect();
        latencies.sort_unstable();
        let all = || samples.iter().chain([first]);
        Self {
            name: strategy.name.clone(),
            requests: samples.len(),
            fetches: *fetches,
            waited: samples.iter().filter(|sample| sample.waited).count(),
            failed: all().filter(|sample| sample.error.is_some()).count(),
            first_ms: millis(first.latency),
            p50_ms: millis(quantile(&latencies, 0.5)),
            p99_ms: millis(quantile(&latencies, 0.99)),
            max_ms: millis(quantile(&latencies, 1.0)),
            error: all().find_map(|sample| sample.error.clone()),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { requests, rps, latency } = self.plan;
        let [from, to] = [latency.from, latency.to].map(span::shown);
        let interval = span::shown(self.plan.interval());
        writeln!(
            f,
            "{requests} requests to each, {rps} a second; the issuer takes {from} to {to} for an \
             answer; a lifetime\nis {interval}, or {} validations. Without the first request, \
             which waits in any case:\n",
            self.plan.usages()
        )?;
        let wide = self.strategies.iter().map(|row| row.name.len()).max().unwrap_or_default();
        let columns = "fetches   waited   failed         p50         p99         max       first";
        write!(f, "{:wide$}  {columns}", "")?;
        for row in &self.strategies {
            write!(
                f,
                "\n{:wide$}  {:>7}  {:>7}  {:>7}",
                row.name, row.fetches, row.waited, row.failed
            )?;
            for time in [row.p50_ms, row.p99_ms, row.max_ms, row.first_ms] {
                write!(f, "  {:>7} ms", shown(time))?;
            }
        }
        for row in &self.strategies {
            if let Some(error) = &row.error {
                write!(f, "\n\n{}: the first failure: {error}", row.name)?;
            }
        }
        Ok(())
    }
}

/// A panel for each strategy, with the same axes.
pub(super) fn page(plan: &Plan, measured: &[Measured]) -> Page {
    let all = || measured.iter().flat_map(|it| it.samples.iter().chain([&it.first]));
    let until = all().map(|sample| sample.at).max().unwrap_or_default();
    let (least, most) = all().fold((f64::MAX, 0.0_f64), |(least, most), sample| {
        let latency = millis(sample.latency);
        (least.min(latency), most.max(latency))
    });
    let decade = |exponent: f64| 10_f64.powf(exponent.max(-6.0));
    let range = decade(least.log10().floor())..decade(most.max(0.001).log10().ceil());
    let panels = measured.iter().map(|measured| {
        let row = Row::new(measured);
        Panel {
            title: format!(
                "{}: {} fetches, {} of {} requests waited, {} failed",
                row.name, row.fetches, row.waited, row.requests, row.failed
            ),
            unit: "ms",
            scale: Scale::Log,
            range: range.clone(),
            series: series(&measured.samples, &measured.first),
        }
    });
    let [from, to] = [plan.latency.from, plan.latency.to].map(span::shown);
    Page {
        title: format!(
            "Latency of a validation, at {} requests a second; the issuer takes {from} to {to}",
            plan.rps
        ),
        until: until.as_secs_f64(),
        unit: "s",
        panels: panels.collect(),
    }
}

fn series(samples: &[Sample], first: &Sample) -> Vec<Series> {
    let some = |name, color, which: fn(&Sample) -> bool| {
        let chosen = [first].into_iter().chain(samples).filter(|sample| which(sample));
        let point = |it: &Sample| (it.at.as_secs_f64(), millis(it.latency));
        let points = chosen.map(point).collect();
        Series { name: Some(name), color, shape: Shape::Dots, points }
    };
    vec![
        some("at once", BLUE, |sample| !sample.waited && sample.error.is_none()),
        some("waited or failed", RED, |sample| sample.waited || sample.error.is_some()),
    ]
}

/// The latency that this part of all requests did not exceed.
fn quantile(sorted: &[Duration], part: f64) -> Duration {
    let rank = (sorted.len() as f64 * part).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

fn millis(span: Duration) -> f64 {
    // To the microsecond: what is below it, is noise.
    (span.as_secs_f64() * 1e6).round() / 1e3
}

fn shown(millis: f64) -> String {
    if millis < 10.0 { format!("{millis:.3}") } else { format!("{millis:.1}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_the_nearest_rank() {
        let sorted: Vec<_> = (1..=100).map(Duration::from_millis).collect();
        for (part, latency) in [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1)] {
            assert_eq!(quantile(&sorted, part), Duration::from_millis(latency));
        }
        assert_eq!(quantile(&[], 0.5), Duration::ZERO);
    }
}
