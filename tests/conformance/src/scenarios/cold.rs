//! The first keys.

use std::{sync::Barrier, thread, time::Duration};

use jwks_core::{
    refresh::Policy,
    verify::{ErrorKind, Registered},
};

use crate::{
    Stage,
    world::{LONG, at_once, finished, ms, waiting},
};
use jwks_testkit::{Gate, Reply};

pub(super) fn the_first_load_needs_no_caller(stage: &Stage<'_>) {
    let world = stage.world();
    let service = world.start(Policy::builder());
    assert!(world.issuer.wait_for_fetches(1, LONG));
    service.until(|status| status.healthy);
    service.passes_at_once(&world.token());
}

pub(super) fn nothing_is_fetched_until_somebody_asks(stage: &Stage<'_>) {
    let world = stage.world();
    let service = world.start(Policy::builder().background_refresh(false));
    thread::sleep(ms(100));
    assert_eq!(world.issuer.fetches(), 0);
    // The synchronous call asks, and does not wait.
    let error = service.try_verify(&world.token()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.is_retryable() && !error.is_caller_fault());
    service.until(|status| status.healthy);
    service.try_verify(&world.token()).unwrap();
}

pub(super) fn many_first_callers_share_one_fetch(stage: &Stage<'_>) {
    for background in [true, false] {
        let world = stage.world();
        let (verifier, drivers) =
            world.prepare(Policy::builder().background_refresh(background).wait_budget(LONG));
        let token = world.token();
        // All wait before the driver runs, so that none comes after the load.
        let calls = waiting(64, || verifier.verify::<Registered>(&token));
        let service = world.run(verifier.clone(), drivers);
        assert!(finished(calls).iter().all(Result::is_ok));
        assert_eq!(world.issuer.fetches(), 1, "background {background}");
        at_once(service.call(&token)).unwrap().unwrap();
    }
}

pub(super) fn many_first_threads_share_one_fetch(stage: &Stage<'_>) {
    for background in [true, false] {
        let world = stage.world();
        let gate = Gate::new();
        world.issuer.next(Reply::published().held(&gate));
        let policy = Policy::builder().background_refresh(background).wait_budget(LONG);
        let service = world.start(policy.fetch_timeout(LONG));
        let (token, barrier) = (world.token(), Barrier::new(64));
        thread::scope(|scope| {
            for _ in 0..64 {
                scope.spawn(|| {
                    barrier.wait();
                    service.verify(&token).unwrap();
                });
            }
            service.until(|status| status.waiting == 64);
            gate.open();
        });
        assert_eq!(world.issuer.fetches(), 1, "background {background}");
        world.never_two_at_once();
    }
}

pub(super) fn callers_wait_through_retries(stage: &Stage<'_>) {
    for background in [true, false] {
        let world = stage.world();
        world.issuer.next(Reply::status(503));
        world.issuer.next(Reply::reset());
        let policy = Policy::builder().background_refresh(background).retry(ms(50), ms(100));
        let service = world.start(policy.wait_budget(LONG));
        service.verify(&world.token()).unwrap();
        assert_eq!(world.issuer.fetches(), 3, "background {background}");
        world.never_two_at_once();
    }
}

/// The attempt and the caller's budget end at about the same time.
pub(super) fn a_silent_issuer_is_told_to_the_first_caller(stage: &Stage<'_>) {
    let world = stage.world();
    world.issuer.always(Reply::hang());
    let policy = Policy::builder().fetch_timeout(ms(700)).retry(LONG, LONG);
    let service = world.start(policy.wait_budget(ms(700)));
    let error = service.verify(&world.token()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.last_failure().expect("the failure of the fetch").is_timeout(), "{error}");
    assert!(error.retry_at().is_some());
}

pub(super) fn a_timeout_beyond_all_clocks(stage: &Stage<'_>) {
    let world = stage.world();
    let policy = Policy::builder().background_refresh(false).fetch_timeout(Duration::MAX);
    let service = world.start(policy.wait_budget(Duration::MAX));
    service.verify(&world.token()).unwrap();
}

pub(super) fn retries_stop_when_nobody_waits(stage: &Stage<'_>) {
    let world = stage.world();
    let gate = Gate::new();
    world.issuer.always(Reply::status(503).held(&gate));
    let policy = Policy::builder().background_refresh(false).retry(ms(100), ms(100));
    let service = world.start(policy.fetch_timeout(LONG).wait_budget(LONG));
    let token = world.token();
    let calls = waiting(2, || service.call(&token));
    assert!(world.issuer.wait_for_fetches(1, LONG));
    drop(calls);
    gate.open();
    service.until(|status| status.failures == 1);
    thread::sleep(ms(400));
    assert_eq!(service.status().waiting, 0);
}
