//! What a server answers, and what an error shows.

use std::error::Error as StdError;
use std::time::Duration;

use jwks_cognito::{
    AccessClaims, CognitoSettings, CognitoVerifier, Endpoint, IssuerType, Refusal, UserPoolId,
};
use jwks_core::adapter::{Env, Start};
use jwks_core::verify::Error;
use serde_json::Value;

use crate::support::{access, holding, id, key, now, settings, token, verifier, verifier_of};

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
        // Which check it was is in the text, and nothing is left to say below it.
        let told = format!("a check of this service refused the token: {refusal}");
        assert_eq!((error.to_string(), error.source().is_none()), (told, true));
    }
}

/// Each error of this crate is one line that is enough, and what a `main` prints that returns it.
#[test]
fn every_error_is_one_readable_line() {
    let ids = [
        "",
        " ",
        "arn:aws:cognito-idp:eu-west-1:1:userpool/hush",
        "eu-west-1:hush",
        "eu-west-1_hush!",
        "eu-west-1_",
        "hush",
        "hush_a",
        "EU-WEST-1_hush",
        "_hush",
        " eu-west-1_hush",
        "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_hush",
        &format!("eu-west-1_{}", "a".repeat(99)),
    ];
    ids.into_iter().for_each(|id| is_readable(&id.parse::<UserPoolId>().unwrap_err()));
    let pool = |id: &str| id.parse::<UserPoolId>().unwrap();
    for (id, endpoint, issuer) in [
        ("eu-west-1_a", Endpoint::Fips, IssuerType::Original),
        ("us-gov-west-1_a", Endpoint::DualStack, IssuerType::Original),
        ("us-east-1_a", Endpoint::Fips, IssuerType::Updated),
    ] {
        is_readable(&pool(id).jwks_uri_at(issuer, endpoint).unwrap_err());
    }
    let build = |all: Vec<CognitoSettings>| {
        let builder = CognitoVerifier::builder();
        all.into_iter()
            .fold(builder, |builder, it| builder.pool(it))
            .build(Env::new(now))
            .unwrap_err()
    };
    for all in [
        vec![],
        vec![CognitoSettings::new(pool("eu-west-1_a"))],
        vec![settings().jwks_uri("http://u:hush@localhost/?hush")],
        vec![settings().jwks_uri("http://localhost/?hush")],
        vec![settings().leeway(Duration::MAX)],
        vec![settings().any_client()],
        vec![settings(), settings()],
    ] {
        is_readable(&build(all));
    }
    let vars = |vars: &[(&str, &str)]| CognitoSettings::from_vars(vars.iter().copied());
    is_readable(&vars(&[("user_pool_naem", "hush")]).unwrap_err());
    is_readable(&vars(&[("user_pool_id", "hush\n")]).unwrap_err());
}

fn is_readable<E: StdError>(error: &E) {
    let text = error.to_string();
    assert!(!text.is_empty() && !text.contains(char::is_control), "{text:?}");
    assert!(!text.contains("?hush") && !text.contains("u:hush"), "{text}");
    let word = text.split(' ').next().unwrap();
    let name = word.contains('_');
    assert!(name || !text.starts_with(char::is_uppercase), "{text}");
    assert_eq!(format!("{error:?}"), text);
    assert!(error.source().is_none(), "{text}");
}
