//! Background refresh off: whoever finds the lifetime over waits, with all beside.

use std::{thread, time::Instant};

use jwks_core::cache::EventKind;
use jwks_core::refresh::{Freshness, Policy, PolicyBuilder, Strategy};

use crate::{
    Stage,
    world::{LONG, Service, World, completed, failed, finished, lifetime, ms, waiting},
};
use jwks_testkit::{Gate, Reply};

pub(super) fn when_the_time_is_over_all_wait_for_one_fetch(stage: &Stage<'_>) {
    let world = stage.world();
    let service = stale(&world, lifetime(ms(300)));
    let token = world.token();
    let gate = Gate::new();
    world.issuer.next(Reply::published().held(&gate));
    let calls = waiting(16, || service.call(&token));
    // Who cannot wait uses the held set.
    service.try_verify(&token).unwrap();
    gate.open();
    assert!(finished(calls).iter().all(Result::is_ok));
    world.log.exactly(1, completed);
    world.never_two_at_once();
}

pub(super) fn exactly_so_many_usages_pass(stage: &Stage<'_>) {
    let world = stage.world();
    let policy = Policy::builder().strategy(Strategy::Usage).usages(5).background_refresh(false);
    let service = world.start(policy.min_refresh_interval(ms(1)).wait_budget(LONG));
    let token = world.token();
    pollster::block_on(service.cache().ready(LONG)).unwrap();
    let mut left = 5;
    for round in 1..=3 {
        // Until min_refresh_interval is over, and the driver has seen it, nobody waits.
        thread::sleep(ms(300));
        (0..left).for_each(|_| service.passes_at_once(&token));
        assert_eq!(world.issuer.fetches(), round);
        let gate = Gate::new();
        world.issuer.next(Reply::published().held(&gate));
        let calls = waiting(3, || service.call(&token));
        gate.open();
        assert!(finished(calls).iter().all(Result::is_ok));
        assert_eq!(world.issuer.fetches(), round + 1);
        left = 5 - 3;
    }
    world.never_two_at_once();
}

pub(super) fn a_fetch_that_fails_gives_all_the_stale_set(stage: &Stage<'_>) {
    let world = stage.world();
    let service = stale(&world, lifetime(ms(200)).retry(ms(2000), ms(2000)));
    let token = world.token();
    let gate = Gate::new();
    world.issuer.next(Reply::status(503).held(&gate));
    let calls = waiting(8, || service.call(&token));
    gate.open();
    assert!(finished(calls).iter().all(Result::is_ok));
    assert_eq!(world.issuer.fetches(), 2);
    world.log.exactly(1, failed);
    // From now on nobody waits. While callers ask, attempts are made beside them, after the pause.
    service.passes_at_once(&token);
    assert_eq!(world.issuer.fetches(), 2);
    let gate = Gate::new();
    world.issuer.next(Reply::published().held(&gate));
    let start = Instant::now();
    while world.issuer.fetches() < 3 {
        service.passes_at_once(&token);
        assert!(start.elapsed() < LONG, "the pause does not end");
        thread::sleep(ms(5));
    }
    service.passes_at_once(&token);
    gate.open();
    world.log.exactly(1, completed);
    world.never_two_at_once();
}

pub(super) fn who_has_no_time_gets_the_stale_set_alone(stage: &Stage<'_>) {
    let world = stage.world();
    let service = stale(&world, lifetime(ms(200)));
    let token = world.token();
    let gate = Gate::new();
    world.issuer.next(Reply::published().held(&gate));
    let patient = waiting(1, || service.call(&token));
    service.verify_within(&token, ms(50)).unwrap();
    assert_eq!(world.log.count(completed), 0, "before the fetch has ended");
    gate.open();
    assert!(finished(patient).iter().all(Result::is_ok));
    world.log.exactly(1, completed);
    world.never_two_at_once();
}

/// Loaded by a first caller; then the lifetime is over.
fn stale(world: &World<'_>, policy: PolicyBuilder) -> Service {
    let policy = policy.background_refresh(false).wait_budget(LONG).fetch_timeout(LONG);
    let service = world.start(policy);
    service.verify(&world.token()).unwrap();
    // The driver has seen it, so that uses wait from now on.
    world.log.wait_for(1, |event| matches!(event.kind(), EventKind::Stale { .. }));
    assert_eq!(service.status().freshness, Freshness::Stale);
    assert_eq!(world.issuer.fetches(), 1, "nothing is fetched unasked");
    service
}
