//! RFC 8037 appendix A: Ed25519, and X25519, which is not for signatures.

use jwks_core::keys::{Algorithm, KeyLimits, KeySet, KeySetError, SkipReason};

use super::*;

fn parse(jwk: &str) -> Result<KeySet, KeySetError> {
    KeySet::parse(format!(r#"{{"keys":[{jwk}]}}"#).as_bytes(), &KeyLimits::default())
}

#[track_caller]
fn skipped(jwk: &str, reason: &SkipReason) {
    assert_eq!(parse(jwk).expect_err("no key left").skipped()[0].reason(), reason);
}

#[test]
fn a_1_private_key() {
    let private = r#","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}"#;
    skipped(&PUBLIC.replace('}', private), &SkipReason::PrivateMaterial);
}

#[test]
fn a_2_public_key_and_a_3_thumbprint() {
    let keys = parse(PUBLIC).unwrap();
    let key = keys.iter().next().unwrap();
    assert!(key.fits(Algorithm::EdDSA));
    assert_eq!(key.thumbprint().to_string(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn a_4_and_a_5_signature() {
    signature_passes(&service(&[PUBLIC]), TOKEN);
}

#[test]
fn a_6_x25519_and_a_7_x448() {
    let x = "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08";
    let jwk = format!(r#"{{"kty":"OKP","crv":"X25519","kid":"Bob","x":"{x}"}}"#);
    skipped(&jwk, &SkipReason::UnsupportedCurve("X25519".into()));
    let jwk = jwk.replace("X25519", "X448");
    skipped(&jwk, &SkipReason::UnsupportedCurve("X448".into()));
}

const PUBLIC: &str =
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}";
const TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvM\
    g3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
