//! Refresh and invalidation by hand, and keys that are withdrawn.

use std::{thread, time::Duration};

use jwks_core::verify::ErrorKind;
use jwks_tests::{Reply, Signer};
use jwks_tokio::{Event, Policy, Registered};

use crate::{
    log::completed,
    world::{LONG, World, finished, lifetime, ms, waiting},
};

#[test]
fn a_key_that_is_gone_is_gone_at_once() {
    let world = World::new();
    let next = Signer::rs256_shared(0, "k2");
    world.issuer.publish(&[&world.key, &next]);
    let service = world.loaded(Policy::builder());
    let (old, new) = (world.token(), next.sign(&world.claims()));
    service.passes_at_once(&old);
    service.passes_at_once(&new);
    world.issuer.publish(&[&next]);
    pollster::block_on(service.cache().refresh()).unwrap();
    let error = service.verifier.try_verify::<Registered>(&old).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownKid);
    assert_eq!(service.verify(&old).unwrap_err().kind(), ErrorKind::UnknownKid);
    service.passes_at_once(&new);
    let removed = |event: &Event| match event {
        Event::RefreshCompleted { diff, .. } => diff.removed.len() == 1 && diff.added.is_empty(),
        _ => false,
    };
    assert_eq!(world.log.count(removed), 1);
    // The load, the refresh, and one for the kid that was no longer known.
    assert_eq!((world.issuer.fetches(), world.issuer.max_open()), (3, 1));
}

#[test]
fn the_same_kid_with_new_material_is_replaced_and_reported() {
    let world = World::new();
    let service = world.loaded(Policy::builder());
    let old = world.token();
    let next = Signer::es256("k1");
    world.issuer.publish(&[&next]);
    pollster::block_on(service.cache().refresh()).unwrap();
    let error = service.at_once(&old).expect("no wait").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidSignature);
    service.passes_at_once(&next.sign(&world.claims()));
    assert_eq!(world.log.count(|event| matches!(event, Event::KeyReplaced { .. })), 1);
    assert_eq!(world.issuer.fetches(), 2);
}

#[test]
fn invalidation_during_a_slow_fetch() {
    let world = World::new();
    world.issuer.always(Reply::published().tagged());
    let service = world.loaded(lifetime(ms(600)));
    // The slow answer carries the key that is about to be withdrawn.
    world.issuer.delay(ms(600));
    assert!(world.issuer.wait_for_fetches(2, LONG));
    let next = Signer::es256("k2");
    world.issuer.publish(&[&next]);
    world.issuer.delay(ms(50));
    let old = world.token();
    service.passes_at_once(&old);
    service.cache().invalidate();
    let error = service.verifier.try_verify::<Registered>(&old).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    service.verify(&next.sign(&world.claims())).unwrap();
    assert_eq!(world.log.count(|event| matches!(event, Event::Invalidated)), 1);
    // Nothing of the abandoned fetch is ever published.
    thread::sleep(ms(700));
    let error = service.verifier.try_verify::<Registered>(&old).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownKid);
    let third = &world.issuer.requests()[2];
    assert_eq!(third.header("if-none-match"), None);
    assert_eq!(third.header("cache-control"), Some("no-cache"));
}

#[test]
fn who_refreshes_by_hand_survives_an_invalidation() {
    let world = World::new();
    let service = world.loaded(Policy::builder());
    world.issuer.next(Reply::hang());
    let calls = waiting(2, || service.cache().refresh());
    assert!(world.issuer.wait_for_fetches(2, LONG));
    service.cache().invalidate();
    assert!(finished(calls).iter().all(Result::is_ok));
    service.passes_at_once(&world.token());
    // Both under one budget: the third came a second after the second.
    let requests = world.issuer.requests();
    assert_eq!(requests.len(), 3);
    assert!(requests[2].at - requests[1].at > ms(500));
}

#[test]
fn a_refresh_does_not_join_a_fetch_begun_before_it() {
    let world = World::new();
    let service = world.loaded(lifetime(ms(500)));
    world.issuer.delay(ms(300));
    assert!(world.issuer.wait_for_fetches(2, LONG));
    let next = Signer::es256("k2");
    world.issuer.publish(&[&next]);
    world.issuer.delay(Duration::ZERO);
    pollster::block_on(service.cache().refresh()).unwrap();
    service.passes_at_once(&next.sign(&world.claims()));
    let requests = world.issuer.requests();
    assert_eq!(requests[1].header("cache-control"), None);
    assert_eq!(requests[2].header("cache-control"), Some("no-cache"));
    assert_eq!(world.issuer.max_open(), 1);
}

#[test]
fn refreshes_within_a_second_run_together_at_its_end() {
    let world = World::new();
    let service = world.loaded(Policy::builder());
    pollster::block_on(service.cache().refresh()).unwrap();
    let calls = waiting(5, || service.cache().refresh());
    assert!(finished(calls).iter().all(Result::is_ok));
    let requests = world.issuer.requests();
    assert_eq!(requests.len(), 3);
    assert!(requests[2].at - requests[1].at > ms(500));
    assert_eq!(world.log.count(completed), 2);
    assert_eq!(world.issuer.max_open(), 1);
}

#[test]
fn a_refresh_by_hand_goes_despite_our_own_pause() {
    let world = World::new();
    world.issuer.next(Reply::status(500));
    let pause = Duration::from_secs(60);
    let service = world.start(Policy::builder().retry(pause, pause));
    world.log.wait_for(1, crate::log::failed);
    pollster::block_on(service.cache().refresh()).unwrap();
    service.passes_at_once(&world.token());
    assert_eq!(world.issuer.fetches(), 2);
}
