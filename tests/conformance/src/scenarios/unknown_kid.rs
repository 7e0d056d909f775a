//! Kids that the held set lacks: a rotation, or a flood.

use std::{thread, time::Duration};

use jwks_core::{
    cache::EventKind,
    refresh::{Policy, PolicyBuilder},
    verify::ErrorKind,
};

use crate::{
    Stage,
    world::{AUDIENCE, LONG, completed, finished, last, ms, scripted, waiting},
};
use jwks_testkit::{Gate, Reply, Signer, claims, jwk_set, unknown_kid_token};

pub(super) fn a_rotation_is_waited_for_once_and_seen(stage: &Stage<'_>) {
    let world = stage.world();
    let policy = once_in_ten_minutes().wait_budget(LONG).fetch_timeout(LONG);
    let service = world.loaded(policy);
    let next = Signer::es256("k2");
    world.issuer.publish(&[&next]);
    let gate = Gate::new();
    world.issuer.next(Reply::published().held(&gate));
    let token = next.sign(&world.claims());
    let calls = waiting(8, || service.call(&token));
    gate.open();
    assert!(finished(calls).iter().all(Result::is_ok));
    service.passes_at_once(&token);
    // The withdrawn key is unknown now, and with the budget spent nobody asks the issuer.
    let error = service.refuses_at_once(&world.token());
    assert_eq!(error.kind(), ErrorKind::UnknownKid);
    assert!(error.is_caller_fault() && error.retry_at().is_some());
    let requests = world.issuer.requests();
    let caching: Vec<_> = requests.iter().map(|request| request.header("cache-control")).collect();
    assert_eq!(caching, [None, Some("no-cache")]);
}

pub(super) fn a_flood_makes_one_fetch_and_nobody_else_wait(stage: &Stage<'_>) {
    let world = stage.world();
    let service = world.loaded(once_in_ten_minutes().wait_budget(LONG).fetch_timeout(LONG));
    let gate = Gate::new();
    world.issuer.next(Reply::published().held(&gate));
    let tokens: Vec<_> = (0..1000).map(|_| unknown_kid_token(&world.claims())).collect();
    let token = world.token();
    thread::scope(|scope| {
        let flood: Vec<_> = tokens
            .chunks(250)
            .map(|tokens| {
                let service = &service;
                scope.spawn(move || {
                    for token in tokens {
                        let error = service.verify(token).unwrap_err();
                        assert_eq!(error.kind(), ErrorKind::UnknownKid);
                        // Final for those whom the fetch has answered, undecided for the rest.
                        assert!(error.is_caller_fault(), "{error:?}");
                        assert_eq!(error.is_retryable(), error.retry_at().is_some());
                    }
                })
            })
            .collect();
        // Valid tokens, while strangers wait, and while the rest of them is refused.
        assert!(world.issuer.wait_for_fetches(2, LONG));
        (0..100).for_each(|_| service.passes_at_once(&token));
        gate.open();
        while !flood.iter().all(|thread| thread.is_finished()) {
            service.passes_at_once(&token);
            thread::sleep(ms(1));
        }
        flood.into_iter().for_each(|thread| thread.join().expect("refused, and told why"));
    });
    // One for the fetch, and one for that which is to follow in ten minutes.
    world.log.exactly(2, |event| matches!(event.kind(), EventKind::UnknownKid { .. }));
    assert_eq!(service.status().misses, 1000);
}

pub(super) fn a_fetch_that_fails_leaves_the_kid_undecided(stage: &Stage<'_>) {
    let world = stage.world();
    let service = world.loaded(Policy::builder());
    world.issuer.next(Reply::status(500));
    let error = service.verify(&unknown_kid_token(&world.claims())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownKid);
    assert!(error.is_retryable() && !error.is_caller_fault());
    assert_eq!(error.last_failure().expect("the failure of the fetch").status(), Some(500));
    service.passes_at_once(&world.token());
}

/// A forged kid has spent the budget; then the issuer begins to sign with a new key.
pub(super) fn a_rotation_behind_a_forged_kid_is_undecided_and_then_found(stage: &Stage<'_>) {
    let world = stage.world();
    let patient = Duration::from_secs(3600);
    let service = world.loaded(once_in_ten_minutes().wait_budget(patient).fetch_timeout(LONG));
    let forged = service.verify(&unknown_kid_token(&world.claims())).unwrap_err();
    assert!(forged.is_caller_fault() && !forged.is_retryable());
    let next = Signer::es256("k2");
    world.issuer.publish(&[&world.key, &next]);
    let token = next.sign(&world.claims());
    // Whoever does not wait is told to come again, and its own key is not refused for good.
    let undecided = service.try_verify(&token).unwrap_err();
    assert_eq!(undecided.kind(), ErrorKind::UnknownKid);
    assert!(undecided.is_undecided() && undecided.is_caller_fault());
    assert!(undecided.retry_at().is_some());
    let too_short = service.verify_within(&token, LONG).unwrap_err();
    assert!(too_short.is_undecided(), "the next fetch is ten minutes away");
    service.passes_at_once(&world.token());
    // Who has the time waits for that fetch; another one, for whatever cause, does as well.
    let calls = waiting(1, || service.call(&token));
    service.until(|status| status.waiting == 1);
    service.refresh().unwrap();
    assert!(finished(calls).iter().all(Result::is_ok));
    service.passes_at_once(&token);
}

pub(super) fn a_bad_signature_is_looked_into_once(stage: &Stage<'_>) {
    let world = stage.world();
    let service = world.loaded(Policy::builder().wait_budget(LONG).fetch_timeout(LONG));
    // The issuer may have put another key under the old kid.
    let forged = Signer::es256("k1").sign(&world.claims());
    let refused = service.verify(&forged).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidSignature);
    assert!(refused.is_caller_fault() && !refused.is_retryable());
    assert_eq!(world.issuer.requests()[1].header("cache-control"), Some("no-cache"));
    // For a minute nobody asks again.
    let undecided = service.refuses_at_once(&forged);
    assert_eq!(undecided.kind(), ErrorKind::InvalidSignature);
    assert!(undecided.is_undecided() && undecided.is_caller_fault());
    service.passes_at_once(&world.token());
}

pub(super) fn a_miss_waits_for_the_fetch_in_flight_first(stage: &Stage<'_>) {
    let world = stage.world();
    let (gate, next) = (Gate::new(), Signer::es256("k2"));
    world.issuer.next(Reply::published());
    world.issuer.next(last(Reply::keys(jwk_set(&[&world.key, &next]))).held(&gate));
    let service = world.loaded(scripted(ms(300)).wait_budget(LONG).fetch_timeout(LONG));
    assert!(world.issuer.wait_for_fetches(2, LONG));
    let token = next.sign(&world.claims());
    let calls = waiting(4, || service.call(&token));
    gate.open();
    assert!(finished(calls).iter().all(Result::is_ok));
    assert_eq!(world.issuer.requests()[1].header("cache-control"), None);
    world.log.exactly(1, completed);
}

pub(super) fn a_doomed_token_fetches_nothing(stage: &Stage<'_>) {
    let world = stage.world();
    let service = world.loaded(Policy::builder());
    let mut expired = world.claims();
    expired["exp"] = 1.into();
    let mut early = world.claims();
    early["nbf"] = u32::MAX.into();
    let elsewhere = claims("https://elsewhere.example", AUDIENCE, ms(60_000));
    for (claims, kind) in [
        (expired, ErrorKind::Expired),
        (early, ErrorKind::NotYetValid),
        (elsewhere, ErrorKind::WrongIssuer),
    ] {
        let error = service.refuses_at_once(&unknown_kid_token(&claims));
        assert_eq!(error.kind(), kind);
    }
    assert_eq!(service.status().misses, 0);
}

fn once_in_ten_minutes() -> PolicyBuilder {
    Policy::builder().unknown_kid_burst(1).unknown_kid_cooldown(Duration::from_secs(600))
}
