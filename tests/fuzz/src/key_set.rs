//! A key set in our lenient reading, with both crypto backends, and in a strict one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters as Parameters, EllipticCurve, Jwk, JwkSet};
use serde_json::Value;

use crate::keys::{KeyLimits, KeySet, SkipReason};
use crate::service::is_fit_for_a_log;

pub(crate) fn run(data: &[u8]) {
    let strict = serde_json::from_slice::<JwkSet>(data).ok();
    let limits = KeyLimits { min_keys: 0, ..KeyLimits::default() };
    let keys = match KeySet::parse(data, &limits) {
        Ok(keys) => keys,
        Err(error) => {
            is_fit_for_a_log(&error.to_string());
            let takes = strict.is_some_and(|set| set.keys.len() <= limits.max_keys);
            // A strict reader takes the last of two lists.
            let lists = String::from_utf8_lossy(data).matches("keys").count();
            assert!(
                !takes || lists > 1 || has_escape(data),
                "strict takes it, lenient not: {error}"
            );
            return;
        }
    };
    for skipped in keys.skipped() {
        is_fit_for_a_log(&skipped.to_string());
    }
    assert!(keys.len() + keys.skipped().len() <= limits.max_keys);
    if let Some(strict) = strict {
        compare(&strict, &keys);
    }
    survives_being_written(&keys);
    // As a bundle of SPIFFE it is another set, and reading it must not panic either.
    let _another = KeySet::parse(data, &KeyLimits { spiffe: true, ..limits });
    // The build that services use has one backend; it reads the same.
    let mut limits = jwks_core::keys::KeyLimits::default();
    limits.min_keys = 0;
    let theirs = jwks_core::keys::KeySet::parse(data, &limits).expect("read with both backends");
    let prints =
        |it: &jwks_core::keys::Key| (it.kid().map(str::to_owned), it.thumbprint().to_string());
    let ours = keys.iter().map(|it| (it.kid().map(str::to_owned), it.thumbprint().to_string()));
    assert!(theirs.iter().map(prints).eq(ours));
}

/// What the strict reader takes, the lenient one takes equally, or says a reason that the strict one
/// does not look for.
fn compare(strict: &JwkSet, keys: &KeySet) {
    for (index, jwk) in strict.keys.iter().enumerate() {
        if !is_strict(jwk) {
            continue;
        }
        let kid = jwk.common.key_id.as_deref();
        match keys.skipped().iter().find(|it| it.index() == index) {
            Some(skipped) => assert!(is_beyond_strict(skipped.reason()), "{skipped}"),
            None => {
                let same = |it: &&crate::keys::Key| it.kid() == kid && is_same(jwk, it);
                assert!(keys.iter().any(|it| same(&it)), "key {index} `{kid:?}` is another one");
            }
        }
    }
}

/// Text in base64url without padding, of the length that the curve has.
fn is_strict(jwk: &Jwk) -> bool {
    let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let long = |text: &str, length| decoded(text).is_some_and(|it| it.len() == length);
    match &jwk.algorithm {
        Parameters::EllipticCurve(it) => {
            let length = match it.curve {
                EllipticCurve::P256 => 32,
                EllipticCurve::P384 => 48,
                EllipticCurve::P521 => 66,
                _ => return false,
            };
            long(&it.x, length) && long(&it.y, length)
        }
        Parameters::RSA(it) => [&it.n, &it.e].into_iter().all(|text| {
            decoded(text).is_some_and(|it| it.first().is_some_and(|first| *first != 0))
        }),
        Parameters::OctetKeyPair(it) => it.curve == EllipticCurve::Ed25519 && long(&it.x, 32),
        _ => false,
    }
}

/// The strict reader checks no key, knows no `use`, and passes over what it does not know.
const fn is_beyond_strict(reason: &SkipReason) -> bool {
    !matches!(
        reason,
        SkipReason::BadEncoding(_)
            | SkipReason::MissingMember(_)
            | SkipReason::NotAnObject
            | SkipReason::WrongLength(_)
            | SkipReason::SymmetricKey
            | SkipReason::UnsupportedKeyType(_)
            | SkipReason::UnsupportedCurve(_)
    )
}

fn is_same(jwk: &Jwk, key: &crate::keys::Key) -> bool {
    let ours = serde_json::to_value(key).expect("a key is a JWK");
    let theirs = serde_json::to_value(jwk).expect("a key is a JWK");
    let member = |name| theirs.get(name) == ours.get(name);
    ["kty", "crv", "x", "y", "n", "e"].into_iter().all(member)
}

/// Written anew, and read again, it is the same set with nothing skipped.
fn survives_being_written(keys: &KeySet) {
    let all: Vec<Value> =
        keys.iter().map(|key| serde_json::to_value(key).expect("a key is a JWK")).collect();
    let text = serde_json::json!({ "keys": all }).to_string();
    let limits = KeyLimits { min_keys: 0, ..KeyLimits::default() };
    let again = KeySet::parse(text.as_bytes(), &limits).expect("our own writing");
    assert!(again == *keys && again.skipped().is_empty(), "{text}: {:?}", again.skipped());
}

/// Half a character, for example, which the strict reader may pass over.
fn has_escape(data: &[u8]) -> bool {
    data.windows(2).any(|two| two == b"\\u")
}
