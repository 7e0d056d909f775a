//! Keys made once for a run, the sets made of them, and tokens signed by them.

use std::sync::LazyLock;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Every kid that an issuer here may publish.
pub(crate) const KIDS: [&str; 4] = ["a", "b", "c", "d"];

static PAIRS: LazyLock<Vec<Ed25519KeyPair>> =
    LazyLock::new(|| KIDS.iter().map(|_| Ed25519KeyPair::generate().unwrap()).collect());

/// A JWK Set of the keys with these kids.
pub(crate) fn set_of(kids: &[&str]) -> String {
    let keys: Vec<_> = kids.iter().map(|kid| jwk(kid, kid)).collect();
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

/// The material of one key under the kid of another.
pub(crate) fn jwk(material: &str, kid: &str) -> String {
    let x = URL_SAFE_NO_PAD.encode(pair(material).public_key().as_ref());
    format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{kid}","x":"{x}"}}"#)
}

/// A token for `iss` that ends at `exp`, naming `kid`, signed by the key `signer`.
pub(crate) fn token(iss: &str, kid: &str, signer: &str, exp: u64) -> String {
    signed(&format!(r#"{{"alg":"EdDSA","kid":"{kid}"}}"#), iss, signer, exp)
}

/// A token that names no key.
pub(crate) fn kidless_token(iss: &str, signer: &str, exp: u64) -> String {
    signed(r#"{"alg":"EdDSA"}"#, iss, signer, exp)
}

fn signed(header: &str, iss: &str, signer: &str, exp: u64) -> String {
    let payload = format!(r#"{{"iss":"{iss}","aud":"api","exp":{exp}}}"#);
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = pair(signer).sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn pair(kid: &str) -> &'static Ed25519KeyPair {
    &PAIRS[KIDS.iter().position(|known| *known == kid).unwrap()]
}
