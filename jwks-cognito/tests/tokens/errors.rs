//! What a server answers, and what an error shows.

use std::error::Error as _;

use jwks_cognito::{AccessClaims, Refusal};
use jwks_core::verify::Error;
use serde_json::Value;

use crate::support::{access, holding, id, key, settings, token, verifier, verifier_of};

fn error(claims: &Value) -> Error {
    let strict = settings().group("staff").scope("orders/read");
    verifier(strict).0.try_verify::<AccessClaims>(&token(claims)).unwrap_err()
}

#[test]
fn a_token_for_others_is_401_and_one_that_may_not_403() {
    for (claims, status) in [
        (id(|_| ()), 401),
        (access(|claims| claims["client_id"] = "x".into()), 401),
        (access(|claims| claims["exp"] = 1.into()), 401),
        (access(|claims| claims["cognito:groups"] = Value::Null), 403),
        (access(|claims| claims["scope"] = Value::Null), 403),
    ] {
        let error = error(&claims);
        assert_eq!(error.status_code(), status, "{error}");
        let forbidden = Refusal::of(&error).is_some_and(Refusal::is_forbidden);
        assert_eq!(forbidden, status == 403);
    }
    let (verifier, _drivers) =
        verifier_of([holding(settings(), &key()).check(|_| Err("closed".into()))]);
    let own = verifier.try_verify::<AccessClaims>(&token(&access(|_| ()))).unwrap_err();
    assert_eq!(own.status_code(), 403);
    let malformed = verifier.try_verify::<AccessClaims>("x").unwrap_err();
    assert_eq!(malformed.status_code(), 401);
}

#[test]
fn an_error_shows_neither_token_nor_claim() {
    let secret = |claims: &mut Value| {
        for name in ["client_id", "scope", "token_use", "username"] {
            claims[name] = "hush".into();
        }
        claims["cognito:groups"] = serde_json::json!(["hush"]);
    };
    for claims in [
        access(secret),
        access(|claims| {
            secret(claims);
            claims["token_use"] = "access".into()
        }),
        access(|claims| claims["cognito:groups"] = serde_json::json!(["hush"])),
        access(|claims| claims["scope"] = "hush".into()),
    ] {
        let error = error(&claims);
        let refusal = Refusal::of(&error).unwrap();
        let shown = format!("{error} {error:?} {refusal} {refusal:?}");
        assert!(!shown.contains("hush") && !shown.contains("eyJ"), "{shown}");
        assert_eq!(error.source().unwrap().to_string(), refusal.to_string());
        assert!(!error.to_string().contains(&refusal.to_string()), "{error}");
    }
}
