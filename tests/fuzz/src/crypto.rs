//! Both crypto backends, which panic where they differ (`keys/crypto/both.rs`).

use std::sync::LazyLock;

use serde_json::json;

use crate::keys::{Algorithm, Key, KeyLimits, KeySet, sha256};
use crate::service::{ed25519, encode, jwk};

/// First octet: what follows. Then a key, or the number of a known one; then the signature; then the
/// message.
pub(crate) fn run(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    match kind % 4 {
        // Octets as an Ed25519 key.
        0 => with_key(rest, 32, |x| json!({"kty":"OKP","crv":"Ed25519","x":encode(x)})),
        // Octets as a modulus.
        1 => with_key(rest, 256, |n| json!({"kty":"RSA","e":"AQAB","n":encode(n)})),
        // A known key and any signature.
        2 => {
            let Some((number, rest)) = rest.split_first() else { return };
            let keys: Vec<_> = KNOWN.iter().collect();
            verify(keys[usize::from(*number) % keys.len()], rest);
        }
        // A good signature with a few changes: place and change, in turns.
        _ => {
            let Some((number, changes)) = rest.split_first() else { return };
            let (key, good) = &GOOD[usize::from(*number) % GOOD.len()];
            let mut signature = good.clone();
            for change in changes.chunks_exact(2).take(4) {
                let place = usize::from(change[0]) % signature.len();
                signature[place] ^= change[1];
            }
            let key = KNOWN.iter().nth(*key).expect("a known key");
            for algorithm in key.algorithms() {
                let verdict = verifies(key, algorithm, MESSAGE, &signature);
                let fit = signature == *good && key.kid() == Some("ed");
                assert!(!fit || verdict, "a good signature is refused");
            }
        }
    }
}

fn with_key(rest: &[u8], length: usize, jwk: impl Fn(&[u8]) -> serde_json::Value) {
    let Some((octets, rest)) = rest.split_at_checked(length) else { return };
    let set = json!({ "keys": [jwk(octets)] }).to_string();
    // Reading compares what both backends say of the key.
    let Ok(keys) = KeySet::parse(set.as_bytes(), &KeyLimits::default()) else { return };
    for key in keys.iter() {
        verify(key, rest);
    }
}

/// Any signature that is as long as the algorithm's, or as long as there is.
fn verify(key: &Key, rest: &[u8]) {
    for algorithm in key.algorithms() {
        let length = match algorithm {
            Algorithm::ES256 | Algorithm::EdDSA => 64,
            Algorithm::ES384 => 96,
            Algorithm::ES512 => 132,
            _ => 256,
        };
        let (signature, message) = rest.split_at(length.min(rest.len()));
        verifies(key, algorithm, message, signature);
        verifies(key, algorithm, MESSAGE, rest);
    }
}

/// With the message hashed here, as the verifier does, and by the backend.
fn verifies(key: &Key, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
    let verdict = key.verifies_hashed(algorithm, message, None, signature);
    let hash = sha256(message);
    assert_eq!(key.verifies_hashed(algorithm, message, Some(&hash), signature), verdict);
    verdict
}

const MESSAGE: &[u8] = b"message";

/// `ed`; the keys of RFC 7515, appendices A.2 to A.4; the generator of P-384; and a key with a part of
/// small order.
static KNOWN: LazyLock<KeySet> = LazyLock::new(|| {
    let text = format!("{{\"keys\":[{},{RFC}]}}", jwk(&ed25519(7), "ed"));
    let keys = KeySet::parse(text.as_bytes(), &KeyLimits::default()).expect("sound keys");
    assert!(keys.skipped().is_empty(), "{:?}", keys.skipped());
    keys
});

/// The place of a key among the known ones, and a signature of it.
static GOOD: LazyLock<Vec<(usize, Vec<u8>)>> = LazyLock::new(|| {
    let place = |kid| KNOWN.iter().position(|key| key.kid() == Some(kid)).expect("a known key");
    let ed = ed25519(7).sign(MESSAGE).as_ref().to_vec();
    vec![(place("ed"), ed)]
});

const RFC: &str = r#"
{"kty":"RSA","kid":"rsa","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"},
{"kty":"EC","kid":"p256","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
{"kty":"EC","kid":"p384","crv":"P-384","x":"qofKIr6LBTeOscce8yCtdG4dO2KLp5uYWfdB4IJUKjhVAvJdv1UpbDpUXjhydgq3","y":"NhfeSpYmLG9dnpi_kpLcKfj0Hb0omhR86doxE7XwuMAKYLHOHX6BnXpDHXyQ6g5f"},
{"kty":"EC","kid":"p521","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"},
{"kty":"OKP","kid":"torsion","crv":"Ed25519","x":"10qTI68jOQ2HjBVurlciVBghE6II1faEtw_Vu2_i6vE"}"#;
