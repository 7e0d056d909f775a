//! What callers feel of refreshes, of strangers and of an outage.
//!
//! `cargo xtask bench --latency` runs it. A thousand tokens a second come at fixed times, however
//! long the ones before them take; a latency counts from the time at which the token was to come.
//! Each scene is run five times, in turns with the others. The lines are medians of the five:
//! `latency SCENE p50 … p99 … p99.9 …` in microseconds, and `ratio latency SCENE p99 / fixed keys`
//! of the same turn. `count SCENE …` are sums. `-- SECONDS` sets how long one run takes (default 4).

#![expect(clippy::print_stdout, reason = "what it is for")]
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed run")]

mod load;
mod scene;

use std::time::Duration;

use load::{Load, Run};
use scene::SCENES;

fn main() {
    let seconds = std::env::args().skip(1).find_map(|it| it.parse().ok()).unwrap_or(4);
    let load = Load { every: Duration::from_millis(1), number: seconds * 1_000 };
    let mut runs: Vec<Vec<Run>> = SCENES.iter().map(|_| Vec::new()).collect();
    for turn in 0..TURNS {
        for n in 0..SCENES.len() {
            // Who comes first in a turn does not matter on the whole.
            let at = (n + turn) % SCENES.len();
            runs[at].push(SCENES[at].run(load));
        }
    }
    for (scene, its) in SCENES.iter().zip(&runs) {
        let name = scene.name();
        let [p50, p99, p999] = [0.5, 0.99, 0.999]
            .map(|part| median(its.iter().map(|run| run.quantile(part).as_secs_f64() * 1e6)));
        println!("latency {name} p50 {p50:.0} p99 {p99:.0} p99.9 {p999:.0}");
        for (name_of, part) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)] {
            let ratio = |(run, fixed): (&Run, &Run)| {
                run.quantile(part).as_secs_f64() / fixed.quantile(part).as_secs_f64()
            };
            let ratio = median(its.iter().zip(&runs[0]).map(ratio));
            println!("ratio latency {name} {name_of} / fixed keys {ratio:.2}");
        }
        let sum = |of: fn(&Run) -> u64| its.iter().map(of).sum::<u64>();
        let (waits, failures) = (sum(|run| run.waits), sum(|run| run.failures));
        let (fetches, failed) = (sum(|run| run.fetches), sum(|run| run.failed_fetches));
        println!(
            "count {name}: {waits} waits, {failures} failures, {fetches} fetches, {failed} of them \
             failed"
        );
    }
}

const TURNS: usize = 5;

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
