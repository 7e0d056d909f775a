//! What is skipped: looked up by `kid`, and told once.

use super::*;

fn newly(new: &KeySet, old: Option<&KeySet>) -> Vec<String> {
    new.newly_skipped(old).map(ToString::to_string).collect()
}

#[test]
fn the_same_complaint_is_not_new_wherever_the_key_stands() {
    let (enc, akp) = (RSA.jwk(r#""kid":"a","use":"enc""#), r#"{"kty":"AKP","kid":"b"}"#.to_owned());
    let good = P256.jwk(r#""kid":"good""#);
    let old = set(&[enc.clone(), akp.clone(), good.clone()]);
    let told = [
        "key 0 `a`: `use` is `enc`: the key is for something else",
        "key 1 `b`: unsupported kty `AKP`",
    ];
    assert_eq!(newly(&old, None), told);
    assert!(newly(&old, Some(&old)).is_empty());
    assert!(newly(&set(&[good.clone(), akp.clone(), enc.clone()]), Some(&old)).is_empty());
    let alone = set(std::slice::from_ref(&good));
    assert!(newly(&alone, Some(&old)).is_empty());
    assert_eq!(newly(&old, Some(&alone)).len(), 2);
    // Another reason, another key.
    let other = set(&[RSA.jwk(r#""kid":"a","use":"wrap""#), akp.replace('b', "c"), enc, good]);
    let told = [
        "key 0 `a`: `use` is `wrap`: the key is for something else",
        "key 1 `c`: unsupported kty `AKP`",
    ];
    assert_eq!(newly(&other, Some(&old)), told);
}

#[test]
fn keys_without_a_name_are_counted() {
    let good = P256.jwk(r#""kid":"good""#);
    let with = |count| {
        let mut jwks = vec!["1".to_owned(); count];
        jwks.push(good.clone());
        set(&jwks)
    };
    assert_eq!(
        newly(&with(5), Some(&with(3))),
        ["key 3: not a JSON object", "key 4: not a JSON object"]
    );
    assert!(newly(&with(3), Some(&with(5))).is_empty());
}

#[test]
fn names_that_look_alike_are_told_apart() {
    let jwk = |kid: &str| format!(r#"{{"kty":"AKP","kid":"{kid}"}}"#);
    let long = "k".repeat(70);
    let (one, other) = (jwk(&format!("{long}1")), jwk(&format!("{long}2")));
    let (raw, escaped) = (jwk(r"\u00e9"), jwk(r"\\u{e9}"));
    let good = P256.jwk("");
    let keys = set(&[one, raw, good.clone()]);
    assert_eq!(newly(&set(&[other, escaped, good]), Some(&keys)).len(), 2);
    assert!(keys.skipped_kid(&format!("{long}1")).is_some());
    assert!(keys.skipped_kid(&format!("{long}2")).is_none());
    let shown = format!("{:?}", keys.skipped());
    assert!(shown.is_ascii() && !shown.contains(&format!("{long}1")), "{shown}");
    assert!(keys.skipped_kid("é").is_some() && keys.skipped_kid(r"\u{e9}").is_none());
}

#[test]
fn a_skipped_kid_is_found_with_its_reason() {
    let keys = set(&[
        r#"{"kty":"AKP","kid":"b"}"#.into(),
        "1".into(),
        r#"{"kty":"oct","kid":"a","k":"AA"}"#.into(),
        RSA.jwk(r#""kid":"b","use":"enc""#),
        RSA.jwk(&format!(r#""kid":"{}""#, "k".repeat(257))),
        r#"{"kty":"oct","kid":"","k":"AA"}"#.into(),
        P256.jwk(r#""kid":"good""#),
    ]);
    let reason = |kid| keys.skipped_kid(kid).map(|skipped| skipped.reason().clone());
    assert_eq!(reason("a"), Some(SkipReason::SymmetricKey));
    assert_eq!(reason("b"), Some(SkipReason::UnsupportedKeyType("AKP".into())));
    assert_eq!(reason(""), Some(SkipReason::SymmetricKey));
    for kid in ["good", "aa", "A", "c", &"k".repeat(257), &"k".repeat(64), "\0"] {
        assert_eq!(reason(kid), None, "{kid}");
    }
}
