//! Keys made once for a run, the sets made of them, and tokens signed by them.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Every kid that an issuer here may publish.
pub(crate) const KIDS: [&str; 4] = ["a", "b", "c", "d"];

static PAIRS: LazyLock<Vec<EcdsaKeyPair>> = LazyLock::new(|| {
    let generate = || EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    KIDS.iter().map(|_| generate()).collect()
});

/// A JWK Set of the keys with these kids.
pub(crate) fn set_of(kids: &[&str]) -> String {
    let keys: Vec<_> = kids.iter().map(|kid| jwk(kid, kid)).collect();
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

/// The material of one key under the kid of another.
pub(crate) fn jwk(material: &str, kid: &str) -> String {
    // An uncompressed point: a byte 4, and two coordinates.
    let (x, y) = pair(material).public_key().as_ref()[1..].split_at(32);
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    format!(r#"{{"kty":"EC","crv":"P-256","kid":"{kid}","x":"{x}","y":"{y}"}}"#)
}

/// A token for `iss` that ends at `exp`, naming `kid`, signed by the key `signer`.
pub(crate) fn token(iss: &str, kid: &str, signer: &str, exp: u64) -> String {
    signed(&format!(r#"{{"alg":"ES256","kid":"{kid}"}}"#), iss, signer, exp)
}

/// A token that names no key.
pub(crate) fn kidless_token(iss: &str, signer: &str, exp: u64) -> String {
    signed(r#"{"alg":"ES256"}"#, iss, signer, exp)
}

fn signed(header: &str, iss: &str, signer: &str, exp: u64) -> String {
    let payload = format!(r#"{{"iss":"{iss}","aud":"api","exp":{exp}}}"#);
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = pair(signer).sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn pair(kid: &str) -> &'static EcdsaKeyPair {
    &PAIRS[KIDS.iter().position(|known| *known == kid).unwrap()]
}
