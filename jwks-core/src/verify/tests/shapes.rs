//! Claims that do not fit the caller's type: the claim is named, and no value.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::calls::{issuer, serving, token};
use super::*;

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only its shape matters")]
struct Own {
    #[serde(rename = "https://example.com/roles")]
    roles: Vec<BTreeMap<String, u8>>,
    level: Option<u8>,
    #[serde(flatten)]
    others: Others,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape matters")]
struct Strict {
    aud: String,
    exp: u64,
    iss: String,
    nbf: u64,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only its shape matters")]
struct Plain {
    aud: (),
    tenant: String,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only its shape matters")]
struct Others {
    tenant: String,
}

fn told<T: serde::de::DeserializeOwned>(more: &str) -> String {
    let (verifier, _drivers) = serving([issuer(ISSUER)]);
    let payload = PAYLOAD.replace("\"nbf\"", &format!("{more},\n\"nbf\""));
    let error = verifier.try_verify::<T>(&token(&payload)).map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ClaimsShape);
    let shown = format!("{error} {error:?} {error:#?}");
    assert!(!shown.contains("hush"), "{shown}");
    error.to_string()
}

#[test]
fn the_claim_is_named() {
    let roles = "the claim `https://example.com/roles` does not fit";
    let named = |name: &str| format!("the claim `{name}` does not fit");
    for (text, start) in [
        (told::<Own>(r#""tenant":"a","https://example.com/roles":"hush""#), roles),
        // Deep in it, and behind other lines.
        (told::<Own>("\n\"x\":\n1,\"https://example.com/roles\":[{\"a\":\n\"hush\"}]"), roles),
        (
            told::<Strict>(r#""hush-free":"hush""#.replace("hush-free", "more").as_str()),
            &named("more"),
        ),
        (told::<Plain>(r#""x":"hush""#), &named("aud")),
        (told::<Strict>(r#""a\u001b":"hush""#), &named(r"a\u{1b}")),
    ] {
        assert!(text.starts_with(start), "{text}");
    }
}

#[test]
fn one_that_is_missing_is_named() {
    let text = told::<Own>(r#""https://example.com/roles":[],"x":"hush""#);
    assert!(text.starts_with("the claim `tenant` does not fit"), "{text}");
}

/// Serde does not tell where it was, once it has put a flattened claim aside.
#[test]
fn one_that_cannot_be_told_is_not_guessed() {
    let text = told::<Own>(r#""https://example.com/roles":[],"tenant":["hush"]"#);
    assert!(text.starts_with("the claims do not fit the type `"), "{text}");
}
