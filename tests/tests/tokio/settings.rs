//! Settings that cannot work are refused, each in its own words.

use std::{error::Error, time::SystemTime};

use jwks_conformance::world::ms;
use jwks_core::{
    keys::Algorithm,
    refresh::PolicyBuilder,
    verify::{IssuerError, VerifierBuilder},
};
use jwks_tokio::{Issuer, Policy, Verifier};

#[test]
fn issuers() {
    let sound =
        || Issuer::new("https://id.example").jwks_uri("https://id.example/keys").audience("a");
    let at = |uri: &str| sound().jwks_uri(uri);
    for (issuer, told) in [
        (at("nonsense here"), "the url is malformed"),
        (at("/keys"), "the url is relative"),
        (at("https://id.example/keys#x"), "the url has a fragment"),
        (at("https://user:pass@id.example/keys"), "the url has user information"),
        (at("https://id.example:x/keys"), "the url's port is not a number up to 65535"),
        (at("ftp://id.example/keys"), "the url is not https"),
        (at("http://id.example/keys"), "the url is not https"),
        (at("http://id.example/keys").allow_loopback_http(), "the url is not https"),
        (
            at("http://127.0.0.1/keys"),
            "the url is plain http to this machine, which `allow_loopback_http` has to allow",
        ),
        (
            Issuer::new("https://id.example").jwks_uri("https://id.example/keys"),
            "audience: not decided, must be given, or `any_audience()`",
        ),
        (
            Issuer::new("https://id.example").audience("a"),
            "keys: no place given, must be a `jwks_uri`, a `source` or `discover`",
        ),
        (sound().leeway(ms(601_000)), "leeway: too long, must be at most 10 minutes"),
        (sound().algorithms([] as [Algorithm; 0]), "algorithms: none given, must be at least one"),
    ] {
        let error = build([issuer]).unwrap_err();
        assert_eq!(told_by(&error), format!("issuer `https://id.example`: {told}"));
    }
    for (iss, told) in [
        ("id.example", "the url is relative"),
        ("http://id.example", "the url is not https"),
        ("https://id.example/?a", "the issuer's url has a query"),
    ] {
        let error = build([Issuer::new(iss).audience("a").discover()]).unwrap_err();
        assert_eq!(told_by(&error), format!("issuer `{iss}`: {told}"));
    }
    let nameless = Issuer::new("").jwks_uri("https://id.example/keys").audience("a");
    let error = build([nameless]).unwrap_err();
    assert_eq!(told_by(&error), "issuer ``: issuer: empty, must be the `iss` of the tokens");
    let error = build([sound(), sound()]).unwrap_err();
    assert_eq!(told_by(&error), "issuer `https://id.example`: the issuer is configured twice");
    build([sound()]).unwrap();
}

#[test]
fn policies() {
    let new = Policy::builder;
    for (policy, field) in [
        (new().usages(0), "jwks_cache_usages"),
        (new().usages(u64::MAX), "jwks_cache_usages"),
        (new().interval(ms(0)), "jwks_cache_interval"),
        (new().interval(std::time::Duration::MAX), "jwks_cache_interval"),
        (new().background_refresh_threshold(1.1), "jwks_background_refresh_threshold"),
        (new().background_refresh_threshold(f64::NAN), "jwks_background_refresh_threshold"),
        (new().jitter(-0.1), "jwks_jitter"),
        (new().min_refresh_interval(ms(0)), "jwks_min_refresh_interval"),
        (new().unknown_kid_cooldown(ms(0)), "jwks_unknown_kid_cooldown"),
        (new().retry(ms(0), ms(1)), "jwks_retry_initial"),
        (new().retry(ms(2), ms(1)), "jwks_retry_max"),
        (new().fetch_timeout(ms(0)), "jwks_fetch_timeout"),
        (new().max_body(0), "jwks_max_body"),
        (new().max_keys(0), "jwks_max_keys"),
        (new().min_keys(0), "jwks_min_keys"),
        (new().max_trust(ms(1)), "jwks_max_trust"),
        (new().stale_if_error(ms(0)).background_refresh_threshold(1.0), "jwks_stale_if_error"),
    ] {
        let error = PolicyBuilder::build(policy).unwrap_err();
        assert_eq!(error.field(), field, "{error}");
        assert!(!error.allowed().is_empty());
        let text = error.to_string();
        assert!(text.starts_with(&format!("{field} is {}", error.value())), "{text}");
        assert!(text.contains(", allowed is "), "{text}");
    }
}

fn build(issuers: impl IntoIterator<Item = Issuer>) -> Result<Verifier, IssuerError> {
    let none = Verifier::builder(SystemTime::now);
    let builder = issuers.into_iter().fold(none, VerifierBuilder::issuer);
    builder.build().map(|(verifier, _drivers)| verifier)
}

/// The whole chain in one line; no link repeats the next.
fn told_by(error: &dyn Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        assert!(!told.contains(&error.to_string()), "{told} repeats {error}");
        told = format!("{told}: {error}");
        cause = error.source();
    }
    told
}
