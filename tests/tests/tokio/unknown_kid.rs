//! Kids that the held set lacks: a rotation, or a flood.

use std::{
    error::Error,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Instant,
};

use jwks_core::{cache::FetchError, verify::ErrorKind};
use jwks_tests::{Reply, Signer, claims, unknown_kid_token};
use jwks_tokio::{Event, Policy, Registered};

use crate::world::{AUDIENCE, LONG, World, finished, lifetime, ms, sleep_until, waiting};

#[test]
fn a_flood_makes_one_fetch_per_cooldown_and_nobody_else_wait() {
    let world = World::new();
    let service = world.loaded(Policy::builder().unknown_kid_cooldown(ms(1000)));
    world.issuer.delay(ms(50));
    let tokens: Vec<_> = (0..1000).map(|_| unknown_kid_token(&world.claims())).collect();
    let (token, over, start) = (world.token(), AtomicBool::new(false), Instant::now());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    service.passes_at_once(&token);
                    thread::sleep(ms(2));
                }
            });
        }
        let flood: Vec<_> = tokens
            .chunks(250)
            .map(|tokens| {
                let service = &service;
                scope.spawn(move || {
                    for (done, token) in (1..).zip(tokens) {
                        let error = service.verify(token).unwrap_err();
                        assert_eq!(error.kind(), ErrorKind::UnknownKid);
                        assert!(error.is_caller_fault() && error.retry_at().is_some(), "{error:?}");
                        sleep_until(start + ms(10) * done);
                    }
                })
            })
            .collect();
        let flooded: Vec<_> = flood.into_iter().map(|thread| thread.join()).collect();
        over.store(true, Ordering::Relaxed);
        flooded.into_iter().for_each(Result::unwrap);
    });
    let elapsed = start.elapsed();
    let fetches = world.issuer.fetches() - 1;
    let most = usize::try_from(elapsed.as_secs()).unwrap() + 1;
    assert!((2..=most).contains(&fetches), "{fetches} fetches in {elapsed:?}");
    assert_eq!(world.issuer.max_open(), 1);
    assert_eq!(world.log.count(|event| matches!(event, Event::UnknownKid { .. })), fetches);
    assert_eq!(service.status().misses, 1000);
}

#[test]
fn a_rotation_is_waited_for_once_and_seen() {
    let world = World::new();
    let service = world.loaded(Policy::builder());
    let next = Signer::es256("k2");
    world.issuer.publish(&[&next]);
    world.issuer.delay(ms(100));
    let token = next.sign(&world.claims());
    let calls = waiting(8, || service.verifier.verify::<Registered>(&token));
    assert!(finished(calls).iter().all(Result::is_ok));
    service.passes_at_once(&token);
    // The withdrawn key is unknown now, and inside the cooldown nobody asks the issuer.
    let error = service.at_once(&world.token()).expect("no wait").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownKid);
    assert!(error.is_caller_fault() && error.retry_at().is_some());
    let requests = world.issuer.requests();
    let caching: Vec<_> = requests.iter().map(|request| request.header("cache-control")).collect();
    assert_eq!(caching, [None, Some("no-cache")]);
    assert_eq!(world.issuer.max_open(), 1);
}

#[test]
fn a_fetch_that_fails_leaves_the_kid_undecided() {
    let world = World::new();
    let service = world.loaded(Policy::builder());
    world.issuer.next(Reply::status(500));
    let error = service.verify(&unknown_kid_token(&world.claims())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownKid);
    assert!(error.is_retryable() && !error.is_caller_fault());
    let cause = error.source().and_then(Error::source).expect("the failure of the fetch");
    assert_eq!(cause.downcast_ref::<FetchError>().unwrap().status(), Some(500));
    service.passes_at_once(&world.token());
    assert_eq!(world.issuer.fetches(), 2);
}

#[test]
fn a_miss_waits_for_the_fetch_in_flight_first() {
    let world = World::new();
    let service = world.loaded(lifetime(ms(600)));
    let next = Signer::es256("k2");
    world.issuer.publish(&[&world.key, &next]);
    world.issuer.delay(ms(300));
    assert!(world.issuer.wait_for_fetches(2, LONG));
    let token = next.sign(&world.claims());
    let calls = waiting(4, || service.verifier.verify::<Registered>(&token));
    assert!(finished(calls).iter().all(Result::is_ok));
    assert_eq!((world.issuer.fetches(), world.issuer.max_open()), (2, 1));
    assert_eq!(world.issuer.requests()[1].header("cache-control"), None);
}

#[test]
fn a_doomed_token_fetches_nothing() {
    let world = World::new();
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
        let error = service.at_once(&unknown_kid_token(&claims)).expect("no wait").unwrap_err();
        assert_eq!(error.kind(), kind);
    }
    // Nor does a known kid with a bad signature.
    let forged = Signer::es256("k1").sign(&world.claims());
    let error = service.at_once(&forged).expect("no wait").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidSignature);
    assert_eq!((world.issuer.fetches(), service.status().misses), (1, 0));
}
