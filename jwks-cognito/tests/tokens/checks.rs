//! Every check of Cognito's, by tokens that are one step away from one that passes.

use jwks_cognito::{
    AccessClaims, CognitoClaims, CognitoSettings, CognitoVerifier, EitherClaims, IdClaims, Refusal,
    TokenUse,
};
use jwks_core::verify::ErrorKind;
use serde_json::{Value, json};

use crate::support::{
    Signer, access, any_client, built, holding, id, key, now, refusal, settings, sign, token,
    verifier,
};

/// The strictest settings that the good tokens pass.
fn strict() -> CognitoSettings {
    settings().client_id("client-2").group("admin").group("staff")
}

fn refused<T: CognitoClaims>(settings: CognitoSettings, claims: &Value) -> Option<Refusal> {
    let (verifier, _drivers) = verifier(settings);
    let result = verifier.try_verify::<T>(&token(claims));
    assert!(result.as_ref().err().is_none_or(|e| e.kind() == ErrorKind::CheckFailed), "{result:?}");
    refusal(result)
}

#[test]
fn good_tokens_pass() {
    let scoped = || strict().scope("orders/write").scope("orders/read");
    let access_only = || scoped().token_use(TokenUse::Access);
    for settings in [settings(), strict(), scoped(), access_only(), any_client()] {
        assert_eq!(refused::<AccessClaims>(settings.clone(), &access(|_| ())), None);
        assert_eq!(refused::<EitherClaims>(settings, &access(|_| ())), None);
    }
    for settings in [settings(), strict(), strict().token_use(TokenUse::Id)] {
        assert_eq!(refused::<IdClaims>(settings.clone(), &id(|_| ())), None);
        assert_eq!(refused::<EitherClaims>(settings, &id(|_| ())), None);
    }
}

#[test]
fn an_access_token_one_step_away_is_refused_for_that_step() {
    use Refusal::{MissingGroup, MissingScope, WrongClient, WrongTokenUse};

    type Change = fn(&mut Value);
    let steps: [(Change, Refusal); 19] = [
        (|claims| claims["token_use"] = "id".into(), WrongTokenUse),
        (|claims| claims["token_use"] = "refresh".into(), WrongTokenUse),
        (|claims| claims["token_use"] = "Access".into(), WrongTokenUse),
        (|claims| claims["token_use"] = json!(["access"]), WrongTokenUse),
        (|claims| claims["token_use"] = Value::Null, WrongTokenUse),
        (|claims| remove(claims, "token_use"), WrongTokenUse),
        (|claims| claims["client_id"] = "client-3".into(), WrongClient),
        (|claims| claims["client_id"] = "client-1 ".into(), WrongClient),
        (|claims| claims["client_id"] = json!(["client-1"]), WrongClient),
        (|claims| remove(claims, "client_id"), WrongClient),
        // `aud` is not where an access token names its client.
        (
            |claims| {
                remove(claims, "client_id");
                claims["aud"] = "client-1".into()
            },
            WrongClient,
        ),
        (|claims| claims["cognito:groups"] = json!(["guests"]), MissingGroup),
        (|claims| claims["cognito:groups"] = json!([]), MissingGroup),
        (|claims| claims["cognito:groups"] = "staff".into(), MissingGroup),
        (|claims| remove(claims, "cognito:groups"), MissingGroup),
        (|claims| claims["scope"] = "openid".into(), MissingScope),
        (|claims| claims["scope"] = "orders/readers orders/rea".into(), MissingScope),
        (|claims| claims["scope"] = json!(["orders/read"]), MissingScope),
        (|claims| remove(claims, "scope"), MissingScope),
    ];
    for (change, expected) in steps {
        let claims = access(change);
        let settings = strict().scope("orders/read");
        assert_eq!(refused::<AccessClaims>(settings, &claims), Some(expected), "{claims}");
    }
}

#[test]
fn an_id_token_one_step_away_is_refused_for_that_step() {
    use Refusal::{MissingGroup, WrongClient, WrongTokenUse};

    type Change = fn(&mut Value);
    let steps: [(Change, Refusal); 10] = [
        (|claims| claims["token_use"] = "access".into(), WrongTokenUse),
        (|claims| claims["token_use"] = "refresh".into(), WrongTokenUse),
        (|claims| remove(claims, "token_use"), WrongTokenUse),
        (|claims| claims["aud"] = "client-3".into(), WrongClient),
        (|claims| claims["aud"] = json!(["client-3"]), WrongClient),
        (|claims| claims["aud"] = json!([]), WrongClient),
        (|claims| remove(claims, "aud"), WrongClient),
        // `client_id` is not where an ID token names its client.
        (
            |claims| {
                remove(claims, "aud");
                claims["client_id"] = "client-1".into()
            },
            WrongClient,
        ),
        (|claims| claims["cognito:groups"] = json!(["guests"]), MissingGroup),
        (|claims| remove(claims, "cognito:groups"), MissingGroup),
    ];
    for (change, expected) in steps {
        let claims = id(change);
        assert_eq!(refused::<IdClaims>(strict(), &claims), Some(expected), "{claims}");
    }
}

#[test]
fn the_use_is_checked_by_type_and_by_settings() {
    let wrong = Some(Refusal::WrongTokenUse);
    let (access, id) = (access(|_| ()), id(|_| ()));
    assert_eq!(refused::<IdClaims>(settings(), &access), wrong);
    assert_eq!(refused::<AccessClaims>(settings(), &id), wrong);
    assert_eq!(refused::<EitherClaims>(settings().token_use(TokenUse::Access), &id), wrong);
    assert_eq!(refused::<EitherClaims>(settings().token_use(TokenUse::Id), &access), wrong);
    // Only access tokens have scopes: the reason is the use, not the scope.
    assert_eq!(refused::<EitherClaims>(settings().scope("openid"), &id), wrong);
    // And the use, not the group or the client, whatever else is wrong.
    let group = settings().group("admin").client_id("another");
    assert_eq!(refused::<AccessClaims>(group, &id), wrong);
}

#[test]
fn what_is_the_cores_to_check_is_checked() {
    let (verifier, _drivers) = verifier(settings());
    let kind = |token: &str| verifier.try_verify::<EitherClaims>(token).unwrap_err().kind();
    let of = |change: fn(&mut Value)| kind(&token(&access(change)));
    // Beyond the leeway, which is 60 s by default.
    assert_eq!(of(|claims| claims["exp"] = 1_699_999_940.into()), ErrorKind::Expired);
    assert_eq!(of(|claims| claims["nbf"] = 1_700_000_061.into()), ErrorKind::NotYetValid);
    assert_eq!(of(|claims| remove(claims, "exp")), ErrorKind::MissingClaim);
    let other = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other";
    assert_eq!(kind(&token(&access(|it| it["iss"] = other.into()))), ErrorKind::WrongIssuer);
    let forged = sign(&Signer::rs256_shared(1, key().kid()), &access(|_| ()));
    assert_eq!(kind(&forged), ErrorKind::InvalidSignature);
    let other = sign(&Signer::es256(key().kid()), &access(|_| ()));
    assert_eq!(kind(&other), ErrorKind::AlgorithmNotAllowed);
    // A real refresh token is encrypted: five parts.
    assert_eq!(kind("eyJhbGciOiJSU0EtT0FFUCJ9.a2V5.aXY.dGV4dA.dGFn"), ErrorKind::Malformed);
    assert!(verifier.try_verify::<EitherClaims>(&token(&access(|_| ()))).is_ok());
}

#[test]
fn the_longest_token_is_that_of_the_builder() {
    let token = token(&access(|_| ()));
    for (longest, passes) in [(token.len(), true), (token.len() - 1, false)] {
        let pool = holding(settings(), &key());
        let builder = CognitoVerifier::builder().max_token_len(longest).pool(pool);
        let (verifier, _drivers) = built(builder);
        assert_eq!(verifier.try_verify::<AccessClaims>(&token).is_ok(), passes);
    }
}

#[test]
fn the_leeway_is_that_of_the_settings() {
    let lenient = settings().leeway(std::time::Duration::from_secs(30));
    let (verifier, _drivers) = verifier(lenient);
    let late = token(&access(|claims| claims["exp"] = 1_699_999_971.into()));
    assert!(verifier.try_verify::<AccessClaims>(&late).is_ok());
    let later = now() + std::time::Duration::from_secs(1);
    assert!(verifier.try_verify_at::<AccessClaims>(&late, later).is_err());
}

fn remove(claims: &mut Value, name: &str) {
    claims.as_object_mut().unwrap().remove(name);
}
