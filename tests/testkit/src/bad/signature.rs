//! What the issuer's key has not signed, and headers that ask for another way to check it.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::BadToken;
use crate::{Signer, TestIssuer, signer::encode};

pub(super) fn tokens(issuer: &TestIssuer) -> Vec<BadToken> {
    let wrong = |name, text| BadToken::new("6", name, text);
    let token = || issuer.token();
    let (good, key) = (token().sign(), issuer.signer());
    let (signed, signature) = good.rsplit_once('.').expect("a token of our own");
    let mut tokens = vec![
        BadToken::new("7", "a kid that nobody publishes", stranger(issuer)),
        wrong("another key under the same kid", token().forged().sign()),
        wrong("no signature", format!("{signed}.")),
        wrong("another token's signature", format!("{}.{signature}", other_signed(issuer))),
        wrong("a signature with one bit changed", format!("{signed}.{}", flipped(signature))),
        wrong("a signature cut short", format!("{signed}.{}", &signature[..signature.len() - 4])),
        wrong("a signature of zeros", format!("{signed}.{}", zeros(&key))),
        wrong("claims changed after signing", changed_claims(&good)),
        wrong("alg none, no signature", token().unsigned()),
        wrong("alg none, with its signature", renamed(&good, "none")),
        wrong("alg NONE, no signature", unsigned_as(issuer, "NONE")),
        wrong("alg nOnE, no signature", unsigned_as(issuer, "nOnE")),
        wrong("alg of another kind of key", token().algorithm(other_kind(&key)).sign()),
        wrong("alg that nobody knows", token().algorithm("XS256").sign()),
        wrong("a critical extension", critical(issuer)),
        wrong("typ of another kind of token", token().typ("dpop+jwt").sign()),
        wrong("its own key in the header (jwk)", own_key(issuer, "jwk")),
        wrong("its own keys' address in the header (jku)", own_key(issuer, "jku")),
        wrong("its own certificate in the header (x5c)", own_key(issuer, "x5c")),
        wrong("its own certificate's address in the header (x5u)", own_key(issuer, "x5u")),
    ];
    tokens.extend(symmetric(issuer).map(|(name, secret)| wrong(name, with_hmac(issuer, &secret))));
    tokens
}

fn stranger(issuer: &TestIssuer) -> String {
    let key = issuer.signer().impostor();
    issuer.token().signed_by(&key.named("nobody-publishes-this")).sign()
}

fn other_signed(issuer: &TestIssuer) -> String {
    let other = issuer.token().subject("another").sign();
    other.rsplit_once('.').expect("a token of our own").0.to_owned()
}

/// One bit in the middle, where every encoding has whole bits.
fn flipped(signature: &str) -> String {
    let at = signature.len() / 2;
    let other = if signature.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &signature[..at], &signature[at + 1..])
}

/// Which a careless check of ECDSA accepts for any token (CVE-2022-21449).
fn zeros(key: &Signer) -> String {
    encode(vec![0; key.signature(b"").len()])
}

fn changed_claims(good: &str) -> String {
    let parts: Vec<&str> = good.split('.').collect();
    let mut claims = decoded(parts[1]);
    claims["sub"] = "administrator".into();
    format!("{}.{}.{}", parts[0], encode(claims.to_string()), parts[2])
}

fn renamed(good: &str, alg: &str) -> String {
    let (header, rest) = good.split_once('.').expect("a token of our own");
    let mut header = decoded(header);
    header["alg"] = alg.into();
    format!("{}.{rest}", encode(header.to_string()))
}

fn unsigned_as(issuer: &TestIssuer, alg: &str) -> String {
    let header = json!({ "alg": alg, "kid": issuer.signer().kid(), "typ": "JWT" });
    let claims = issuer.token().claims().to_string();
    format!("{}.{}.", encode(header.to_string()), encode(claims))
}

fn other_kind(key: &Signer) -> &'static str {
    if key.algorithm().name().starts_with("ES") { "RS256" } else { "ES256" }
}

fn critical(issuer: &TestIssuer) -> String {
    let name = "urn:example:unknown";
    issuer.token().header("crit", json!([name])).header(name, true).sign()
}

/// Signed by a key of the attacker's, which the header brings along under the issuer's `kid`.
fn own_key(issuer: &TestIssuer, member: &str) -> String {
    let key = issuer.signer().impostor();
    let value = match member {
        "jwk" => key.public_jwk(),
        "x5c" => json!([STANDARD.encode(key.public_der())]),
        _ => "https://attacker.invalid/keys".into(),
    };
    issuer.token().signed_by(&key).header(member, value).sign()
}

/// What a verifier that lets the token choose the algorithm takes for the secret: the public key,
/// in each form in which it may be at hand (RFC 8725, section 2.1).
fn symmetric(issuer: &TestIssuer) -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    let key = issuer.signer();
    let der = key.public_der();
    let mut pem = "-----BEGIN PUBLIC KEY-----\n".to_owned();
    for line in STANDARD.encode(&der).as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str("-----END PUBLIC KEY-----\n");
    let secrets = [
        ("HS256 with the public key as PEM", pem.into_bytes()),
        ("HS256 with the public key as DER", der),
        ("HS256 with the public key as JWK", key.public_jwk().to_string().into_bytes()),
        ("HS256 with the public key's bytes", key.public_bytes()),
        ("HS256 with an empty secret", Vec::new()),
    ];
    secrets.into_iter()
}

fn with_hmac(issuer: &TestIssuer, secret: &[u8]) -> String {
    let header = json!({ "alg": "HS256", "kid": issuer.signer().kid(), "typ": "JWT" });
    let claims = issuer.token().claims().to_string();
    let message = format!("{}.{}", encode(header.to_string()), encode(claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
    format!("{message}.{}", encode(tag))
}

fn decoded(part: &str) -> Value {
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part);
    serde_json::from_slice(&bytes.expect("base64url of our own")).expect("JSON of our own")
}
