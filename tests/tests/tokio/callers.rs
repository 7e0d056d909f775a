//! Callers who leave, or have little time.

use std::time::{Duration, Instant};

use jwks_core::verify::ErrorKind;
use jwks_tests::{Reply, Signer};
use jwks_tokio::{Policy, Registered};

use crate::world::{LONG, World, finished, ms, waiting};

#[test]
fn who_leaves_takes_nothing_from_the_others() {
    for background in [true, false] {
        let world = World::new();
        world.issuer.delay(ms(400));
        let service = world.start(Policy::builder().background_refresh(background));
        let token = world.token();
        let leader = waiting(1, || service.verifier.verify::<Registered>(&token));
        assert!(world.issuer.wait_for_fetches(1, LONG));
        let others = waiting(3, || service.verifier.verify::<Registered>(&token));
        drop(leader);
        assert!(finished(others).iter().all(Result::is_ok));
        assert_eq!((world.issuer.fetches(), world.issuer.max_open()), (1, 1), "{background}");
    }
}

#[test]
fn the_fetch_goes_on_when_all_have_left() {
    let world = World::new();
    world.issuer.delay(ms(200));
    let service = world.start(Policy::builder().background_refresh(false));
    let token = world.token();
    let calls = waiting(3, || service.verifier.verify::<Registered>(&token));
    assert!(world.issuer.wait_for_fetches(1, LONG));
    drop(calls);
    service.until(|status| status.healthy && status.waiting == 0);
    service.passes_at_once(&token);
    assert_eq!(world.issuer.fetches(), 1);
}

#[test]
fn who_leaves_before_the_driver_runs_asks_for_nothing() {
    let world = World::new();
    let (verifier, drivers) = world.prepare(Policy::builder().background_refresh(false));
    let token = world.token();
    drop(waiting(3, || verifier.verify::<Registered>(&token)));
    let _runner = crate::runner::Runner::start(drivers);
    std::thread::sleep(ms(100));
    assert_eq!(world.issuer.fetches(), 0);
}

#[test]
fn a_miss_that_leads_and_leaves() {
    let world = World::new();
    let service = world.loaded(Policy::builder());
    let next = Signer::es256("k2");
    world.issuer.publish(&[&world.key, &next]);
    world.issuer.delay(ms(300));
    let token = next.sign(&world.claims());
    let leader = waiting(1, || service.verifier.verify::<Registered>(&token));
    assert!(world.issuer.wait_for_fetches(2, LONG));
    let others = waiting(3, || service.verifier.verify::<Registered>(&token));
    drop(leader);
    assert!(finished(others).iter().all(Result::is_ok));
    assert_eq!((world.issuer.fetches(), world.issuer.max_open()), (2, 1));
}

#[test]
fn a_budget_shorter_than_the_fetch() {
    for background in [true, false] {
        let world = World::new();
        world.issuer.delay(ms(900));
        let service = world.start(Policy::builder().background_refresh(background));
        let token = world.token();
        let start = Instant::now();
        let call = service.verifier.verify_within::<Registered>(&token, ms(100));
        let error = pollster::block_on(call).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.is_retryable());
        assert!(start.elapsed() >= ms(95), "{:?}", start.elapsed());
        assert!(!service.status().healthy, "before the fetch has ended");
        service.verify(&token).unwrap();
        assert_eq!((world.issuer.fetches(), world.issuer.max_open()), (1, 1), "{background}");
    }
}

#[test]
fn a_miss_whose_budget_ends_is_undecided() {
    let world = World::new();
    let service = world.loaded(Policy::builder());
    world.issuer.next(Reply::published().delay(ms(900)));
    let token = jwks_tests::unknown_kid_token(&world.claims());
    let call = service.verifier.verify_within::<Registered>(&token, ms(100));
    let error = pollster::block_on(call).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownKid);
    assert!(error.is_retryable(), "the issuer has not answered yet");
    assert_eq!((world.issuer.fetches(), world.issuer.open()), (2, 1));
}

#[test]
fn no_budget_is_no_wait() {
    let world = World::new();
    world.issuer.delay(ms(300));
    let service = world.start(Policy::builder().wait_budget(Duration::ZERO));
    let error = service.at_once(&world.token()).expect("no wait").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    service.until(|status| status.healthy);
    service.passes_at_once(&world.token());
    assert_eq!(world.issuer.fetches(), 1);
}
