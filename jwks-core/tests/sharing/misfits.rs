//! Tokens that fit none of the held keys: without a kid, with a bad signature, of a skipped key.

use jwks_core::cache::{Event, EventKind, Policy};
use jwks_core::refresh::{PolicyBuilder, Reason};
use jwks_core::verify::{ErrorKind, Verifier};
use serde_json::Value;

use crate::clocks::{ms, secs};
use crate::issuer::Mode;
use crate::keys::{jwk, kidless_token, token};
use crate::verifying::{ISS, at_once, exp, setup, verify};
use crate::world::World;

fn policy() -> PolicyBuilder {
    Policy::builder().jitter(0.0).interval(secs(3600)).max_trust(secs(9000))
}

/// One key is held, so that a token without kid has a candidate.
fn loaded(policy: PolicyBuilder) -> (World, Verifier) {
    let (mut world, verifier) = setup(policy.build().unwrap());
    world.issuer.kids = vec!["a"];
    world.refresh();
    world.run_to(secs(2));
    (world, verifier)
}

fn misses(world: &World) -> usize {
    world.count(Reason::UnknownKid)
}

/// A key whose `kid` is `s`, which no validation can use.
fn with_skipped(reason: &str) -> Mode {
    Mode::Body(format!(r#"{{"keys":[{},{{"kty":"{reason}","kid":"s"}}]}}"#, jwk("a", "a")))
}

#[test]
fn a_rotation_without_kids_is_found_by_one_fetch() {
    let (mut world, verifier) = loaded(policy());
    let fetches = world.sent.len();
    let (old, new) = (kidless_token(ISS, "a", exp(100)), kidless_token(ISS, "c", exp(100)));
    at_once(&verifier, &old).unwrap();
    world.issuer.kids = vec!["c"];
    let callers = [(); 5].map(|()| verify(&mut world, &verifier, &new));
    world.run_for(ms(200));
    for caller in callers {
        assert_eq!(world.told(caller), "passed");
        assert_eq!(world.callers[caller].wakes(), 1);
    }
    assert_eq!((misses(&world), world.sent.len()), (1, fetches + 1));
    // The steady rate alone: no burst, and no waiting for a later fetch.
    let refused = at_once(&verifier, &old).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidSignature);
    assert!(refused.is_undecided() && refused.is_caller_fault());
    assert_eq!(refused.retry_at(), Some(world.wall.now() + ms(9800)));
    assert!(verifier.try_verify::<Value>(&old).unwrap_err().is_undecided());
    // Then it is final.
    world.run_for(secs(20));
    let caller = verify(&mut world, &verifier, &old);
    world.run_for(ms(200));
    assert_eq!(world.told(caller), "InvalidSignature, final");
}

#[test]
fn a_cold_token_without_kid_waits_again_if_the_load_began_before_it_came() {
    for background in [true, false] {
        let policy = policy().background_refresh(background).build().unwrap();
        let (mut world, verifier) = setup(policy);
        // With background refresh it was asked for when the cache was built.
        if let Some(flight) = world.flight.take() {
            flight.answer_now();
            world.issuer.kids = vec!["c"];
            world.cache.invalidate();
            world.settle();
        }
        world.issuer.kids = vec!["c"];
        let forged = verify(&mut world, &verifier, &kidless_token(ISS, "d", exp(100)));
        world.run_for(secs(3));
        assert_eq!(world.told(forged), "InvalidSignature, final");
        let waits = if background { ms(400) } else { ms(200) };
        assert_eq!(world.waited(forged), waits, "background {background}");
    }
}

#[test]
fn a_bad_signature_of_a_known_kid_fetches_once_a_minute() {
    let (mut world, verifier) = loaded(policy());
    let forged = token(ISS, "a", "b", exp(1000));
    let good = token(ISS, "a", "a", exp(1000));
    for _ in 0..300 {
        let caller = verify(&mut world, &verifier, &forged);
        at_once(&verifier, &good).unwrap();
        let _undecided = verifier.try_verify::<Value>(&forged).unwrap_err();
        world.run_for(secs(1));
        assert!(world.done(caller));
    }
    assert!((5..=6).contains(&misses(&world)), "{}", misses(&world));
    let told = |what| world.callers.iter().filter(move |c| c.got(what)).count();
    assert_eq!(told("InvalidSignature, final") + told("InvalidSignature, undecided"), 300);
    assert!(told("InvalidSignature, final") <= 6);
    assert_eq!(world.cache.status().misses, 0, "no kid was unknown");
    let told = world.events.lock().unwrap();
    let unknown = |event: &Event| matches!(event.kind(), EventKind::UnknownKid { .. });
    assert!(!told.is_empty() && !told.iter().any(unknown));
}

#[test]
fn new_material_under_an_old_kid_is_found() {
    let (mut world, verifier) = loaded(policy());
    world.issuer.mode = Mode::Body(format!(r#"{{"keys":[{}]}}"#, jwk("b", "a")));
    let caller = verify(&mut world, &verifier, &token(ISS, "a", "b", exp(100)));
    world.run_for(ms(200));
    assert_eq!(world.told(caller), "passed");
}

/// The fetch in flight may have been answered before the new key was there.
#[test]
fn a_misfit_first_waits_for_the_fetch_in_flight() {
    let (mut world, verifier) = loaded(policy());
    world.issuer.latency = secs(1);
    world.refresh();
    world.run_for(ms(500));
    let caller = verify(&mut world, &verifier, &kidless_token(ISS, "c", exp(100)));
    let forged = verify(&mut world, &verifier, &kidless_token(ISS, "d", exp(100)));
    world.issuer.kids = vec!["c"];
    world.run_for(ms(500));
    assert!(!world.done(caller) && !world.done(forged));
    world.run_for(secs(1));
    assert_eq!(world.told(caller), "passed");
    assert_eq!(world.told(forged), "InvalidSignature, final");
    assert_eq!(misses(&world), 1);
}

/// Those whom another key may fit wait for no later fetch, though they had to wait for one that was
/// not their own.
#[test]
fn a_misfit_does_not_wait_for_a_fetch_that_has_not_begun() {
    let (mut world, verifier) = loaded(policy().unknown_kid_burst(1));
    let forged = kidless_token(ISS, "d", exp(100));
    verify(&mut world, &verifier, &forged);
    world.run_for(secs(8));
    world.refresh();
    world.run_for(ms(100));
    let caller = verify(&mut world, &verifier, &forged);
    world.run_for(secs(1));
    assert_eq!(world.told(caller), "InvalidSignature, undecided");
    assert_eq!((world.waited(caller), misses(&world)), (ms(100), 1));
}

#[test]
fn a_misfit_whose_fetch_fails_is_undecided() {
    let (mut world, verifier) = loaded(policy());
    world.issuer.mode = Mode::Unreachable;
    let caller = verify(&mut world, &verifier, &token(ISS, "a", "b", exp(100)));
    world.run_for(ms(200));
    assert_eq!(world.told(caller), "InvalidSignature, undecided");
}

#[test]
fn a_key_of_another_algorithm_under_the_same_kid_is_found_by_one_fetch() {
    let (mut world, verifier) = loaded(policy());
    // RFC 8037, appendix A.2.
    let edwards = r#"{"kty":"OKP","crv":"Ed25519","kid":"s","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    world.issuer.mode = Mode::Body(format!(r#"{{"keys":[{},{edwards}]}}"#, jwk("a", "a")));
    world.refresh();
    world.run_for(secs(1));
    world.issuer.mode = Mode::Body(format!(r#"{{"keys":[{}]}}"#, jwk("c", "s")));
    let caller = verify(&mut world, &verifier, &token(ISS, "s", "c", exp(100)));
    world.run_for(secs(1));
    assert_eq!(world.told(caller), "passed");
    assert_eq!(misses(&world), 1);
}

#[test]
fn a_skipped_key_is_told_with_its_reason_and_asked_for_once_a_minute() {
    let (mut world, verifier) = loaded(policy());
    world.issuer.mode = with_skipped("AKP");
    world.refresh();
    world.run_for(secs(1));
    let skipped = token(ISS, "s", "c", exp(1000));
    let error = verifier.try_verify::<Value>(&skipped).unwrap_err();
    let text = "the issuer's key `s` cannot be used: unsupported kty `AKP`";
    assert!(error.to_string().starts_with(text), "{error}");
    assert_eq!(error.kind(), ErrorKind::NoUsableKey);
    for _ in 0..120 {
        let caller = verify(&mut world, &verifier, &skipped);
        world.run_for(secs(1));
        let told = world.told(caller);
        assert!(told == "NoUsableKey, final" || told == "NoUsableKey, undecided", "{told}");
    }
    assert!((2..=3).contains(&misses(&world)), "{}", misses(&world));
    // The issuer mends its key.
    world.issuer.mode = Mode::Body(format!(r#"{{"keys":[{}]}}"#, jwk("c", "s")));
    world.run_for(secs(61));
    let caller = verify(&mut world, &verifier, &skipped);
    world.run_for(secs(1));
    assert_eq!(world.told(caller), "passed");
}

#[test]
fn keys_handed_out_by_kid_say_why_one_is_skipped() {
    let (mut world, _verifier) = loaded(policy());
    world.issuer.mode = with_skipped("AKP");
    world.refresh();
    world.run_for(secs(1));
    let caller = world.call("s", secs(5));
    world.run_for(secs(1));
    let error = world.outcome(caller).as_ref().unwrap_err();
    assert!(!error.is_retryable());
    assert!(error.skipped().is_some_and(|skipped| skipped.kid() == Some("s")));
    assert!(error.to_string().contains("unsupported kty `AKP`"), "{error}");
    // Also where its fetch fails, and where it has not been asked for.
    world.run_for(secs(61));
    world.issuer.mode = Mode::Unreachable;
    let failed = world.call("s", secs(5));
    world.run_for(secs(1));
    world.issuer.mode = with_skipped("AKP");
    world.refresh();
    world.run_for(ms(100));
    let undecided = world.call("s", secs(5));
    world.run_for(secs(1));
    for caller in [failed, undecided] {
        let error = world.outcome(caller).as_ref().unwrap_err();
        assert!(error.is_retryable() && error.is_undecided() == (caller == undecided));
        assert!(error.skipped().is_some_and(|skipped| skipped.kid() == Some("s")));
    }
    // None can be that long.
    let long = "k".repeat(257);
    let error = world.read(&long).unwrap_err();
    assert!(!error.is_retryable());
    let cache = world.cache.clone();
    let caller =
        world.spawn(secs(5), async move { cache.with_keys(&long, |_| String::new()).await });
    assert!(!world.outcome(caller).as_ref().unwrap_err().is_retryable());
    assert_eq!(world.cache.status().misses, 3);
}
