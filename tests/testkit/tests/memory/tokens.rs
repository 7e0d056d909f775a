//! Tokens are what they were asked to be, as a verifier sees it.

use std::time::{Duration, Instant};

use jwks_core::{
    keys::Algorithm,
    verify::{ErrorKind, Registered, Verified},
};
use jwks_testkit::{Clock, InMemory, Signer, TestIssuer, TokenBuilder};
use serde_json::{Value, json};

fn refusal(change: impl FnOnce(TokenBuilder) -> TokenBuilder) -> Option<ErrorKind> {
    let mut world = InMemory::new();
    let issuer = world.issuer("https://id.example.com");
    let verifier = world.verifier([issuer.configured().required_claim("sub")]);
    let token = change(issuer.token()).sign();
    verifier.try_verify::<Value>(&token).err().map(|error| error.kind())
}

#[test]
fn a_token_is_good_but_for_what_is_asked() {
    assert_eq!(refusal(|token| token), None);
    assert_eq!(refusal(|token| token.subject("a").scopes(["b", "c"]).typ("at+jwt")), None);
    assert_eq!(refusal(|token| token.audience(json!(["other", "my-api"]))), None);
    assert_eq!(refusal(|token| token.without_header("kid")), None);
    assert_eq!(refusal(TokenBuilder::expired), Some(ErrorKind::Expired));
    assert_eq!(refusal(TokenBuilder::not_yet_valid), Some(ErrorKind::NotYetValid));
    assert_eq!(refusal(TokenBuilder::forged), Some(ErrorKind::InvalidSignature));
    assert_eq!(refusal(|token| token.audience("other")), Some(ErrorKind::WrongAudience));
    assert_eq!(refusal(|token| token.issuer("other")), Some(ErrorKind::WrongIssuer));
    assert_eq!(refusal(|token| token.without("sub")), Some(ErrorKind::MissingClaim));
    assert_eq!(refusal(|token| token.typ("dpop+jwt")), Some(ErrorKind::TypeNotAllowed));
    assert_eq!(refusal(|token| token.algorithm("none")), Some(ErrorKind::AlgorithmNotAllowed));
    assert_eq!(refusal(|token| token.kid("other")), Some(ErrorKind::UnknownKid));
    let foreign = Signer::eddsa("foreign");
    assert_eq!(refusal(|token| token.signed_by(&foreign)), Some(ErrorKind::UnknownKid));
}

#[test]
fn claims_come_as_they_were_asked_for() {
    let issuer = TestIssuer::new("https://id.example.com").audience("orders");
    let token = issuer.token().subject("alice").scopes(["a", "b"]).claim("tenant", 7);
    let token = token.bound_to_certificate(b"certificate").lifetime(Duration::from_secs(60));
    let verified: Verified<Value> = token.verified().unwrap();
    let claims = verified.claims();
    assert_eq!(claims["sub"], "alice");
    assert_eq!(claims["scope"], "a b");
    assert_eq!(claims["aud"], "orders");
    assert_eq!(claims["tenant"], 7);
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 60 + 1);
    // SHA-256 has 32 bytes: 43 characters.
    assert_eq!(claims["cnf"]["x5t#S256"].as_str().unwrap().len(), 43);
    assert_eq!(verified.kid(), Some("key-1"));
}

#[test]
fn verified_claims_are_verified() {
    let issuer = TestIssuer::new("https://id.example.com");
    let refused = |token: TokenBuilder| token.verified::<Registered>().unwrap_err().kind();
    assert_eq!(refused(issuer.token().expired()), ErrorKind::Expired);
    assert_eq!(refused(issuer.token().algorithm("ES384")), ErrorKind::NoUsableKey);
    let shape = issuer.token().verified::<Vec<u8>>().unwrap_err();
    assert_eq!(shape.kind(), ErrorKind::ClaimsShape);
    let then = Clock::standing_at(std::time::UNIX_EPOCH + Duration::from_secs(1_000_000_000));
    let then = TestIssuer::with("https://id.example.com", Signer::eddsa("k"), then);
    then.token().verified::<Registered>().expect("good at its own time");
}

#[test]
fn every_algorithm_signs_what_a_verifier_accepts() {
    for &algorithm in Algorithm::ALL {
        let mut world = InMemory::new();
        let key = Signer::new(algorithm, "k");
        let issuer = world.issuer_with("https://id.example.com", key);
        let verifier = world.verifier([issuer.configured()]);
        let verified = verifier.try_verify::<Registered>(&issuer.token().sign());
        assert_eq!(verified.unwrap().algorithm(), algorithm);
    }
}

#[test]
fn a_signer_is_made_in_less_than_five_milliseconds() {
    // The best of many: how fast it is, however busy the machine.
    let made = |make: fn(&str) -> Signer| {
        let one = |_| {
            let start = Instant::now();
            make("k");
            start.elapsed()
        };
        (0..20).map(one).min().unwrap()
    };
    for make in [Signer::es256, Signer::eddsa] {
        assert!(made(make) < Duration::from_millis(5), "{:?}", made(make));
    }
}

#[test]
fn keys_differ_from_run_to_run() {
    let key = |issuer: &TestIssuer| issuer.signer().public_jwk()["x"].clone();
    let (one, two) = (TestIssuer::new("https://a.example"), TestIssuer::new("https://b.example"));
    assert_ne!(key(&one), key(&two));
    assert_eq!(one.signer().kid(), two.signer().kid());
}
