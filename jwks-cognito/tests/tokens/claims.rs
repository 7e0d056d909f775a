//! Claims, as they come out of a verifier.

use jwks_cognito::{AccessClaims, CognitoClaims, EitherClaims, IdClaims, TokenUse};
use jwks_core::verify::ErrorKind;
use serde::Deserialize;

use crate::support::{CLIENT, access, id, settings, token, verifier};

#[derive(Deserialize)]
struct Mine {
    tenant: String,
}

#[test]
fn claims_of_ones_own_come_with_ours() {
    let (verifier, _drivers) = verifier(settings());
    let with = token(&access(|claims| claims["tenant"] = "acme".into()));
    let verified = verifier.try_verify::<AccessClaims<Mine>>(&with).unwrap();
    assert_eq!(verified.claims().extra.tenant, "acme");
    assert_eq!(verified.claims().client_id, CLIENT);
    let error = verifier.try_verify::<AccessClaims<Mine>>(&token(&access(|_| ()))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ClaimsShape);
}

#[test]
fn a_type_of_ones_own_says_which_tokens_become_it() {
    #[derive(Debug, Deserialize)]
    struct Caller {
        sub: String,
    }
    impl CognitoClaims for Caller {
        const TOKEN_USE: TokenUse = TokenUse::Id;
    }
    let (verifier, _drivers) = verifier(settings());
    assert_eq!(verifier.try_verify::<Caller>(&token(&id(|_| ()))).unwrap().claims().sub, "user-1");
    assert!(verifier.try_verify::<Caller>(&token(&access(|_| ()))).is_err());
}

#[test]
fn attributes_of_the_pools_own_are_read() {
    let (verifier, _drivers) = verifier(settings());
    let with = token(&id(|claims| claims["custom:tenant"] = "acme".into()));
    let claims = verifier.try_verify::<IdClaims>(&with).unwrap().into_claims();
    assert_eq!(claims.custom.get("tenant"), Some("acme"));
    let claims = verifier.try_verify::<EitherClaims>(&with).unwrap().into_claims();
    assert_eq!((claims.token_use(), claims.client_id()), (TokenUse::Id, CLIENT));
    assert_eq!(claims.username(), Some("somebody"));
}

#[test]
fn a_machine_is_known() {
    let (verifier, _drivers) = verifier(settings());
    let machine = token(&access(|claims| {
        claims.as_object_mut().unwrap().remove("username");
        claims["sub"] = CLIENT.into();
    }));
    let claims = verifier.try_verify::<AccessClaims>(&machine).unwrap().into_claims();
    assert!(claims.is_machine_to_machine());
    let user = verifier.try_verify::<AccessClaims>(&token(&access(|_| ()))).unwrap();
    assert!(!user.claims().is_machine_to_machine());
}
