//! A verifier that starts with saved keys.

use jwks_core::cache::{HydrateErrorKind, SavedKeys};
use jwks_core::verify::{Issuer, Verifier};

use crate::world::{MINUTE, URL, Wall, set_of};

fn issuer() -> Issuer {
    Issuer::new("https://id.example.com").jwks_uri(URL).any_audience()
}

#[test]
fn has_them_at_once() {
    let wall = Wall::new();
    let bundle = SavedKeys::from_jwk_set(set_of(&["a"]), wall.now()).unwrap();
    let (verifier, _drivers) =
        Verifier::builder(move || wall.now()).issuer(issuer().hydrate(bundle)).build().unwrap();
    assert!(verifier.status()[0].healthy);
}

#[test]
fn is_refused_with_them_and_starts_without() {
    let wall = Wall::new();
    let old = SavedKeys::from_jwk_set(set_of(&["a"]), wall.now() - 2000 * MINUTE).unwrap();
    let build = |issuer| {
        let clock = wall.clone();
        Verifier::builder(move || clock.now()).issuer(issuer).build()
    };
    let error = build(issuer().hydrate(old.clone())).unwrap_err();
    assert_eq!(error.hydrate_error().unwrap().kind(), HydrateErrorKind::Expired);
    assert_eq!(error.to_string(), "issuer `https://id.example.com`");
    let (verifier, mut drivers) = build(issuer()).unwrap();
    assert!(drivers[0].hydrate(&old).is_err());
    assert!(!verifier.status()[0].healthy);
}
