//! Refresh and invalidation by hand, and keys that are withdrawn.

use std::time::Duration;

use jwks_core::{
    cache::{Event, EventKind},
    refresh::Policy,
    verify::ErrorKind,
};

use crate::{
    Stage,
    world::{FOREVER, LONG, completed, failed, finished, last, ms, scripted, waiting},
};
use jwks_testkit::{Gate, Reply, Signer, jwk_set};

pub(super) fn a_key_that_is_gone_is_gone_at_once(stage: &Stage<'_>) {
    let world = stage.world();
    let next = Signer::rs256_shared(0, "k2");
    world.issuer.publish(&[&world.key, &next]);
    let service = world.loaded(Policy::builder().unknown_kid_burst(1));
    let (old, new) = (world.token(), next.sign(&world.claims()));
    service.passes_at_once(&old);
    service.passes_at_once(&new);
    world.issuer.publish(&[&next]);
    service.refresh().unwrap();
    assert_eq!(service.try_verify(&old).unwrap_err().kind(), ErrorKind::UnknownKid);
    assert_eq!(service.verify(&old).unwrap_err().kind(), ErrorKind::UnknownKid);
    service.passes_at_once(&new);
    let removed = |event: &Event| match event.kind() {
        EventKind::RefreshCompleted { diff, .. } => {
            diff.removed.len() == 1 && diff.added.is_empty()
        }
        _ => false,
    };
    // The load, the refresh, and one for the kid that was no longer known.
    world.log.exactly(1, removed);
    assert_eq!(world.issuer.fetches(), 3);
    world.never_two_at_once();
}

pub(super) fn new_material_under_the_same_kid_is_reported(stage: &Stage<'_>) {
    let world = stage.world();
    let service = world.loaded(Policy::builder());
    let old = world.token();
    let next = Signer::es256("k1");
    world.issuer.publish(&[&next]);
    service.refresh().unwrap();
    // The issuer is asked once whether it has a newer key.
    let error = service.verify(&old).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidSignature);
    assert_eq!(world.issuer.fetches(), 3);
    service.passes_at_once(&next.sign(&world.claims()));
    world.log.exactly(1, |event| matches!(event.kind(), EventKind::KeyReplaced { .. }));
}

pub(super) fn an_invalidation_during_a_slow_fetch(stage: &Stage<'_>) {
    let world = stage.world();
    let (slow, renewed, next) = (Gate::new(), Gate::new(), Signer::es256("k2"));
    // The slow answer carries the key that is about to be withdrawn.
    world.issuer.next(Reply::published().tagged());
    world.issuer.next(Reply::published().tagged().held(&slow));
    world.issuer.next(last(Reply::keys(jwk_set(&[&next]))).held(&renewed));
    let service = world.loaded(scripted(ms(300)).wait_budget(LONG).fetch_timeout(LONG));
    assert!(world.issuer.wait_for_fetches(2, LONG));
    let old = world.token();
    service.passes_at_once(&old);
    service.cache().invalidate();
    assert_eq!(service.try_verify(&old).unwrap_err().kind(), ErrorKind::Unavailable);
    renewed.open();
    service.verify(&next.sign(&world.claims())).unwrap();
    world.log.exactly(1, |event| matches!(event.kind(), EventKind::Invalidated { .. }));
    // Nothing of the abandoned fetch is ever published.
    slow.open();
    assert!(world.issuer.wait_for_idle(LONG));
    std::thread::sleep(ms(100));
    let keys = service.status().keys;
    assert_eq!(keys.len(), 1);
    service.passes_at_once(&next.sign(&world.claims()));
    let third = &world.issuer.requests()[2];
    assert_eq!(third.header("if-none-match"), None);
    assert_eq!(third.header("cache-control"), Some("no-cache"));
}

pub(super) fn a_fetch_that_is_given_up_is_ended(stage: &Stage<'_>) {
    let world = stage.world();
    world.issuer.next(Reply::hang());
    // Who cannot end it waits for its timeout.
    let timeout = if stage.ends_fetches() { FOREVER } else { ms(3000) };
    let service = world.start(Policy::builder().fetch_timeout(timeout).wait_budget(LONG));
    assert!(world.issuer.wait_for_fetches(1, LONG));
    service.cache().invalidate();
    service.verify(&world.token()).unwrap();
    assert!(world.issuer.wait_for_idle(LONG), "the fetch was not ended");
}

pub(super) fn who_refreshes_survives_an_invalidation(stage: &Stage<'_>) {
    let world = stage.world();
    let service = world.loaded(Policy::builder().fetch_timeout(LONG));
    let gate = Gate::new();
    world.issuer.next(Reply::published().held(&gate));
    let cache = service.cache();
    let calls = waiting(2, || cache.refresh());
    assert!(world.issuer.wait_for_fetches(2, LONG));
    service.cache().invalidate();
    assert!(finished(calls).iter().all(Result::is_ok));
    gate.open();
    service.passes_at_once(&world.token());
    // Both under one budget: the third came a second after the second.
    let requests = world.issuer.requests();
    assert_eq!(requests.len(), 3);
    assert!(requests[2].at - requests[1].at > ms(500));
}

pub(super) fn a_refresh_during_a_slow_fetch_does_not_join_it(stage: &Stage<'_>) {
    let world = stage.world();
    let (gate, next) = (Gate::new(), Signer::es256("k2"));
    world.issuer.next(Reply::published());
    world.issuer.next(Reply::published().held(&gate));
    world.issuer.next(last(Reply::keys(jwk_set(&[&next]))));
    let service = world.loaded(scripted(ms(300)).fetch_timeout(LONG));
    assert!(world.issuer.wait_for_fetches(2, LONG));
    let cache = service.cache();
    let calls = waiting(2, || cache.refresh());
    gate.open();
    assert!(finished(calls).iter().all(Result::is_ok));
    service.passes_at_once(&next.sign(&world.claims()));
    let requests = world.issuer.requests();
    assert_eq!(requests[1].header("cache-control"), None);
    assert_eq!(requests[2].header("cache-control"), Some("no-cache"));
    world.never_two_at_once();
}

pub(super) fn refreshes_within_a_second_run_together(stage: &Stage<'_>) {
    let world = stage.world();
    let service = world.loaded(Policy::builder());
    service.refresh().unwrap();
    let cache = service.cache();
    let calls = waiting(5, || cache.refresh());
    assert!(finished(calls).iter().all(Result::is_ok));
    let requests = world.issuer.requests();
    assert_eq!(requests.len(), 3);
    assert!(requests[2].at - requests[1].at > ms(500));
    world.log.exactly(2, completed);
    world.never_two_at_once();
}

pub(super) fn a_refresh_goes_despite_our_own_pause(stage: &Stage<'_>) {
    let world = stage.world();
    world.issuer.next(Reply::status(500));
    let pause = Duration::from_secs(60);
    let service = world.start(Policy::builder().retry(pause, pause).cold_retry_max(pause));
    world.log.wait_for(1, failed);
    service.refresh().unwrap();
    service.passes_at_once(&world.token());
}
