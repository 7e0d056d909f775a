//! Keys that are for the tokens of one issuer (their `issuer` member).

use super::*;

const TEMPLATE: &str = r#""issuer":"https://login.example.com/{tenantid}/v2.0""#;

fn parse_for(issuer: Option<&str>, jwks: &[String]) -> KeySet {
    let tokens = TokensOf { issuer, algorithms: None };
    KeySet::parse_for(tokens, set_json(jwks).as_bytes(), &KeyLimits::default()).unwrap()
}

#[test]
fn a_key_without_issuer_serves_everybody() {
    let keys = set(&[P256.jwk(r#""kid":"a""#), RSA.jwk(r#""kid":"b","issuer":null"#)]);
    assert!(!keys.has_bound_keys());
    for key in keys.iter() {
        assert!(key.issuer().is_none() && key.serves("anybody", None) && key.serves("", Some("t")));
    }
    assert!(keys.skipped_kid("a").is_none() && keys.skipped_kid("b").is_none());
}

#[test]
fn a_key_with_issuer_serves_that_one() {
    let keys = set(&[
        P256.jwk(r#""kid":"a","issuer":"https://id.example.com""#),
        RSA.jwk(&format!(r#""kid":"b",{TEMPLATE}"#)),
    ]);
    assert!(keys.has_bound_keys() && keys.len() == 2);
    let key = |kid| keys.candidates(kid).next().unwrap();
    assert_eq!(key("a").issuer(), Some("https://id.example.com"));
    assert!(key("a").serves("https://id.example.com", None));
    assert!(!key("a").serves("https://id.example.com/", None));
    assert!(key("b").serves("https://login.example.com/7f/v2.0", Some("7f")));
    assert!(!key("b").serves("https://login.example.com/7f/v2.0", Some("80")));
    assert!(!key("b").serves("https://login.example.com/7f/v2.0", None));
    // For all others it is as if it were skipped, and they are told why.
    assert!(keys.skipped().is_empty());
    let told = "key 0 `a`: the key is only for tokens of the issuer `https://id.example.com`";
    assert_eq!(keys.skipped_kid("a").unwrap().to_string(), told);
}

#[test]
fn by_kid_alone_a_key_is_handed_out_if_it_fits_the_own_issuer() {
    let jwks = [
        P256.jwk(r#""kid":"all""#),
        P256.jwk(r#""kid":"ours","issuer":"https://login.example.com/7f/v2.0""#),
        P256.jwk(r#""kid":"theirs","issuer":"https://login.example.com/80/v2.0""#),
        P256.jwk(&format!(r#""kid":"any",{TEMPLATE}"#)),
        RSA.jwk(r#""kid":"theirs""#),
    ];
    let handed_out = |issuer| {
        let keys = parse_for(issuer, &jwks);
        ["all", "any", "ours", "theirs"].map(|kid| keys.handed_out(kid).count())
    };
    assert_eq!(handed_out(None), [1, 0, 0, 1]);
    assert_eq!(handed_out(Some("https://login.example.com/7f/v2.0")), [1, 1, 1, 1]);
    assert_eq!(handed_out(Some("https://login.example.com/80/v2.0")), [1, 1, 0, 2]);
    assert_eq!(handed_out(Some("https://login.example.com/{tenantid}/v2.0")), [1, 1, 0, 1]);
    assert_eq!(handed_out(Some("https://id.example.com")), [1, 0, 0, 1]);
}

#[test]
fn the_issuer_is_part_of_what_a_key_is() {
    let (one, other) = (r#""kid":"a","issuer":"one""#, r#""kid":"a","issuer":"other""#);
    let keys = set(&[P256.jwk(one), P256.jwk(other), P256.jwk(one), P256.jwk(r#""kid":"a""#)]);
    assert_eq!(keys.candidates("a").count(), 3);
    assert_eq!(keys.skipped().len(), 1);
    assert_eq!(keys.skipped()[0].index(), 2);
    assert_ne!(set(&[P256.jwk(one)]), set(&[P256.jwk(other)]));
    assert_ne!(set(&[P256.jwk(one)]), set(&[P256.jwk(r#""kid":"a""#)]));
    // The reason is that of the first in the document.
    assert_eq!(keys.skipped_kid("a").unwrap().reason(), &SkipReason::OtherIssuer("one".into()));
}

#[test]
fn an_export_keeps_the_issuer() {
    let keys = set(&[P256.jwk(&format!(r#""kid":"a",{TEMPLATE}"#)), RSA.jwk("")]);
    let jwks: Vec<_> = keys.iter().map(PublicJwk::from).collect();
    let text = serde_json::to_string(&PublicJwks { keys: &jwks }).unwrap();
    assert!(text.contains(TEMPLATE), "{text}");
    assert_eq!(parse(&text).unwrap(), keys);
}
