//! Background refresh off: who finds the lifetime over waits, with all beside him.

use std::{thread, time::Instant};

use jwks_core::refresh::Freshness;
use jwks_tests::Reply;
use jwks_tokio::{Policy, Registered, Strategy};

use crate::{
    log::{completed, failed},
    world::{LONG, Service, World, finished, lifetime, ms, waiting},
};

#[test]
fn when_the_time_is_over_all_wait_for_one_fetch() {
    let world = World::new();
    let service = cold(&world, lifetime(ms(300)));
    let token = world.token();
    service.verify(&token).unwrap();
    service.until(|status| status.freshness == Freshness::Stale);
    assert_eq!(world.issuer.fetches(), 1, "nothing is fetched unasked");
    world.issuer.next(Reply::published().delay(ms(400)));
    let calls = waiting(16, || service.verifier.verify::<Registered>(&token));
    // Who cannot wait uses the held set.
    service.verifier.try_verify::<Registered>(&token).unwrap();
    assert!(finished(calls).iter().all(Result::is_ok));
    assert_eq!((world.issuer.fetches(), world.issuer.max_open()), (2, 1));
    assert_eq!(world.log.count(completed), 1);
}

#[test]
fn exactly_so_many_usages_pass() {
    let world = World::new();
    let policy = Policy::builder().strategy(Strategy::Usage).usages(5);
    let service = cold(&world, policy.min_refresh_interval(ms(1)));
    let token = world.token();
    pollster::block_on(service.cache().ready(LONG)).unwrap();
    let mut left = 5;
    for round in 1..=3 {
        // Until min_refresh_interval is over, and the driver has seen it, nobody waits.
        thread::sleep(ms(200));
        (0..left).for_each(|_| service.passes_at_once(&token));
        assert_eq!(world.issuer.fetches(), round);
        world.issuer.next(Reply::published().delay(ms(200)));
        let calls = waiting(3, || service.verifier.verify::<Registered>(&token));
        assert!(finished(calls).iter().all(Result::is_ok));
        assert_eq!(world.issuer.fetches(), round + 1);
        left = 5 - 3;
    }
    assert_eq!(world.issuer.max_open(), 1);
}

#[test]
fn a_fetch_that_fails_gives_the_stale_set_to_all() {
    let world = World::new();
    let service = cold(&world, lifetime(ms(200)).retry(ms(800), ms(800)));
    let token = world.token();
    service.verify(&token).unwrap();
    service.until(|status| status.freshness == Freshness::Stale);
    world.issuer.next(Reply::status(503).delay(ms(300)));
    let calls = waiting(8, || service.verifier.verify::<Registered>(&token));
    assert!(finished(calls).iter().all(Result::is_ok));
    assert_eq!((world.issuer.fetches(), world.log.count(failed)), (2, 1));
    // Until the pause ends nobody waits, and nothing is fetched.
    service.passes_at_once(&token);
    assert_eq!(world.issuer.fetches(), 2);
    let start = Instant::now();
    loop {
        let mut call = Box::pin(service.verifier.verify::<Registered>(&token));
        if crate::world::at_once(call.as_mut()).is_none() {
            pollster::block_on(call).unwrap();
            break;
        }
        assert!(start.elapsed() < LONG, "the pause does not end");
        thread::sleep(ms(5));
    }
    assert_eq!((world.issuer.fetches(), world.issuer.max_open()), (3, 1));
    assert_eq!(world.log.count(completed), 1);
}

#[test]
fn a_caller_whose_own_budget_ends_gets_the_stale_set_alone() {
    let world = World::new();
    let service = cold(&world, lifetime(ms(200)));
    let token = world.token();
    service.verify(&token).unwrap();
    service.until(|status| status.freshness == Freshness::Stale);
    world.issuer.next(Reply::published().delay(ms(900)));
    let patient = waiting(1, || service.verifier.verify::<Registered>(&token));
    let hasty = waiting(1, || service.verifier.verify_within::<Registered>(&token, ms(50)));
    assert!(finished(hasty).iter().all(Result::is_ok));
    assert_eq!(world.log.count(completed), 0, "before the fetch has ended");
    assert!(finished(patient).iter().all(Result::is_ok));
    assert_eq!(world.log.count(completed), 1);
    assert_eq!((world.issuer.fetches(), world.issuer.max_open()), (2, 1));
}

fn cold(world: &World, policy: jwks_core::refresh::PolicyBuilder) -> Service {
    world.start(policy.background_refresh(false))
}
