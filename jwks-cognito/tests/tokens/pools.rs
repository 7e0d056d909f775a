//! Several pools in one verifier.

use std::time::Duration;

use jwks_cognito::{
    AccessClaims, CognitoBuilder, CognitoVerifier, EitherClaims, IssuerType, Pool, Refusal,
    TokenUse, UserPoolId,
};
use jwks_core::adapter::{Env, Start};
use jwks_core::cache::HealthKind;
use jwks_core::verify::ErrorKind;

use crate::support::{
    POOL, Signer, access, holding, id, iss, key, now, refusal, settings, settings_of, sign, token,
    verifier_of,
};

const OTHER: &str = "us-gov-west-1_Other1";

/// Another key with the kid of the first pool's, as two pools may have it.
fn other_key() -> Signer {
    Signer::rs256_shared(1, key().kid())
}

#[test]
fn the_iss_chooses_the_pool_and_never_the_kid() {
    let pools = [holding(settings(), &key()), holding(settings_of(OTHER), &other_key())];
    let (verifier, drivers) = verifier_of(pools);
    assert_eq!((drivers.len(), verifier.status().len(), verifier.caches().count()), (2, 2, 2));
    let claims = |pool: &str| access(|claims| claims["iss"] = iss(pool).into());
    let kind = |key: &Signer, pool| {
        let result = verifier.try_verify::<AccessClaims>(&sign(key, &claims(pool)));
        result.map(|verified| assert_eq!(verified.issuer(), iss(pool))).map_err(|it| it.kind())
    };
    assert_eq!(kind(&key(), POOL), Ok(()));
    assert_eq!(kind(&other_key(), OTHER), Ok(()));
    // The right kid and the wrong pool's key.
    assert_eq!(kind(&other_key(), POOL), Err(ErrorKind::InvalidSignature));
    assert_eq!(kind(&key(), OTHER), Err(ErrorKind::InvalidSignature));
    assert_eq!(kind(&key(), "eu-west-1_Third"), Err(ErrorKind::WrongIssuer));
}

#[test]
fn each_pool_has_settings_of_its_own() {
    let other = settings_of(OTHER).client_id("client-2").group("admin").token_use(TokenUse::Id);
    let (verifier, _drivers) =
        verifier_of([holding(settings(), &key()), holding(other, &other_key())]);
    let from_other = |change: fn(&mut serde_json::Value)| {
        let claims = id(|claims| {
            claims["iss"] = iss(OTHER).into();
            claims["aud"] = "client-2".into();
            claims["cognito:groups"] = serde_json::json!(["admin"]);
            change(claims);
        });
        refusal(verifier.try_verify::<EitherClaims>(&sign(&other_key(), &claims)))
    };
    assert_eq!(from_other(|_| ()), None);
    assert_eq!(from_other(|it| it["token_use"] = "access".into()), Some(Refusal::WrongTokenUse));
    assert_eq!(from_other(|it| it["cognito:groups"] = "x".into()), Some(Refusal::MissingGroup));
    // What the other pool takes, the first does not.
    let client = token(&access(|claims| claims["client_id"] = "client-2".into()));
    let refused = refusal(verifier.try_verify::<AccessClaims>(&client));
    assert_eq!(refused, Some(Refusal::WrongClient));
    assert!(verifier.try_verify::<AccessClaims>(&token(&access(|_| ()))).is_ok());
}

#[test]
fn a_pool_with_both_issuers_is_given_twice() {
    let updated = settings().issuer_type(IssuerType::Updated);
    let (verifier, _drivers) = verifier_of([holding(settings(), &key()), holding(updated, &key())]);
    let pool: UserPoolId = POOL.parse().unwrap();
    for issuer in [IssuerType::Original, IssuerType::Updated] {
        let text = token(&access(|claims| claims["iss"] = pool.issuer_of(issuer).into()));
        assert!(verifier.try_verify::<AccessClaims>(&text).is_ok());
    }
    let (verifier, _drivers) = verifier_of([holding(settings(), &key())]);
    let text = token(&access(|it| it["iss"] = pool.issuer_of(IssuerType::Updated).into()));
    let error = verifier.try_verify::<AccessClaims>(&text).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongIssuer);
}

#[test]
fn a_check_of_a_pools_own_is_for_its_tokens() {
    let checked = holding(settings(), &key()).check(|_| Err("closed".into()));
    let (verifier, _drivers) = verifier_of([checked, holding(settings_of(OTHER), &other_key())]);
    let error = verifier.try_verify::<AccessClaims>(&token(&access(|_| ()))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CheckFailed);
    let other = sign(&other_key(), &access(|claims| claims["iss"] = iss(OTHER).into()));
    assert!(verifier.try_verify::<AccessClaims>(&other).is_ok());
}

#[test]
fn pools_that_cannot_work_are_refused() {
    let error = |pools: &[&str]| {
        let pools = pools.iter().map(|pool| settings_of(pool));
        let builder = pools.fold(CognitoVerifier::builder(), CognitoBuilder::pool);
        let built = builder.build(Env::new(now));
        built.map(drop).unwrap_err()
    };
    assert!(error(&[]).to_string().starts_with("no pool is configured: give at least one"));
    let twice = error(&[POOL, POOL]);
    assert!(twice.to_string().contains(POOL), "{twice}");
    let undecided = jwks_cognito::CognitoSettings::new(POOL.parse().unwrap());
    let error = CognitoVerifier::builder().pool(undecided).build(Env::new(now)).unwrap_err();
    assert!(error.to_string().starts_with("user_pool_client_id is missing"), "{error}");
}

#[test]
fn is_ready_with_the_keys_of_those_that_are_required() {
    let optional = || Pool::from(settings_of(OTHER)).optional();
    let (verifier, _drivers) = verifier_of([holding(settings(), &key()), optional()]);
    assert!(pollster::block_on(verifier.ready(Duration::ZERO)).is_ok());
    let health = verifier.health();
    assert_eq!(health.verdict, HealthKind::Ready);
    assert_eq!(health.issuers[1].health.kind(), HealthKind::Starting);
    let missing = Pool::from(settings()).label("staff");
    let (verifier, _drivers) = verifier_of([missing, optional()]);
    let error = pollster::block_on(verifier.ready(Duration::ZERO)).unwrap_err();
    let named: Vec<_> = error.issuers().map(|(label, _)| label).collect();
    assert_eq!(named, ["staff"]);
}
