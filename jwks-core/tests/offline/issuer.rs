//! A verifier that starts with saved keys.

use std::sync::mpsc;

use jwks_core::adapter::Action;
use jwks_core::cache::{HydrateError, HydrateErrorKind, SavedKeys};
use jwks_core::refresh::Time;
use jwks_core::verify::{Issuer, Verifier};

use crate::built::built;
use crate::world::{MINUTE, URL, Wall, set_of};

fn issuer() -> Issuer {
    Issuer::new("https://id.example.com").jwks_uri(URL).any_audience()
}

#[test]
fn has_them_at_once() {
    let wall = Wall::new();
    let bundle = SavedKeys::from_jwk_set(set_of(&["a"]), wall.now()).unwrap();
    let (verifier, _drivers): (_, Vec<_>) =
        built(Verifier::builder().wall_clock(move || wall.now()).issuer(issuer().hydrate(bundle)));
    assert!(verifier.status()[0].healthy);
}

/// What the service is told, and whether it has keys.
fn started_with(saved: impl Into<Result<SavedKeys, HydrateError>>) -> (Vec<String>, bool) {
    let wall = Wall::new();
    let (tell, told) = mpsc::channel();
    let issuer =
        issuer().observer(move |event| tell.send(event.kind().to_string()).unwrap()).hydrate(saved);
    let builder = Verifier::builder().wall_clock(move || wall.now()).issuer(issuer);
    let (verifier, mut drivers): (_, Vec<_>) = built(builder);
    let healthy = verifier.status()[0].healthy;
    let events = told.try_iter().collect();
    // It loads as usual.
    assert_eq!(matches!(drivers[0].poll(Time::ZERO), Action::Fetch(_)), !healthy);
    (events, healthy)
}

#[test]
fn starts_without_those_that_are_refused_and_says_so() {
    let now = Wall::new().now();
    let set = |confirmed_at| SavedKeys::from_jwk_set(set_of(&["a"]), confirmed_at).unwrap();
    let foreign = {
        let wall = Wall::new();
        let other = Issuer::new("https://other.example").jwks_uri("https://other.example/keys");
        let builder = Verifier::builder().wall_clock(move || wall.now());
        let builder = builder.issuer(other.any_audience().hydrate(set(now)));
        let (verifier, _drivers): (_, Vec<_>) = built(builder);
        serde_json::to_string(&verifier.caches().next().unwrap().export()).unwrap()
    };
    for (saved, told) in [
        (Ok(set(now)), "started with saved keys: 1"),
        (
            Ok(set(now - 2000 * MINUTE)),
            "started without the saved keys: the saved keys were confirmed 1day 9h 20m ago and are \
             no longer trusted",
        ),
        (
            SavedKeys::from_json(&foreign),
            "started without the saved keys: the saved keys come from \
             `https://other.example/keys`, not from `https://id.example.com/keys?",
        ),
        (
            SavedKeys::from_json("{ cut sho"),
            "started without the saved keys: the saved keys are corrupted: ",
        ),
        (
            SavedKeys::from_json(foreign.replace("\"version\":1", "\"version\":9")),
            "started without the saved keys: the saved keys are of version 9, not of version 1",
        ),
    ] {
        let (events, healthy) = started_with(saved);
        assert!(events[0].starts_with(told), "{events:?}");
        assert_eq!(healthy, told == "started with saved keys: 1");
    }
}

#[test]
fn only_the_explicit_call_returns_the_refusal() {
    let wall = Wall::new();
    let old = SavedKeys::from_jwk_set(set_of(&["a"]), wall.now() - 2000 * MINUTE).unwrap();
    let builder = Verifier::builder().wall_clock(move || wall.now()).issuer(issuer());
    let (verifier, mut drivers): (_, Vec<_>) = built(builder);
    let error = drivers[0].hydrate(&old).unwrap_err();
    assert_eq!(error.kind(), HydrateErrorKind::Expired);
    assert!(!verifier.status()[0].healthy);
}
