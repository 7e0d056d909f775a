//! What is no JWS in compact form, or no JWT.

use serde_json::{Value, json};

use super::BadToken;
use crate::TestIssuer;

pub(super) fn tokens(issuer: &TestIssuer) -> Vec<BadToken> {
    let key = issuer.signer();
    let good = issuer.token().sign();
    let claims = issuer.token().claims().to_string();
    let header = key.header().to_string();
    let parts: Vec<&str> = good.split('.').collect();
    let [head, payload, signature] = parts[..] else { unreachable!("a token has three parts") };
    let wrong = |name, text| BadToken::new(MALFORMED, name, text);
    let signed =
        |header: &str, payload: &str| key.sign_bytes(header.as_bytes(), payload.as_bytes());
    vec![
        wrong("one word", "not-a-token".to_owned()),
        wrong("two parts", format!("{head}.{payload}")),
        wrong("four parts", format!("{good}.{signature}")),
        wrong("five parts, as if encrypted", format!("{good}.{signature}.{signature}")),
        wrong("dots alone", "..".to_owned()),
        wrong("a header that is no base64url", format!("~{head}.{payload}.{signature}")),
        wrong("a header that is no JSON", signed("alg", &claims)),
        wrong("a header that is a list", signed("[]", &claims)),
        wrong("a header without alg", signed(&without(&header, "alg"), &claims)),
        wrong("alg twice in the header", signed(&twice(&header, "alg"), &claims)),
        wrong("a kid that is a number", signed(&with(&header, "kid", json!(1)), &claims)),
        wrong("base64url with padding", format!("{good}==")),
        wrong("claims that are no JSON", signed(&header, "claims")),
        wrong("claims that are a list", signed(&header, "[]")),
        wrong("claims that are no UTF-8", key.sign_bytes(header.as_bytes(), b"{\"sub\":\"\xff\"}")),
        wrong("exp twice in the claims", signed(&header, &twice(&claims, "exp"))),
        wrong("64 KiB long", issuer.token().claim("padding", "x".repeat(48 * 1024)).sign()),
    ]
}

/// As the JSON text of an object, with a member in place of another.
fn with(object: &str, name: &str, value: Value) -> String {
    let mut object: Value = serde_json::from_str(object).expect("JSON of our own");
    object[name] = value;
    object.to_string()
}

fn without(object: &str, name: &str) -> String {
    let mut object: Value = serde_json::from_str(object).expect("JSON of our own");
    object.as_object_mut().expect("an object").remove(name);
    object.to_string()
}

/// The same member once more, with the same value.
fn twice(object: &str, name: &str) -> String {
    let value: Value = serde_json::from_str(object).expect("JSON of our own");
    format!("{{\"{name}\":{},{}", value[name], &object[1..])
}

const MALFORMED: &str = "4";
