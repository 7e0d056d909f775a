//! Keys that say for which issuer they are (their `issuer` member), and tokens that would like to
//! pass with them anyway.

use jwks_core::verify::Issuer;

use super::*;

const LOGIN: &str = "https://login.example.com/7f/v2.0";
const TEMPLATE: &str = r#""issuer":"https://login.example.com/{tenantid}/v2.0""#;

fn issuer(iss: &str) -> Issuer {
    Issuer::new(iss).jwks_uri("https://id.example.com/keys").audience("my-api")
}

fn payload(iss: &str, more: &str) -> String {
    format!(r#"{{"iss":"{iss}","aud":"my-api","exp":2000{more}}}"#)
}

fn token(signer: &Signer, kid: &str, payload: &str) -> String {
    signer.token(ES256, &header(ES256, kid), payload)
}

#[test]
fn a_template_wants_the_tenant_of_the_token() {
    let jwks = [P256.jwk(&format!(r#""kid":"a",{TEMPLATE}"#))];
    let service = Service::with(issuer(LOGIN), &jwks, 1500);
    let kind = |payload: &str| service.kind(&token(&P256, "a", payload));
    assert_eq!(kind(&payload(LOGIN, r#","tid":"7f""#)), Ok(()));
    assert_eq!(kind(&payload(LOGIN, r#","t\u0069d":"7\u0066""#)), Ok(()));
    for tid in
        ["", r#","tid":"80""#, r#","tid":"""#, r#","tid":7"#, r#","tid":null"#, r#","tid":["7f"]"#]
    {
        assert_eq!(kind(&payload(LOGIN, tid)), Err(ErrorKind::NoUsableKey), "{tid}");
    }
    // Who says to be of another tenant is of another issuer.
    let other = payload("https://login.example.com/80/v2.0", r#","tid":"80""#);
    assert_eq!(kind(&other), Err(ErrorKind::WrongIssuer));
    // Its word counts only because the signature covers it.
    let forged = token(&Signer::new(ES256), "a", &payload(LOGIN, r#","tid":"7f""#));
    assert_eq!(service.kind(&forged), Err(ErrorKind::InvalidSignature));
}

#[test]
fn the_key_of_one_issuer_signs_for_no_other() {
    let other = Signer::new(ES256);
    let jwks = [
        P256.jwk(&format!(r#""kid":"a","issuer":"{LOGIN}""#)),
        other.jwk(r#""kid":"b","issuer":"https://evil.example.com""#),
        other.jwk(r#""kid":"a","issuer":"https://evil.example.com""#),
        P384.jwk(r#""kid":"c""#),
    ];
    let both = |own: &'static str| {
        let evil = (issuer("https://evil.example.com"), &jwks[..]);
        Service::several(vec![(issuer(own), &jwks[..]), evil], 1500)
    };
    let service = both(LOGIN);
    let ours = payload(LOGIN, "");
    assert_eq!(service.kind(&token(&P256, "a", &ours)), Ok(()));
    // The kid has two keys, of which only ours is tried.
    assert_eq!(service.kind(&token(&other, "a", &ours)), Err(ErrorKind::InvalidSignature));
    assert_eq!(service.kind(&token(&other, "b", &ours)), Err(ErrorKind::NoUsableKey));
    let theirs = payload("https://evil.example.com", "");
    assert_eq!(service.kind(&token(&other, "a", &theirs)), Ok(()));
    assert_eq!(service.kind(&token(&other, "b", &theirs)), Ok(()));
    assert_eq!(service.kind(&token(&P256, "a", &theirs)), Err(ErrorKind::InvalidSignature));
    // A key that is for all serves beside them, but not another algorithm.
    let shared = P384.token(ES384, &header(ES384, "c"), &ours);
    assert_eq!(service.kind(&shared), Ok(()));
    let wrong = RSA.token(RS256, &header(RS256, "a"), &ours);
    assert_eq!(service.kind(&wrong), Err(ErrorKind::NoUsableKey));
}

#[test]
fn without_kid_only_the_issuers_own_keys_are_counted() {
    let other = Signer::new(ES256);
    let jwks = [
        other.jwk(r#""kid":"x","issuer":"https://evil.example.com""#),
        P256.jwk(&format!(r#""kid":"a","issuer":"{LOGIN}""#)),
    ];
    let service = Service::with(issuer(LOGIN), &jwks, 1500);
    let kidless = |signer: &Signer| signer.token(ES256, r#"{"alg":"ES256"}"#, &payload(LOGIN, ""));
    assert_eq!(service.kind(&kidless(&P256)), Ok(()));
    assert_eq!(service.kind(&kidless(&other)), Err(ErrorKind::InvalidSignature));
    let service = Service::with(issuer(LOGIN), &jwks[..1], 1500);
    assert_eq!(service.kind(&kidless(&other)), Err(ErrorKind::NoUsableKey));
}

/// A payload that nobody can read names no issuer; it is told for what it is.
#[test]
fn a_payload_that_is_none_finds_no_bound_key() {
    let jwks = [P256.jwk(&format!(r#""kid":"a",{TEMPLATE}"#)), P384.jwk(r#""kid":"b""#)];
    let service = Service::with(issuer(LOGIN), &jwks, 1500);
    for payload in ["", "[]", r#"{"iss":1}"#, r#"{"iss":"x","iss":"y"}"#, r#"{"iss":"\ud800"}"#] {
        let bound = service.kind(&token(&P256, "a", payload));
        assert_eq!(bound, Err(ErrorKind::Malformed), "{payload}");
        let free = service.kind(&P384.token(ES384, &header(ES384, "b"), payload));
        assert_eq!(free, Err(ErrorKind::Malformed), "{payload}");
    }
    // No key is tried, so a forged one is told the same.
    for signer in [&*P256, &Signer::new(ES256)] {
        let missing = service.kind(&token(signer, "a", r#"{"exp":2000,"tid":"7f"}"#));
        assert_eq!(missing, Err(ErrorKind::MissingClaim));
    }
}
