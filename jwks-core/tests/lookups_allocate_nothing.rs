//! A lookup makes no allocation, nor does a validation but for the caller's claims. By itself, because the
//! allocator counts for the whole process.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::alloc::System;
use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Response;
use jwks_core::adapter::{Action, Driver};
use jwks_core::cache::{KeyCache, Policy, Source};
use jwks_core::keys::Algorithm;
use jwks_core::refresh::Time;
use jwks_core::verify::{ErrorKind, Issuer, TokenBuffer, Verifier};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use built::built;

#[path = "support/built.rs"]
mod built;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const ISSUER: &str = "https://id.example.com";
const KEYS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a",
    "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

/// One after the other, since what runs beside them would be counted too.
#[test]
fn allocations_are_counted() {
    lookups_allocate_nothing();
    claims_are_read_before_the_signature_only_for_keys_of_one_issuer();
    validations_allocate_what_their_claims_do();
}

/// A token that is accepted costs the strings of the caller's type, and nothing else.
fn validations_allocate_what_their_claims_do() {
    #[derive(serde::Deserialize)]
    struct Owned {
        iss: String,
        sub: String,
        exp: u64,
    }

    #[derive(serde::Deserialize)]
    struct Borrowed<'a> {
        sub: &'a str,
    }

    let (verifier, _drivers) = verifier("");
    let token = signed(r#","sub":"somebody","iat":1,"jti":"j","aud":["a","b"]"#);
    let large = signed(&format!(r#","sub":"somebody","more":"{}""#, "x".repeat(8000)));
    let call = verifier.call().audience("b").required_claim("sub").algorithms([Algorithm::EdDSA]);
    let mut buffer = TokenBuffer::new();
    let mut least = |what: &dyn Fn(&mut TokenBuffer)| {
        (0..10).map(|_| allocations(|| what(&mut buffer))).min().unwrap()
    };
    let owned = least(&|_| {
        let verified = verifier.try_verify::<Owned>(&token).unwrap();
        let claims = verified.claims();
        assert_eq!((&*claims.iss, &*claims.sub, claims.exp), (ISSUER, "somebody", 2000));
    });
    let waiting = least(&|_| {
        let verified = pin!(verifier.verify::<Owned>(&token));
        let outcome = verified.poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(outcome, Poll::Ready(Ok(_))));
    });
    let called = least(&|_| drop(call.try_verify::<Owned>(&token).unwrap()));
    assert_eq!((owned, waiting, called), (2, 2, 2));
    let borrowed = [&token, &large].map(|token| {
        least(&|buffer| {
            let verified = verifier.try_verify_in::<Borrowed<'_>>(token, buffer).unwrap();
            assert_eq!(verified.claims().sub, "somebody");
        })
    });
    assert_eq!(borrowed, [0, 0]);
    // On the heap, since it is large.
    assert_eq!(least(&|_| drop(verifier.try_verify::<Owned>(&large).unwrap())), 3);
}

/// So many claims do not fit in what is read without allocation.
fn claims_are_read_before_the_signature_only_for_keys_of_one_issuer() {
    let more = |count| (0..count).map(|i| format!(r#","own{i}":{i}"#)).collect::<String>();
    let least = |issuer: &str, claims: usize| {
        let (verifier, _drivers) = verifier(issuer);
        let token = token(&more(claims));
        let validation = || {
            let refused = verifier.try_verify::<serde_json::Value>(&token).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidSignature);
        };
        (0..10).map(|_| allocations(validation)).min().unwrap()
    };
    let bound = r#","issuer":"https://id.example.com""#;
    assert_eq!(least(bound, 0), least("", 0), "a token of usual size");
    // Read once more than for a key that serves all issuers: after the signature they always are.
    assert!(least(bound, 100) > least("", 100));
}

fn lookups_allocate_nothing() {
    for background in [true, false] {
        let (cache, mut driver) = loaded(background);
        let lookups = || {
            for _ in 0..1000 {
                assert_eq!(cache.try_with_keys("a", |keys| keys.count()).unwrap(), 1);
                let waiting = pin!(cache.with_keys("a", |keys| keys.count()));
                let outcome = waiting.poll(&mut Context::from_waker(Waker::noop()));
                assert!(matches!(outcome, Poll::Ready(Ok(1))));
            }
        };
        // The first makes what a thread keeps; the harness may do something at any time.
        let least = (0..10).map(|_| allocations(lookups)).min();
        assert_eq!(least, Some(0), "allocations in 2000 lookups");
        drop(driver.poll(Time::from_origin(Duration::from_secs(1))));
    }
}

fn allocations(what: impl FnOnce()) -> usize {
    let region = Region::new(ALLOCATOR);
    what();
    let change = region.change();
    change.allocations + change.reallocations
}

/// One whose only key has these members more.
fn verifier(more: &str) -> (Verifier, Vec<Driver>) {
    let issuer = Issuer::new("https://id.example.com").jwks_uri("https://id.example.com/keys");
    let (verifier, mut drivers): (_, Vec<_>) = built(
        Verifier::builder().wall_clock(|| SystemTime::UNIX_EPOCH).issuer(issuer.any_audience()),
    );
    let Action::Fetch(fetch) = drivers[0].poll(Time::ZERO) else { panic!("the load is due") };
    let keys = KEYS.replace(r#","kid""#, &format!(r#"{more},"kid""#));
    fetch.reply.send(Ok(Response::new(keys)));
    assert!(matches!(drivers[0].poll(Time::ZERO), Action::Wait(_)));
    (verifier, drivers)
}

/// With these claims more, and a signature that is none.
fn token(more: &str) -> String {
    let text = unsigned(more);
    format!("{text}.{}", URL_SAFE_NO_PAD.encode("s".repeat(64)))
}

/// With these claims more, and a signature by the key of RFC 8037, appendix A.
fn signed(more: &str) -> String {
    let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
    let text = unsigned(more);
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(pair.sign(text.as_bytes())))
}

fn unsigned(more: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let payload = format!(r#"{{"iss":"{ISSUER}","exp":2000{more}}}"#);
    format!("{}.{}", part(r#"{"alg":"EdDSA","kid":"a"}"#), part(&payload))
}

fn loaded(background: bool) -> (KeyCache, Driver) {
    let policy = Policy::builder().background_refresh(background).usages(1 << 40);
    let source = Source::jwks_uri("https://id.example.com/keys").unwrap();
    let (cache, [mut driver]) = built(
        KeyCache::builder(source)
            .wall_clock(|| SystemTime::UNIX_EPOCH)
            .policy(policy.build().unwrap()),
    );
    cache.try_with_keys("a", |_| ()).unwrap_err();
    let Action::Fetch(fetch) = driver.poll(Time::ZERO) else { panic!("the first load is due") };
    fetch.reply.send(Ok(Response::new(KEYS)));
    assert!(matches!(driver.poll(Time::ZERO), Action::Wait(_)));
    (cache, driver)
}
