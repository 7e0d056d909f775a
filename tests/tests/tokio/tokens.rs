//! Tokens that are refused: each for what it is, and without a fetch.

use jwks_core::verify::ErrorKind as Kind;
use jwks_testkit::Signer;
use jwks_tokio::{Policy, Registered};
use serde_json::{Value, json};

use crate::world;

#[test]
fn what_no_key_is_needed_for() {
    let world = world();
    // Without background refresh a token that gets as far as its key would fetch.
    let service = world.start(Policy::builder().background_refresh(false));
    let (good, key, claims) = (world.token(), &world.key, world.claims());
    let parts: Vec<_> = good.split('.').collect();
    let header = |header: Value| key.sign_with_header(&header, &claims);
    let text = |header: &str| key.sign_bytes(header.as_bytes(), claims.to_string().as_bytes());
    for (token, kind) in [
        (String::new(), Kind::Malformed),
        (".".to_owned(), Kind::Malformed),
        ("..".to_owned(), Kind::Malformed),
        ("...".to_owned(), Kind::Malformed),
        ("nonsense".to_owned(), Kind::Malformed),
        ("ä.ö.ü".to_owned(), Kind::Malformed),
        ("\0.\0.\0".to_owned(), Kind::Malformed),
        (parts[..2].join("."), Kind::Malformed),
        (format!("{good}."), Kind::Malformed),
        (format!("{good}.{good}"), Kind::Malformed),
        (format!(" {good}"), Kind::Malformed),
        (format!("{good}\n"), Kind::Malformed),
        (format!("{good}="), Kind::Malformed),
        (format!("Bearer {good}"), Kind::Malformed),
        (good.replace('.', "%2E"), Kind::Malformed),
        (format!("{good}{}", "A".repeat(20_000)), Kind::Malformed),
        (text(""), Kind::Malformed),
        (text("[]"), Kind::Malformed),
        (text("null"), Kind::Malformed),
        (text("{}"), Kind::Malformed),
        (text(r#"{"alg":"ES256","#), Kind::Malformed),
        (text(r#"{"alg":"ES256","alg":"ES256"}"#), Kind::Malformed),
        (text(r#"{"alg":"ES256","kid":"k1","kid":"k2"}"#), Kind::Malformed),
        (key.sign_bytes(b"{\"alg\":\"ES256\",\"kid\":\"\xff\"}", b"{}"), Kind::Malformed),
        (header(json!({ "alg": 256 })), Kind::Malformed),
        (header(json!({ "alg": "ES256", "kid": 1 })), Kind::Malformed),
        (header(json!({ "alg": "ES256", "kid": "k".repeat(257) })), Kind::Malformed),
        (header(json!({ "alg": "ES256", "kid": "k1", "crit": [] })), Kind::Malformed),
        (header(json!({ "alg": "ES256", "crit": ["exp"], "exp": 1 })), Kind::CriticalHeader),
        (header(json!({ "alg": "ES256", "kid": "k1", "b64": false })), Kind::CriticalHeader),
        (header(json!({ "alg": "none" })), Kind::AlgorithmNotAllowed),
        (header(json!({ "alg": "nOnE", "kid": "k1" })), Kind::AlgorithmNotAllowed),
        (header(json!({ "alg": "HS256", "kid": "k1" })), Kind::AlgorithmNotAllowed),
        (header(json!({ "alg": "", "kid": "k1" })), Kind::AlgorithmNotAllowed),
        (header(json!({ "alg": "ES256", "kid": "k1", "typ": "dpop+jwt" })), Kind::TypeNotAllowed),
        (format!("{}.{}.", encoded(r#"{"alg":"none"}"#), parts[1]), Kind::AlgorithmNotAllowed),
    ] {
        let error = service.at_once(&token).expect("no wait").unwrap_err();
        assert_eq!(error.kind(), kind, "{error}: {token:.80}");
        assert!(error.is_caller_fault() && error.retry_at().is_none());
        let error = service.verifier.try_verify::<Registered>(&token).unwrap_err();
        assert_eq!(error.kind(), kind);
    }
    assert_eq!((world.issuer.fetches(), service.status().misses), (0, 0));
}

#[test]
fn what_the_keys_and_claims_decide() {
    let world = world();
    let rsa = Signer::rs256_shared(1, "rsa");
    world.issuer.publish(&[&world.key, &rsa]);
    let service = world.loaded(Policy::builder());
    let (good, key) = (world.token(), &world.key);
    let with = |name: &str, value: Value| {
        let mut claims = world.claims();
        claims[name] = value;
        key.sign(&claims)
    };
    let without = |name: &str| {
        let mut claims = world.claims();
        claims.as_object_mut().unwrap().remove(name);
        key.sign(&claims)
    };
    let header = |header: Value| key.sign_with_header(&header, &world.claims());
    let payload =
        |payload: &str| key.sign_bytes(key.header().to_string().as_bytes(), payload.as_bytes());
    let parts: Vec<_> = good.split('.').collect();
    let other = with("sub", "another".into());
    let swapped = format!("{}.{}.{}", parts[0], other.split('.').nth(1).unwrap(), parts[2]);
    for (token, kind) in [
        (format!("{}.{}.", parts[0], parts[1]), Kind::InvalidSignature),
        (format!("{}.{}.AAAA", parts[0], parts[1]), Kind::InvalidSignature),
        (swapped, Kind::InvalidSignature),
        (Signer::es256("k1").sign(&world.claims()), Kind::InvalidSignature),
        // The key itself, offered in the header, is not asked.
        (
            Signer::es256("k1").sign_with_header(
                &json!({ "alg": "ES256", "kid": "k1", "jwk": key.public_jwk(), "jku": "http://127.0.0.1:1/" }),
                &world.claims(),
            ),
            Kind::InvalidSignature,
        ),
        (header(json!({ "alg": "RS256", "kid": "rsa" })), Kind::InvalidSignature),
        (header(json!({ "alg": "RS256", "kid": "k1" })), Kind::NoUsableKey),
        (header(json!({ "alg": "ES256", "kid": "rsa" })), Kind::NoUsableKey),
        (header(json!({ "alg": "EdDSA" })), Kind::NoUsableKey),
        (payload(""), Kind::Malformed),
        (payload("[]"), Kind::Malformed),
        (payload("{"), Kind::Malformed),
        (payload(r#"{"exp":9999999999,"exp":9999999999}"#), Kind::Malformed),
        (with("exp", "soon".into()), Kind::Malformed),
        (with("nbf", Value::Null), Kind::Malformed),
        (with("iss", json!(["a"])), Kind::Malformed),
        (with("aud", 1.into()), Kind::Malformed),
        (with("exp", 1.into()), Kind::Expired),
        (with("exp", (-1).into()), Kind::Expired),
        (with("nbf", u32::MAX.into()), Kind::NotYetValid),
        (with("iss", "https://elsewhere.example".into()), Kind::WrongIssuer),
        (with("iss", format!("{}/", world.issuer.base()).into()), Kind::WrongIssuer),
        (with("aud", "another".into()), Kind::WrongAudience),
        (with("aud", json!([])), Kind::WrongAudience),
        (without("exp"), Kind::MissingClaim),
        (without("iss"), Kind::MissingClaim),
        (without("aud"), Kind::MissingClaim),
    ] {
        let error = service.try_verify(&token).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}: {token}");
        assert!(error.is_caller_fault());
    }
    service.passes_at_once(&good);
    service.passes_at_once(&header(json!({ "alg": "ES256" })));
    // The load, and one for all the signatures that no held key has made.
    assert!(world.issuer.fetches() <= 2);
    assert_eq!(service.status().misses, 0);
}

fn encoded(text: &str) -> String {
    let token = Signer::es256("k1").sign_bytes(text.as_bytes(), b"{}");
    token.split('.').next().expect("a header").to_owned()
}
