//! The first keys.

use std::{sync::Barrier, thread};

use jwks_core::verify::ErrorKind;
use jwks_tests::Reply;
use jwks_tokio::{Policy, Registered};

use crate::{
    runner::Runner,
    world::{LONG, World, at_once, finished, ms, waiting},
};

#[test]
fn many_first_requests_make_one_fetch() {
    for background in [true, false] {
        let world = World::new();
        world.issuer.delay(ms(100));
        let policy = Policy::builder().background_refresh(background);
        let (verifier, drivers) = world.prepare(policy);
        let token = world.token();
        // All wait before the driver runs, so that none comes after the load.
        let calls = waiting(64, || verifier.verify::<Registered>(&token));
        let _runner = Runner::start(drivers);
        assert!(finished(calls).iter().all(Result::is_ok));
        assert_eq!((world.issuer.fetches(), world.issuer.max_open()), (1, 1), "{background}");
        at_once(verifier.verify::<Registered>(&token)).unwrap().unwrap();
    }
}

#[test]
fn many_first_threads_make_one_fetch() {
    for background in [true, false] {
        let world = World::new();
        world.issuer.delay(ms(200));
        let service = world.start(Policy::builder().background_refresh(background));
        let (token, barrier) = (world.token(), Barrier::new(64));
        thread::scope(|scope| {
            for _ in 0..64 {
                scope.spawn(|| {
                    barrier.wait();
                    service.verify(&token).unwrap();
                });
            }
        });
        assert_eq!((world.issuer.fetches(), world.issuer.max_open()), (1, 1), "{background}");
    }
}

#[test]
fn with_background_refresh_the_first_load_needs_no_caller() {
    let world = World::new();
    let service = world.start(Policy::builder());
    assert!(world.issuer.wait_for_fetches(1, LONG));
    service.until(|status| status.healthy);
    service.passes_at_once(&world.token());
    assert_eq!(world.issuer.fetches(), 1);
}

#[test]
fn without_it_nothing_is_fetched_until_somebody_asks() {
    let world = World::new();
    let service = world.start(Policy::builder().background_refresh(false));
    thread::sleep(ms(100));
    assert_eq!(world.issuer.fetches(), 0);
    // The synchronous call asks, and does not wait.
    let error = service.verifier.try_verify::<Registered>(&world.token()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.is_retryable() && !error.is_caller_fault());
    service.until(|status| status.healthy);
    service.verifier.try_verify::<Registered>(&world.token()).unwrap();
    assert_eq!(world.issuer.fetches(), 1);
}

#[test]
fn callers_wait_through_retries() {
    for background in [true, false] {
        let world = World::new();
        world.issuer.next(Reply::status(503));
        world.issuer.next(Reply::reset());
        let policy = Policy::builder().background_refresh(background).retry(ms(50), ms(100));
        let service = world.start(policy.wait_budget(LONG));
        service.verify(&world.token()).unwrap();
        assert_eq!((world.issuer.fetches(), world.issuer.max_open()), (3, 1), "{background}");
    }
}

#[test]
fn without_background_refresh_retries_stop_when_nobody_waits() {
    let world = World::new();
    world.issuer.always(Reply::status(503));
    let policy = Policy::builder().background_refresh(false).retry(ms(100), ms(100));
    let service = world.start(policy);
    let token = world.token();
    let error = pollster::block_on(service.verifier.verify_within::<Registered>(&token, ms(20)));
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Unavailable);
    thread::sleep(ms(400));
    assert_eq!(world.issuer.fetches(), 1);
}
