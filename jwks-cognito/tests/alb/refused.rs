//! Each refusal, and that it costs no fetch where it must not.

use jwks_cognito::alb::{Alb, AlbErrorKind as Kind};
use jwks_cognito::jwks_core::keys::Algorithm;
use jwks_testkit::Signer;
use serde_json::{Value, json};

use crate::world::{ARN, ISS, KID, VAI, World, builder, padded};

#[test]
fn a_good_one_passes_with_one_fetch() {
    let mut world = World::new();
    let good = world.good();
    assert!(good.contains('='), "it shows nothing without padding: {good}");
    let user = world.verify(&good).unwrap();
    assert_eq!(user.claims()["sub"], "alice");
    assert_eq!((user.signer(), user.client(), user.issuer()), (ARN, Some("web"), Some(ISS)));
    let left = user.expires_at().unwrap().duration_since(world.now()).unwrap();
    assert_eq!(left.as_secs(), 120);
    assert!(!format!("{user:?}").contains("alice"));
    world.verify(&good).unwrap();
    assert_eq!(world.fetches(), 1);
}

#[test]
fn what_is_wrong_by_the_header_costs_no_fetch() {
    let mut world = World::new();
    let other = ARN.replace("web", "evil");
    let many = "x".repeat(20_000);
    let cases: Vec<(&str, Value, Kind)> = vec![
        ("signer", other.into(), Kind::WrongSigner),
        ("signer", Value::Null, Kind::Malformed),
        ("client", "evil".into(), Kind::WrongClient),
        ("client", Value::Null, Kind::WrongClient),
        ("exp", world.second(-60).into(), Kind::Expired),
        ("exp", Value::Null, Kind::Malformed),
        ("exp", "soon".into(), Kind::Malformed),
        ("alg", "ES384".into(), Kind::AlgorithmNotAllowed),
        ("alg", "none".into(), Kind::AlgorithmNotAllowed),
        ("alg", "HS256".into(), Kind::AlgorithmNotAllowed),
        ("alg", "RS256".into(), Kind::AlgorithmNotAllowed),
        ("kid", "../../secret".into(), Kind::Malformed),
        ("kid", format!("{KID}?").into(), Kind::Malformed),
        ("kid", Value::Null, Kind::Malformed),
        ("typ", "at+jwt".into(), Kind::Malformed),
        ("crit", json!(["exp"]), Kind::Malformed),
        ("b64", false.into(), Kind::Malformed),
        ("long", many.into(), Kind::Malformed),
    ];
    for (name, value, kind) in cases {
        let text = world.with(name, value.clone());
        let error = world.verify(&text).unwrap_err();
        assert_eq!(error.kind(), kind, "{name}: {error}");
        assert_eq!(error.status_code(), 401);
    }
    let crit_null = padded(
        &world.signer,
        &world.header().to_string().replacen('{', r#"{"crit":null,"#, 1),
        &world.claims().to_string(),
    );
    let twice = padded(
        &world.signer,
        &world.header().to_string().replacen('{', &format!(r#"{{"signer":"{ARN}","#), 1),
        &world.claims().to_string(),
    );
    let good = world.good();
    let (head, tail) = good.split_once('.').unwrap();
    let odd = [
        String::new(),
        "a.b".into(),
        format!("{good}.x"),
        format!("{good}="),
        format!("{head}=.{tail}"),
        format!("{}.{tail}", &head[1..]),
        format!("Bearer {good}"),
        crit_null,
        twice,
    ];
    for text in odd {
        assert_eq!(world.verify(&text).unwrap_err().kind(), Kind::Malformed, "{text}");
    }
    assert_eq!(world.fetches(), 0);
}

#[test]
fn an_issuer_is_looked_at_where_one_is_named() {
    let host = "https://public-keys.auth.elb.eu-west-1.amazonaws.com";
    let mut world = World::of(builder().issuer(ISS), host, Algorithm::ES256);
    for iss in [Value::Null, "https://evil.example.com".into()] {
        let text = world.with("iss", iss);
        assert_eq!(world.verify(&text).unwrap_err().kind(), Kind::WrongIssuer);
    }
    assert_eq!(world.fetches(), 0);
    let good = world.good();
    world.verify(&good).unwrap();
}

#[test]
fn a_signature_must_be_by_the_key_and_over_the_padded_text() {
    let mut world = World::new();
    let forged = padded(
        &Signer::new(Algorithm::ES256, KID),
        &world.header().to_string(),
        &world.claims().to_string(),
    );
    assert_eq!(world.verify(&forged).unwrap_err().kind(), Kind::InvalidSignature);
    let good = world.good();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let stripped = format!("{}.{signature}", signed.replace('=', ""));
    assert_eq!(world.verify(&stripped).unwrap_err().kind(), Kind::InvalidSignature);
    let other = world.claims().to_string().replace("alice", "mallo");
    let other = padded(&world.signer, &world.header().to_string(), &other);
    let (mixed, _) = other.rsplit_once('.').unwrap();
    let mixed = format!("{mixed}.{signature}");
    assert_eq!(world.verify(&mixed).unwrap_err().kind(), Kind::InvalidSignature);
    assert_eq!(world.fetches(), 1, "a bad signature fetches nothing more");
}

#[test]
fn the_claims_are_judged_too() {
    let mut world = World::new();
    for (claims, kind) in [
        (json!({ "sub": "a", "exp": world.second(-61) }), Kind::Expired),
        (json!({ "sub": "a", "nbf": world.second(61) }), Kind::NotYetValid),
        (json!({ "sub": "a", "exp": "soon" }), Kind::Malformed),
        (json!(["a"]), Kind::Malformed),
    ] {
        let text = padded(&world.signer, &world.header().to_string(), &claims.to_string());
        assert_eq!(world.verify(&text).unwrap_err().kind(), kind, "{claims}");
    }
    #[derive(Debug, serde::Deserialize)]
    #[expect(dead_code, reason = "never read")]
    struct Number {
        sub: u64,
    }
    let good = world.good();
    let error = world.memory.block_on(world.alb.verify::<Number>(&good)).unwrap_err();
    assert_eq!(error.kind(), Kind::ClaimsShape);
    assert!(!error.to_string().contains("alice"));
}

#[test]
fn it_expires_half_open_with_the_leeway() {
    let mut world = World::new();
    let good = world.good();
    world.advance(179);
    world.verify(&good).unwrap();
    world.advance(1);
    assert_eq!(world.verify(&good).unwrap_err().kind(), Kind::Expired);
}

#[test]
fn verified_access_has_its_own_host_algorithm_and_signer() {
    let host = "https://public-keys.prod.verified-access.eu-west-1.amazonaws.com";
    let builder = Alb::verified_access("eu-west-1").unwrap().signer(VAI);
    let mut world = World::of(builder, host, Algorithm::ES384);
    let mut header = json!({ "alg": "ES384", "kid": KID, "signer": VAI, "iss": ISS,
        "exp": world.second(120) });
    let good = padded(&world.signer, &header.to_string(), r#"{"sub":"xyz"}"#);
    assert_eq!(world.verify(&good).unwrap().client(), None);
    header["alg"] = "ES256".into();
    let wrong = padded(&world.signer, &header.to_string(), r#"{"sub":"xyz"}"#);
    assert_eq!(world.verify(&wrong).unwrap_err().kind(), Kind::AlgorithmNotAllowed);
}
