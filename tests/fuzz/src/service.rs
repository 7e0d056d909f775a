//! What several targets use: keys, a verifier that holds them, and what a text may show.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwks_core::adapter::{Drivers, Env, Start as _};
use jwks_core::cache::SavedKeys;
use jwks_core::verify::{Issuer, Verifier};

/// A verifier that holds keys. Without its drivers it would say that it is stopped.
pub(crate) struct Service {
    pub(crate) verifier: Verifier,
    _drivers: Drivers,
}

impl Service {
    /// One issuer with these keys, at this second, for ever.
    pub(crate) fn new(issuer: Issuer, jwk_set: &str, second: u64) -> Self {
        let now = move || at(second);
        let keys = SavedKeys::from_jwk_set(jwk_set, now()).expect("sound keys");
        let builder = Verifier::builder().issuer(issuer.hydrate(keys));
        let (verifier, drivers) = builder.build(Env::new(now).seed(7)).expect("sound settings");
        Self { verifier, _drivers: drivers }
    }
}

/// A key from a seed, the same in each run.
pub(crate) fn ed25519(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("any seed is one")
}

pub(crate) fn jwk(pair: &Ed25519KeyPair, kid: &str) -> String {
    let x = encode(pair.public_key());
    format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{kid}","x":"{x}"}}"#)
}

/// A compact JWS over these bytes.
pub(crate) fn signed(pair: &Ed25519KeyPair, header: &[u8], payload: &[u8]) -> String {
    let input = format!("{}.{}", encode(header), encode(payload));
    let signature = pair.sign(input.as_bytes());
    format!("{input}.{}", encode(signature))
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn at(second: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(second)
}

/// A text for logs: short, of one line, and without what a terminal would obey.
pub(crate) fn is_fit_for_a_log(text: &str) {
    assert!(text.len() < LONGEST, "{} bytes: {text}", text.len());
    assert!(!text.chars().any(char::is_control), "{text:?}");
}

const LONGEST: usize = 8192;
