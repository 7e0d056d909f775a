//! Tokens, through the verifier: what is a use, what fetches nothing, whose fault it is.

use jwks_core::cache::Policy;
use jwks_core::refresh::{Kidless, Reason};
use jwks_core::verify::ErrorKind;
use serde_json::Value;

use crate::clocks::{ms, secs};
use crate::issuer::Mode;
use crate::keys::{kidless_token, token};
use crate::verifying::{ISS, at_once, exp, setup, verify};

#[test]
fn doomed_tokens_wait_for_nothing_and_fetch_nothing() {
    for background in [true, false] {
        let policy = Policy::builder().background_refresh(background).kidless(Kidless::Reject);
        let (mut world, verifier) = setup(policy.build().unwrap());
        let fetches = world.sent.len();
        for held in [false, true] {
            if held {
                world.call("a", secs(5));
                world.run_to(secs(1));
            }
            let fetches = if held { 1 } else { fetches };
            for (token, kind) in [
                (token("https://evil.example.com", "x", "a", exp(100)), ErrorKind::WrongIssuer),
                (token(ISS, "x", "a", exp(0)), ErrorKind::Expired),
                (kidless_token(ISS, "a", exp(100)), ErrorKind::MissingKid),
                ("a.b.c".to_owned(), ErrorKind::Malformed),
            ] {
                assert_eq!(verifier.try_verify::<Value>(&token).unwrap_err().kind(), kind);
                let refused = at_once(&verifier, &token).unwrap_err();
                assert!(refused.kind() == kind && !refused.is_retryable());
                world.run_for(ms(10));
            }
            // A bad signature is told as such, whatever else is wrong with the token.
            let forged = token(ISS, "a", "b", exp(0));
            let kind = if held { ErrorKind::InvalidSignature } else { ErrorKind::Expired };
            assert_eq!(at_once(&verifier, &forged).unwrap_err().kind(), kind);
            world.settle();
            assert_eq!(world.sent.len(), fetches);
        }
        let status = world.cache.status();
        assert_eq!((status.uses, status.misses), (1, 0), "a refused token is no use, and no miss");
    }
}

#[test]
fn only_an_accepted_token_is_a_use() {
    let policy = Policy::builder().background_refresh(false).usages(3);
    let policy = policy.min_refresh_interval(ms(1)).build().unwrap();
    let (mut world, verifier) = setup(policy);
    let good = token(ISS, "a", "a", exp(100));
    world.call("a", secs(5));
    world.run_to(secs(1));
    let call = verifier.call().audience("another");
    for _ in 0..100 {
        // Of another audience, expired, refused by a check.
        assert!(call.try_verify::<Value>(&good).is_err());
        assert!(at_once(&verifier, &token(ISS, "a", "a", exp(0))).is_err());
        let check = verifier.call().check(|_| Err("no".into()));
        assert!(check.try_verify::<Value>(&good).is_err());
    }
    world.run_for(secs(1));
    assert_eq!((world.cache.status().uses, world.sent.len()), (1, 1));
    (0..2).for_each(|_| at_once(&verifier, &good).unwrap());
    // The uses are spent: a token waits before it is judged, whatever it is.
    let waiting =
        [&good, &token(ISS, "a", "b", exp(100))].map(|t| verify(&mut world, &verifier, t));
    assert!(!world.done(waiting[0]) && !world.done(waiting[1]));
    // One that is refused asks for nothing, though it does not wait.
    assert_eq!(world.sent.len(), 1);
    world.run_for(ms(200));
    assert_eq!(world.told(waiting[0]), "passed");
    assert_eq!(world.sent[1].reason, Reason::Demand);
}

#[test]
fn a_refused_token_does_not_ask_for_fresh_keys() {
    let policy = Policy::builder().background_refresh(false).interval(secs(60));
    let policy = policy.min_refresh_interval(ms(1)).build().unwrap();
    let (mut world, verifier) = setup(policy);
    world.call("a", secs(5));
    world.run_to(secs(100));
    let refused = token(ISS, "a", "a", exp(100_000));
    let call = verifier.call().audience("another");
    assert!(call.try_verify::<Value>(&refused).is_err());
    world.run_for(secs(1));
    assert_eq!(world.sent.len(), 1);
    assert!(verifier.try_verify::<Value>(&refused).is_ok());
    world.run_for(secs(1));
    assert_eq!(world.sent.len(), 2);
}

#[test]
fn a_rotated_key_is_found_and_a_removed_one_is_gone() {
    let policy = Policy::builder().unknown_kid_burst(1).build().unwrap();
    let (mut world, verifier) = setup(policy);
    world.run_to(secs(1));
    let old = token(ISS, "a", "a", exp(100));
    let new = token(ISS, "c", "c", exp(100));
    at_once(&verifier, &old).unwrap();
    world.issuer.kids = vec!["c"];
    let caller = verify(&mut world, &verifier, &new);
    assert!(!world.done(caller));
    world.run_for(ms(200));
    assert_eq!(world.told(caller), "passed");
    assert_eq!((world.waited(caller), world.sent.len()), (ms(200), 2));
    // The issuer has not been asked for the old one since it is gone.
    let refused = at_once(&verifier, &old).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::UnknownKid);
    assert!(refused.is_caller_fault() && refused.is_undecided());
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
    assert!(refused.is_undecided() && refused.kind() == ErrorKind::UnknownKid);
    world.run_for(ms(200));
    let caller = verify(&mut world, &verifier, &stranger);
    world.run_for(ms(200));
    assert_eq!(world.told(caller), "UnknownKid, failed");
    // And after a sleep of the machine nothing passes.
    world.wall.forward(secs(25 * 3600));
    let held = token(ISS, "a", "a", exp(200_000));
    let refused = verifier.try_verify::<Value>(&held).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert!(refused.is_retryable() && !refused.is_caller_fault());
}

/// Of keys that the wall clock ends, too.
#[test]
fn an_explanation_wakes_nobody() {
    let (mut world, verifier) = setup(Policy::default());
    world.run_to(secs(1));
    world.wall.forward(secs(25 * 3600));
    let wakes = world.driver_wakes();
    let held = token(ISS, "a", "a", exp(200_000));
    let error = verifier.explain(&held).error.unwrap();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(world.driver_wakes(), wakes);
    verifier.try_verify::<Value>(&held).unwrap_err();
    assert_eq!(world.driver_wakes(), wakes + 1);
}

/// Trust in keys is judged by the cache's own clocks, and the claims by the time that is brought.
#[test]
fn a_time_brought_by_the_caller_neither_ends_nor_lengthens_trust() {
    let (mut world, verifier) = setup(Policy::default());
    world.run_to(secs(1));
    let held = token(ISS, "a", "a", exp(9_000_000));
    let (past, future) = (world.wall.now(), world.wall.now() + secs(100 * 24 * 3600));
    verifier.try_verify_at::<Value>(&held, future).unwrap();
    world.settle();
    assert_eq!(world.sent.len(), 1);
    // No driver runs, and the keys are past their trust: no time of whoever's choice revives them.
    world.stop();
    world.wall.forward(secs(25 * 3600));
    for error in [
        verifier.try_verify_at::<Value>(&held, past).unwrap_err(),
        verifier.call().at(past).try_verify::<Value>(&held).unwrap_err(),
        at_once(&verifier, &held).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Stopped);
    }
}
