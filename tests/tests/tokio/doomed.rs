//! Runtimes that end while everything is under way: nobody hangs, and nothing panics.

use std::{
    panic,
    sync::{
        Once,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use jwks_conformance::world::{FOREVER, Outcome, assert_stopped, lifetime, ms, waiting};
use jwks_core::adapter::Drivers;
use jwks_testkit::Reply;
use jwks_tokio::{Client, Policy, Registered, Starter, client_builder};
use tokio::runtime::{Builder, Runtime};

use crate::world;

#[test]
fn no_panic_in_a_runtime_that_ends() {
    count_panics();
    let world = world();
    let client = client_builder().build().unwrap();
    for round in 0..60 {
        world.issuer.next(match round % 3 {
            0 => Reply::hang(),
            1 => Reply::published().delay(ms(round % 7)),
            _ => Reply::status(503),
        });
        let policy = lifetime(ms(5)).retry(ms(1), ms(4)).background_refresh(round % 4 != 3);
        let policy = policy.fetch_timeout(ms(20)).wait_budget(FOREVER);
        let (verifier, drivers) = world.prepare(policy);
        let token = world.token();
        let early = waiting(2, || verifier.verify::<Registered>(&token));
        let doomed = doomed(round, drivers, client.clone());
        for call in early {
            ended(&pollster::block_on(call));
        }
        // Beside the end, and after it.
        while !doomed.is_finished() {
            ended(&pollster::block_on(verifier.verify::<Registered>(&token)));
        }
        doomed.join().unwrap();
        ended(&pollster::block_on(verifier.verify::<Registered>(&token)));
    }
    assert_eq!(PANICS.load(Ordering::Relaxed), 0);
}

#[test]
fn starting_in_a_runtime_that_ends_is_no_panic() {
    count_panics();
    for current_thread in [true, false] {
        let world = world();
        let (verifier, drivers) = world.prepare(Policy::builder());
        let runtime = runtime(current_thread);
        let late = Late(Some(drivers));
        runtime.spawn(async move {
            let _late = late;
            std::future::pending::<()>().await;
        });
        drop(runtime);
        assert_stopped(&pollster::block_on(verifier.verify::<Registered>(&world.token())));
        assert_eq!(world.issuer.fetches(), 0);
    }
    assert_eq!(PANICS.load(Ordering::Relaxed), 0);
}

/// Starts its drivers when it is dropped, which the runtime's end does.
struct Late(Option<Drivers>);

impl Drop for Late {
    fn drop(&mut self) {
        // It ends, so it may say that there is none, and never panics.
        drop(self.0.take().map(jwks_tokio::start));
    }
}

/// Runs the drivers for some milliseconds, then ends the runtime in one of three ways.
fn doomed(round: u64, drivers: Drivers, client: Client) -> thread::JoinHandle<()> {
    let run = move || {
        let runtime = runtime(round.is_multiple_of(2));
        runtime.block_on(async {
            Starter::new().client(client).start(drivers).expect("inside of a runtime");
            tokio::time::sleep(ms(round % 23)).await;
        });
        match round % 5 {
            0 | 1 => drop(runtime),
            2 | 3 => runtime.shutdown_background(),
            _ => runtime.shutdown_timeout(ms(10)),
        }
    };
    thread::Builder::new().name(DOOMED.to_owned()).spawn(run).expect("a thread")
}

fn runtime(current_thread: bool) -> Runtime {
    let mut builder = match current_thread {
        true => Builder::new_current_thread(),
        false => Builder::new_multi_thread(),
    };
    builder.worker_threads(2).thread_name(DOOMED).enable_all().build().expect("a runtime")
}

/// Served while it lasted, or told of the end.
fn ended(outcome: &Outcome) {
    if outcome.is_err() {
        assert_stopped(outcome);
    }
}

/// Counts the panics of threads named [`DOOMED`], which tokio would swallow.
fn count_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if thread::current().name() == Some(DOOMED) {
                PANICS.fetch_add(1, Ordering::Relaxed);
            }
            usual(info);
        }));
    });
}

const DOOMED: &str = "doomed";
static PANICS: AtomicUsize = AtomicUsize::new(0);
