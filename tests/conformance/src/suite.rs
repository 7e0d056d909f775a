//! The harness: each scenario on each adapter is one test, and what came of them one table.

mod table;

use std::{
    panic::{self, AssertUnwindSafe},
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
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
/// Without `--test-threads`, several scenarios run at a time even on a small machine, since they
/// wait more than they work.
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

/// The scenarios: each one's name, and how many requests it makes, on every adapter.
pub fn scenarios() -> impl Iterator<Item = (&'static str, usize)> {
    ALL.iter().map(|scenario| (scenario.name, scenario.requests))
}

fn trial(
    adapter: &'static dyn Adapter,
    scenario: &'static Scenario,
    rows: Arc<Mutex<Vec<Row>>>,
) -> Trial {
    let ignored = scenario.interrupts && !adapter.interruptible();
    let name = format!("{}::{}", adapter.name(), scenario.name);
    let run = move || {
        let start = Instant::now();
        let outcome = run(adapter, scenario);
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

/// How many requests were made, which is as many as the scenario says; or why it failed.
fn run(adapter: &dyn Adapter, scenario: &Scenario) -> Result<usize, String> {
    let stage = Stage::new(adapter);
    let told = |message: &str| format!("{} on {}: {message}", scenario.name, adapter.name());
    panic::catch_unwind(AssertUnwindSafe(|| (scenario.run)(&stage))).map_err(|panic| {
        let message = panic.downcast_ref::<String>().map(String::as_str);
        let message = message.or_else(|| panic.downcast_ref::<&str>().copied());
        told(message.unwrap_or("a panic without a message"))
    })?;
    match stage.requests() {
        requests if requests == scenario.requests => Ok(requests),
        requests => Err(told(&format!("{requests} requests, not {}", scenario.requests))),
    }
}

const THREADS: usize = 8;

#[cfg(test)]
mod tests {
    use std::{any::Any, collections::HashSet};

    use jwks_core::cache::Driver;

    use super::*;
    use crate::Roots;

    /// Runs nothing.
    struct Idle;

    impl Adapter for Idle {
        fn name(&self) -> &str {
            "idle"
        }

        fn start(&self, _: Vec<Driver>, _: &Roots) -> Box<dyn Any + Send> {
            Box::new(())
        }
    }

    #[test]
    fn a_failure_names_adapter_and_scenario() {
        let scenario = |run: fn(&Stage<'_>), requests| Scenario {
            name: "a::b",
            requests,
            interrupts: false,
            run,
        };
        assert_eq!(run(&Idle, &scenario(|_| (), 0)), Ok(0));
        let told = run(&Idle, &scenario(|_| panic!("no keys"), 0)).expect_err("a panic");
        assert_eq!(told, "a::b on idle: no keys");
        let told = run(&Idle, &scenario(|_| (), 2)).expect_err("a miscount");
        assert_eq!(told, "a::b on idle: 0 requests, not 2");
    }

    #[test]
    fn every_scenario_has_a_name_of_its_own() {
        let names: HashSet<_> = scenarios().map(|(name, _)| name).collect();
        assert_eq!(names.len(), ALL.len());
    }
}
