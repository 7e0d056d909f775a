//! Tokens, through the verifier: what is doomed anyway, or signed by another, fetches nothing.

use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use jwks_core::cache::Policy;
use jwks_core::verify::{Error, ErrorKind, Issuer as Trusted, Verifier};
use serde_json::Value;

use crate::clocks::{EPOCH, Wall, ms, secs};
use crate::issuer::{Issuer, Mode};
use crate::keys::token;
use crate::world::{URL, World};

const ISS: &str = "https://id.example.com";

fn setup(policy: Policy) -> (World, Verifier) {
    let wall = Wall::new();
    let clock = wall.clone();
    let trusted = Trusted::new(ISS).jwks_uri(URL).audience("api").policy(policy).leeway(secs(0));
    let (verifier, mut drivers) =
        Verifier::builder(move || clock.now()).issuer(trusted).build().unwrap();
    let cache = verifier.caches().next().unwrap().clone();
    let driver = drivers.pop().unwrap();
    (World::with(cache, driver, wall, Issuer::new(), Default::default()), verifier)
}

fn exp(after: u64) -> u64 {
    EPOCH.as_secs() + after
}

/// The outcome of an async validation that must not wait.
fn at_once(verifier: &Verifier, token: &str) -> Result<(), Error> {
    match pin!(verifier.verify::<Value>(token)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome.map(drop),
        Poll::Pending => panic!("a validation waited"),
    }
}

#[test]
fn doomed_tokens_fetch_nothing() {
    let (mut world, verifier) = setup(Policy::default());
    world.run_to(secs(1));
    let good = exp(100);
    for (token, kind) in [
        (token("https://evil.example.com", "x", "a", good), ErrorKind::WrongIssuer),
        (token(ISS, "x", "a", exp(1)), ErrorKind::Expired),
        // A known kid with a bad signature.
        (token(ISS, "a", "b", good), ErrorKind::InvalidSignature),
        ("a.b.c".to_owned(), ErrorKind::Malformed),
    ] {
        assert_eq!(verifier.try_verify::<Value>(&token).unwrap_err().kind(), kind);
        assert_eq!(at_once(&verifier, &token).unwrap_err().kind(), kind);
        world.run_for(ms(10));
    }
    assert_eq!(world.sent.len(), 1);
    let status = world.cache.status();
    assert_eq!((status.uses, status.misses), (0, 0), "a refused token is no use");
}

#[test]
fn a_rotated_key_is_found_and_a_removed_one_is_gone() {
    let (mut world, verifier) = setup(Policy::default());
    world.run_to(secs(1));
    let old = token(ISS, "a", "a", exp(100));
    let new = token(ISS, "c", "c", exp(100));
    at_once(&verifier, &old).unwrap();
    world.issuer.kids = vec!["c"];
    let waiting = verifier.clone();
    let token = new.clone();
    let caller = world.spawn(secs(5), async move {
        waiting.verify::<Value>(&token).await.expect("the new key is found");
        Ok(String::new())
    });
    assert!(!world.done(caller));
    world.run_for(ms(200));
    assert_eq!(world.waited(caller), ms(200));
    assert_eq!(world.sent.len(), 2);
    let refused = at_once(&verifier, &old).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::UnknownKid);
    assert!(refused.is_caller_fault());
    assert_eq!(refused.retry_at(), Some(world.wall.now() + ms(9_800)));
    at_once(&verifier, &new).unwrap();
    assert_eq!(world.cache.status().uses, 3);
}

#[test]
fn an_outage_is_not_the_bearers_fault() {
    let (mut world, verifier) = setup(Policy::default());
    world.run_to(secs(1));
    world.issuer.mode = Mode::Unreachable;
    let stranger = token(ISS, "c", "c", exp(100));
    let refused = verifier.try_verify::<Value>(&stranger).unwrap_err();
    assert!(refused.is_retryable() && refused.kind() == ErrorKind::UnknownKid);
    world.run_for(ms(200));
    let refused = at_once(&verifier, &stranger).unwrap_err();
    assert!(refused.is_retryable(), "the issuer could not be asked");
    // And after a sleep of the machine nothing passes.
    world.wall.forward(secs(25 * 3600));
    let held = token(ISS, "a", "a", exp(200_000));
    let refused = verifier.try_verify::<Value>(&held).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert!(refused.is_retryable());
}

#[test]
fn a_time_brought_by_the_caller_ends_nobodys_trust() {
    let (mut world, verifier) = setup(Policy::default());
    world.run_to(secs(1));
    let held = token(ISS, "a", "a", exp(9_000_000));
    let future = world.wall.now() + secs(100 * 24 * 3600);
    for _ in 0..10 {
        let refused = verifier.try_verify_at::<Value>(&held, future).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unavailable);
        world.run_for(ms(10));
        at_once(&verifier, &held).unwrap();
    }
    assert_eq!(world.sent.len(), 1);
}
