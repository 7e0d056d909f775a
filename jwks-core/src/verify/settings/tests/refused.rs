//! What is refused, and what a person reads of it.

use std::time::UNIX_EPOCH;

use super::{toml, vars};
use crate::cache::Env;
use crate::verify::Verifier;

const ISS: &str = "issuer = 'https://id.example.com'\n";

/// Two issuers: the text after the first, and the whole of the second.
fn two(beside: &str, second: &str) -> String {
    format!(
        "{beside}\n[[issuers]]\nissuer = 'https://a'\ndiscover = true\nany_audience = true\n\
         [[issuers]]\n{second}"
    )
}

#[test]
fn each_refusal_says_where_and_what_to_do() {
    let one = |text: &str| format!("{ISS}{text}");
    let b = "issuer = 'https://b'\n";
    for (text, refusal) in [
        (one("audiance = 'a'"), "unknown setting `audiance`: did you mean `audience`?"),
        (one("clock_skew = '5s'"), "unknown setting `clock_skew`: did you mean `leeway`?"),
        (
            one("jwks_cache_usages = 5"),
            "unknown setting `jwks_cache_usages`: did you mean `usages`?",
        ),
        (
            "audience = 'a'\ndiscover = true".to_owned(),
            "issuer is missing: it must be the `iss` of the tokens, such as \
             'https://id.example.com'",
        ),
        (
            "issuer = ''".to_owned(),
            "issuer is empty: it must be the `iss` of the tokens, such as \
             `https://id.example.com`",
        ),
        (
            one("jwks_uri = 'https://id.example.com/keys'\ndiscover = true"),
            "jwks_uri and discover are both given: keep jwks_uri to name the place of the keys, or \
             discover to ask the issuer for it",
        ),
        (
            one("audiences = ['a']\nany_audience = true"),
            "audiences and any_audience are both given: keep audience to accept only tokens that \
             are meant for this service, or any_audience to accept those for others too",
        ),
        (
            one("audience = ''"),
            "audience is empty: it must be the value that tokens for this service have in `aud`",
        ),
        (
            one("audience = ['a', 'b']"),
            "audience is a list, allowed is one text; for several there is `audiences`",
        ),
        (
            one("audiences = []"),
            "audiences is a list, allowed is one or more texts, as a list or with commas between \
             them",
        ),
        (
            one("algorithms = ['RS256', 'HS256']"),
            "algorithms is a list, allowed is one or more of ES256, ES384, ES512, EdDSA, PS256, \
             PS384, PS512, RS256, RS384, RS512",
        ),
        (
            one("algorithms = 'none'"),
            "algorithms is 'none', allowed is one or more of ES256, ES384, ES512, EdDSA, PS256, \
             PS384, PS512, RS256, RS384, RS512",
        ),
        (
            one("leeway = 60"),
            "leeway is 60, allowed is a duration with a unit, such as '30s' or '1h 30m'",
        ),
        (one("leeway = '11m'"), "leeway is 11m, allowed is 0s to 10m"),
        (
            one("types = ['at+jwt']\nalso_types = ['x']"),
            "types and also_types are both given: types names all that pass, so add it there",
        ),
        (one("jwks_uri = 7"), "jwks_uri must be text"),
        (
            one("jwks_uri = '/keys'"),
            "jwks_uri cannot be used: the url is relative: it must begin with `https://` and a host",
        ),
        (
            one("jwks_uri = 'http://localhost/keys'"),
            "jwks_uri cannot be used: the url is plain http to this machine, which has to be \
             allowed; for tests, allow it with `allow_loopback_http`",
        ),
        (one("discover = 'maybe'"), "discover is 'maybe', allowed is true or false"),
        (
            one("max_token_len = 0"),
            "max_token_len is 0, allowed is a whole number of bytes, at least 1",
        ),
        (one("policy = 'fleet'"), "policy is 'fleet', allowed is a table"),
        (
            one("policy = { intervall = '5m' }"),
            "unknown setting `policy.intervall`: did you mean `interval`?",
        ),
        (
            one("interval = '5m'\npolicy = { interval = '6m' }"),
            "interval and policy.interval are the same setting: keep one",
        ),
        (
            one("interval = '5m'\npolicy = { strategy = 'usage' }"),
            "interval has no effect with policy.strategy = usage: by `usage`, a lifetime ends after \
             `usages` validations, and at `max_trust` at the latest; leave it out, or choose `time` \
             or `both`",
        ),
        (one("policy = { usages = 0 }"), "policy.usages is 0, allowed is 1 to 2305843009213693952"),
        ("issuers = []".to_owned(), "issuers is a list, allowed is a list of one or more tables"),
        ("issuers = 'a'".to_owned(), "issuers is 'a', allowed is a list of one or more tables"),
        (
            two("discover = true", b),
            "discover stands beside issuers: it is for one issuer, so it belongs into one of the \
             tables [[issuers]]",
        ),
        (
            two("label = 'staff'", b),
            "label stands beside issuers: it is for one issuer, so it belongs into one of the \
             tables [[issuers]]",
        ),
        (
            two("", "audience = 'a'"),
            "issuers[1].issuer is missing: it must be the `iss` of the tokens, such as \
             'https://id.example.com'",
        ),
        (
            two("", "issuer = 'https://a'"),
            "issuers[1].issuer is that of issuers[0].issuer: keep one table for each issuer",
        ),
        (
            two("", &format!("{b}leeway = 'long'")),
            "issuers[1].leeway is 'long', allowed is a duration with a unit, such as '30s' or \
             '1h 30m'",
        ),
        (
            two("", &format!("{b}policy = {{ jitter = 2 }}")),
            "issuers[1].policy.jitter is 2, allowed is 0 to 1",
        ),
        (
            two("", &format!("{b}audience = 'a'\nany_audience = true")),
            "issuers[1].audience and issuers[1].any_audience are both given: keep audience to \
             accept only tokens that are meant for this service, or any_audience to accept those \
             for others too",
        ),
        (
            two("", &format!("{b}max_token_len = 5")),
            "unknown setting `issuers[1].max_token_len`: known ",
        ),
        (
            two("interval = '30h'", b),
            "interval is 1day 6h, allowed is at most 23h, which is max_trust less stale_if_error",
        ),
        (two("leeway = '1h'", b), "leeway is 1h, allowed is 0s to 10m"),
        (
            two("usages = 5", &format!("{b}strategy = 'time'\nusages = 6")),
            "issuers[1].usages has no effect with issuers[1].strategy = time: by `time`, validations \
             end no lifetime; leave it out, or choose `usage` or `both`",
        ),
        (
            two("usages = 5\nstrategy = 'time'", b),
            "usages has no effect with strategy = time: by `time`, validations end no lifetime; \
             leave it out, or choose `usage` or `both`",
        ),
    ] {
        let error = toml(&text).unwrap_err();
        assert!(error.starts_with(refusal), "{text}\n{error}");
        assert!(error == refusal || refusal.ends_with("known "), "{text}\n{error}");
    }
}

#[test]
fn a_shared_setting_needs_an_effect_on_one_issuer() {
    let second = "issuer = 'https://b'\nstrategy = 'time'\ndiscover = true\nany_audience = true";
    let settings = toml(&two("usages = 5", second)).unwrap();
    assert!(Verifier::builder().settings(settings).assemble(Env::new(|| UNIX_EPOCH)).is_ok());
}

#[test]
fn the_environment_is_refused_by_the_names_of_its_variables() {
    let iss = ("JWKS_ISSUER", "https://id.example.com");
    for (pairs, refusal) in [
        (
            vec![("PATH", "/bin")],
            "JWKS_ISSUER is missing: it must be the `iss` of the tokens, such as \
             'https://id.example.com'",
        ),
        (vec![("JWKS_ISUER", "x")], "unknown setting `JWKS_ISUER`: did you mean `JWKS_ISSUER`?"),
        (
            vec![iss, ("JWKS_JWKS_URI", "x")],
            "unknown setting `JWKS_JWKS_URI`: did you mean `JWKS_URI`?",
        ),
        (
            vec![iss, ("JWKS_URI", "https://id.example.com/keys"), ("JWKS_DISCOVER", "1")],
            "JWKS_URI and JWKS_DISCOVER are both given: keep jwks_uri to name the place of the \
             keys, or discover to ask the issuer for it",
        ),
        (
            vec![iss, ("JWKS_AUDIENCES", "a,,b")],
            "JWKS_AUDIENCES is 'a,,b', allowed is one or more texts, as a list or with commas \
             between them",
        ),
        (
            vec![iss, ("JWKS_STRATEGY", "usage"), ("JWKS_INTERVAL", "20m")],
            "JWKS_INTERVAL has no effect with JWKS_STRATEGY = usage: by `usage`, a lifetime ends \
             after `usages` validations, and at `max_trust` at the latest; leave it out, or choose \
             `time` or `both`",
        ),
    ] {
        assert_eq!(vars(&pairs).unwrap_err(), refusal);
    }
    let error = vars(&[iss, ("JWKS_ISSUERS", "x")]).unwrap_err();
    assert_eq!(error, "unknown setting `JWKS_ISSUERS`: did you mean `JWKS_ISSUER`?");
    let others = [iss, ("JWKS_SERVICE_HOST", "10.0.0.1"), ("JWKS_PORT_80_TCP_ADDR", "10.0.0.1")];
    assert_eq!(vars(&others).unwrap().issuers()[0].iss(), "https://id.example.com");
}
