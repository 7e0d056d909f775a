//! The end: of the handles, of the drivers, of the runtime.

use std::{
    thread,
    time::{Duration, Instant},
};

use jwks_core::{cache, verify::ErrorKind};
use jwks_tests::Reply;
use jwks_tokio::{Policy, Registered};
use tokio::runtime::Builder;

use crate::{
    log::stopped,
    world::{LONG, Outcome, World, at_once, lifetime, ms, waiting},
};

/// Longer than any test may take: a caller who waits it out has been forgotten.
pub(crate) const BUDGET: Duration = Duration::from_secs(60);

#[test]
fn when_the_last_handle_goes_the_driver_stops() {
    let world = World::new();
    let service = world.loaded(lifetime(ms(50)));
    let clone = service.verifier.clone();
    let cache = service.cache().clone();
    let (verifier, runner) = (service.verifier, service.runner);
    drop((verifier, clone));
    // A handle is left: refreshes go on.
    let fetches = world.issuer.fetches();
    assert!(world.issuer.wait_for_fetches(fetches + 2, LONG));
    assert_eq!(world.log.count(stopped), 0);
    drop(cache);
    world.log.wait_for(1, stopped);
    // A request may have been on its way.
    thread::sleep(ms(100));
    let fetches = world.issuer.fetches();
    thread::sleep(ms(300));
    assert_eq!(world.issuer.fetches(), fetches);
    assert_eq!((world.log.count(stopped), world.issuer.max_open()), (1, 1));
    drop(runner);
}

#[test]
fn also_while_a_fetch_hangs() {
    let world = World::new();
    world.issuer.always(Reply::hang());
    let service = world.start(Policy::builder().fetch_timeout(BUDGET));
    assert!(world.issuer.wait_for_fetches(1, LONG));
    let (verifier, runner) = (service.verifier, service.runner);
    drop(verifier);
    world.log.wait_for(1, stopped);
    assert!(world.issuer.wait_for_idle(LONG), "the fetch was not ended");
    assert_eq!(world.issuer.fetches(), 1);
    drop(runner);
}

#[test]
fn a_caller_who_waits_keeps_no_driver_alive_once_he_leaves() {
    let world = World::new();
    world.issuer.always(Reply::hang());
    let service = world.start(Policy::builder().fetch_timeout(BUDGET).wait_budget(BUDGET));
    let (verifier, runner, token) = (service.verifier, service.runner, world.token());
    let call = Box::pin(async move { verifier.verify::<Registered>(&token).await });
    let mut call = call;
    assert!(at_once(call.as_mut()).is_none());
    assert!(world.issuer.wait_for_fetches(1, LONG));
    assert_eq!(world.log.count(stopped), 0);
    drop(call);
    world.log.wait_for(1, stopped);
    assert!(world.issuer.wait_for_idle(LONG));
    drop(runner);
}

#[test]
fn when_the_runtime_ends_callers_elsewhere_are_told() {
    for background in [true, false] {
        let world = World::new();
        world.issuer.next(Reply::hang());
        let policy = Policy::builder().background_refresh(background).wait_budget(BUDGET);
        let service = world.start(policy.fetch_timeout(BUDGET));
        let token = world.token();
        let calls = waiting(4, || service.verifier.verify::<Registered>(&token));
        assert!(world.issuer.wait_for_fetches(1, LONG));
        let (verifier, runner) = (&service.verifier, service.runner);
        let elsewhere = Builder::new_current_thread().build().unwrap();
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (verifier, token) = (verifier.clone(), token.clone());
                thread::spawn(move || pollster::block_on(verifier.verify::<Registered>(&token)))
            })
            .collect();
        while verifier.status()[0].waiting < 8 {
            thread::sleep(ms(2));
        }
        let start = Instant::now();
        drop(runner);
        let outcomes = calls.into_iter().map(|call| elsewhere.block_on(call));
        let outcomes = outcomes.chain(threads.into_iter().map(|thread| thread.join().unwrap()));
        outcomes.for_each(|outcome| told_of_the_end(&outcome));
        // And so is who comes later.
        told_of_the_end(&pollster::block_on(verifier.verify::<Registered>(&token)));
        let later = pollster::block_on(verifier.caches().next().unwrap().refresh());
        assert_eq!(later.unwrap_err().kind(), cache::ErrorKind::Stopped);
        assert!(start.elapsed() < LONG);
        assert!(world.issuer.wait_for_idle(LONG));
        assert_eq!((world.issuer.fetches(), world.log.count(stopped)), (1, 1));
        assert!(verifier.status()[0].stopped && !verifier.status()[0].healthy);
    }
}

#[test]
fn keys_that_are_held_serve_on_without_a_driver() {
    for background in [true, false] {
        let world = World::new();
        let policy = lifetime(ms(200)).background_refresh(background);
        let service = world.loaded(policy);
        let (verifier, runner) = (service.verifier, service.runner);
        drop(runner);
        world.log.wait_for(1, stopped);
        thread::sleep(ms(300));
        at_once(verifier.verify::<Registered>(&world.token())).unwrap().unwrap();
        let stranger = jwks_tests::unknown_kid_token(&world.claims());
        let error = at_once(verifier.verify::<Registered>(&stranger)).unwrap().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Stopped | ErrorKind::UnknownKid));
        verifier.caches().next().unwrap().invalidate();
        told_of_the_end(&at_once(verifier.verify::<Registered>(&world.token())).unwrap());
    }
}

pub(crate) fn told_of_the_end(outcome: &Outcome) {
    let error = outcome.as_ref().expect_err("no driver");
    assert_eq!(error.kind(), ErrorKind::Stopped);
    let cause = std::error::Error::source(error).expect("the cache's error");
    let cause = cause.downcast_ref::<cache::Error>().expect("the cache's error");
    assert_eq!(cause.kind(), cache::ErrorKind::Stopped);
}
