//! The harness: each scenario on each adapter is one test, and one table shows the results.

mod table;

use std::{
    panic::{self, AssertUnwindSafe},
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use libtest_mimic::{Arguments, Failed, Trial};

use self::table::{Outcome, Row};
use crate::{
    Adapter, Stage,
    scenarios::{ALL, Scenario},
};

/// Runs the suite on these adapters, as a test's `main`: the arguments are those of any Rust test
/// (`--help` lists them). Prints a table at the end when more than one scenario was run.
///
/// Without `--test-threads`, several scenarios run at a time even on a small machine, because they
/// mostly wait. A scenario that takes more than 30 s, many times what it needs, fails. Otherwise an
/// adapter that never wakes would block it for ever.
pub fn main(adapters: impl IntoIterator<Item = &'static dyn Adapter>) -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    let adapters: Vec<_> = adapters.into_iter().collect();
    let rows = Arc::new(Mutex::new(Vec::new()));
    let trials = adapters.iter().flat_map(|adapter| {
        let rows = &rows;
        ALL.iter().map(move |scenario| trial(*adapter, scenario, Arc::clone(rows)))
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    let rows = rows.lock().unwrap_or_else(PoisonError::into_inner);
    if rows.len() > 1 {
        table::print(&adapters, &rows);
    }
    conclusion.exit_code()
}

/// The name of each scenario, and how many requests it makes, on every adapter.
pub fn scenarios() -> impl Iterator<Item = (&'static str, usize)> {
    ALL.iter().map(|scenario| (scenario.name, scenario.requests))
}

/// Runs one scenario, for at most so long, and returns the number of its requests, or why it failed.
/// Use it to see that the suite notices a fault: give an adapter that has one.
///
/// # Errors
///
/// What [`main`] would print of a scenario that fails, or that there is no scenario of this name.
pub fn play(
    adapter: &'static dyn Adapter,
    scenario: &str,
    limit: Duration,
) -> Result<usize, String> {
    let found = ALL.iter().find(|it| it.name == scenario);
    run(adapter, found.ok_or_else(|| format!("there is no scenario {scenario}"))?, limit)
}

fn trial(
    adapter: &'static dyn Adapter,
    scenario: &'static Scenario,
    rows: Arc<Mutex<Vec<Row>>>,
) -> Trial {
    let ignored = scenario.needs.is_some_and(|need| !need.is_met_by(adapter));
    let name = format!("{}::{}", adapter.name(), scenario.name);
    let run = move || {
        let start = Instant::now();
        let outcome = run(adapter, scenario, LIMIT);
        let row = Row {
            adapter: adapter.name(),
            scenario: scenario.name,
            outcome: match &outcome {
                Ok(requests) => Outcome::Passed { requests: *requests },
                Err(_) => Outcome::Failed,
            },
            took: start.elapsed(),
        };
        rows.lock().unwrap_or_else(PoisonError::into_inner).push(row);
        outcome.map(|_| ()).map_err(Failed::from)
    };
    Trial::test(name, run).with_ignored_flag(ignored)
}

/// The number of requests, which the scenario prescribes; or why it failed.
fn run(
    adapter: &'static dyn Adapter,
    scenario: &'static Scenario,
    limit: Duration,
) -> Result<usize, String> {
    let name = format!("{} on {}", scenario.name, adapter.name());
    let told = |message: &str| format!("{name}: {message}");
    let (over, outcome) = mpsc::channel();
    // A separate thread, which can be left behind. Its name is part of what a panic prints.
    let run = move || {
        let stage = Stage::new(adapter).playing(scenario.name);
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| (scenario.run)(&stage)));
        // If the result comes late, nobody receives it.
        let _ = over.send(outcome.map(|()| stage.requests()));
    };
    thread::Builder::new()
        .name(name.clone())
        .spawn(run)
        .map_err(|error| told(&error.to_string()))?;
    match outcome.recv_timeout(limit) {
        Ok(Ok(requests)) if requests == scenario.requests => Ok(requests),
        Ok(Ok(requests)) => Err(told(&format!("{requests} requests, not {}", scenario.requests))),
        Ok(Err(panic)) => {
            let message = panic.downcast_ref::<String>().map(String::as_str);
            let message = message.or_else(|| panic.downcast_ref::<&str>().copied());
            Err(told(message.unwrap_or("a panic without a message")))
        }
        Err(_) => Err(told(&format!(
            "not over after {limit:?}; does the loop wake for `Driver::woken`, and is every reply sent?"
        ))),
    }
}

/// Far longer than any scenario takes, on a busy machine too.
const LIMIT: Duration = Duration::from_secs(30);

const THREADS: usize = 16;

#[cfg(test)]
mod tests {
    use std::{any::Any, collections::HashSet};

    use jwks_core::adapter::Drivers;

    use super::*;
    use crate::Roots;

    /// Runs nothing.
    struct Idle;

    impl Adapter for Idle {
        fn name(&self) -> &str {
            "idle"
        }

        fn start(&self, _: Drivers, _: &Roots) -> Box<dyn Any + Send> {
            Box::new(())
        }
    }

    #[test]
    fn a_failure_names_adapter_and_scenario() {
        const PASSES: Scenario = scenario(|_| (), 0);
        const PANICS: Scenario = scenario(|_| panic!("no keys"), 0);
        const MISCOUNTS: Scenario = scenario(|_| (), 2);
        const HANGS: Scenario = scenario(|_| thread::sleep(Duration::from_secs(60)), 0);
        let hangs = run(&Idle, &HANGS, Duration::from_millis(500));
        // A panic may take its time, to print where it was.
        let run = |scenario| run(&Idle, scenario, LIMIT);
        assert_eq!(run(&PASSES), Ok(0));
        assert_eq!(run(&PANICS).expect_err("a panic"), "a::b on idle: no keys");
        assert_eq!(run(&MISCOUNTS).expect_err("a miscount"), "a::b on idle: 0 requests, not 2");
        let told = hangs.expect_err("a hang");
        assert!(told.starts_with("a::b on idle: not over after 500ms; "), "{told}");
    }

    const fn scenario(run: fn(&Stage<'_>), requests: usize) -> Scenario {
        Scenario { name: "a::b", requests, needs: None, run }
    }

    #[test]
    fn every_scenario_has_a_name_of_its_own() {
        let names: HashSet<_> = scenarios().map(|(name, _)| name).collect();
        assert_eq!(names.len(), ALL.len());
    }
}
