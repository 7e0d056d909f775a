//! Tokens and key sets that are almost right. With both crypto backends on, each key and each
//! signature is judged by both, and a difference fails the test; whatever is on, nothing panics.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::keys::KeyLimits;
use crate::keys::base64url::{decode, encode};
use crate::keys::testing::{ED25519, P256, RSA, Signer, set_json};

static P384: LazyLock<Signer> = LazyLock::new(|| Signer::new(Algorithm::ES384));
static P521: LazyLock<Signer> = LazyLock::new(|| Signer::new(Algorithm::ES512));

fn signer(algorithm: Algorithm) -> &'static Signer {
    match algorithm {
        Algorithm::ES256 => &P256,
        Algorithm::ES384 => &P384,
        Algorithm::ES512 => &P521,
        Algorithm::EdDSA => &ED25519,
        _ => &RSA,
    }
}

fn jwks() -> Vec<String> {
    let signers = [&*P256, &*P384, &*P521, &*ED25519, &*RSA];
    signers.iter().map(|signer| signer.jwk(r#""kid":"a""#)).collect()
}

/// One change to bytes.
#[derive(Clone, Debug)]
enum Change {
    Append(u8),
    Flip(Index, u8),
    Halves,
    Insert(Index, u8),
    Nothing,
    Prepend(u8),
    Remove(Index),
    Replace(Vec<u8>),
    Set(Index, u8),
    Zeros(Index),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let len = bytes.len();
        match self {
            Self::Append(byte) => bytes.push(*byte),
            Self::Flip(at, bit) if len > 0 => bytes[at.index(len)] ^= 1 << bit,
            Self::Halves => bytes.rotate_left(len / 2),
            Self::Insert(at, byte) => bytes.insert(at.index(len + 1), *byte),
            Self::Prepend(byte) => bytes.insert(0, *byte),
            Self::Remove(at) if len > 0 => drop(bytes.remove(at.index(len))),
            Self::Replace(other) => bytes.clone_from(other),
            Self::Set(at, byte) if len > 0 => bytes[at.index(len)] = *byte,
            Self::Zeros(from) => bytes[from.index(len + 1)..].fill(0),
            Self::Flip(..) | Self::Nothing | Self::Remove(_) | Self::Set(..) => {}
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    let byte = || prop_oneof![Just(0), Just(0xff), any::<u8>()];
    prop_oneof![
        4 => Just(Change::Nothing),
        1 => byte().prop_map(Change::Append),
        2 => (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        1 => Just(Change::Halves),
        1 => (any::<Index>(), byte()).prop_map(|(at, byte)| Change::Insert(at, byte)),
        1 => byte().prop_map(Change::Prepend),
        1 => any::<Index>().prop_map(Change::Remove),
        1 => prop::collection::vec(byte(), 0..300).prop_map(Change::Replace),
        2 => (any::<Index>(), byte()).prop_map(|(at, byte)| Change::Set(at, byte)),
        1 => any::<Index>().prop_map(Change::Zeros),
    ]
}

fn algorithm() -> impl Strategy<Value = Algorithm> {
    prop::sample::select(Algorithm::ALL)
}

/// The JWK with one of its numbers changed.
fn with_number(jwk: &str, member: &str, change: &Change) -> String {
    let mark = format!(r#""{member}":""#);
    let Some((before, rest)) = jwk.split_once(&mark) else { return jwk.to_owned() };
    let (number, after) = rest.split_once('"').unwrap();
    let mut bytes = decode(number).unwrap();
    change.apply(&mut bytes);
    format!(r#"{before}{mark}{}"{after}"#, encode(&bytes))
}

fn parse(jwks: &[String]) -> Option<KeySet> {
    KeySet::parse(set_json(jwks).as_bytes(), &KeyLimits::default()).ok()
}

proptest! {
    #![proptest_config(crate::proof::draws(512))]

    #[test]
    fn tokens(
        signing in algorithm(),
        claimed in prop_oneof![3 => Just(None), 1 => algorithm().prop_map(Some)],
        head in change(),
        payload in change(),
        signature in change(),
        text in change(),
    ) {
        let keys = parse(&jwks()).unwrap();
        let good = header(claimed.unwrap_or(signing), "a");
        let token = signer(signing).token(signing, &good, PAYLOAD);
        let parts: Vec<_> = token.split('.').collect();
        let parts: Vec<_> = parts
            .iter()
            .zip([&head, &payload, &signature])
            .map(|(part, change)| {
                let mut bytes = decode(part).unwrap();
                change.apply(&mut bytes);
                encode(&bytes)
            })
            .collect();
        let mut bytes = parts.join(".").into_bytes();
        text.apply(&mut bytes);
        let changed = String::from_utf8_lossy(&bytes);
        let verdict = kind(&keys, &changed);
        prop_assert_eq!(verdict.is_ok(), changed == token && kind(&keys, &token).is_ok());
        prop_assert_eq!(kind(&keys, &token).is_ok(), claimed.is_none_or(|it| it == signing));
    }

    #[test]
    fn signatures_of_any_message(
        algorithm in algorithm(),
        message in any::<Vec<u8>>(),
        changed in change(),
        signature in change(),
    ) {
        let keys = parse(&jwks()).unwrap();
        let key = keys.all().iter().find(|key| key.fits(algorithm)).unwrap();
        let good = signer(algorithm).sign(algorithm, &message);
        let (mut message_changed, mut signature_changed) = (message.clone(), good.clone());
        changed.apply(&mut message_changed);
        signature.apply(&mut signature_changed);
        let verdict = key.verifies(algorithm, &message_changed, &signature_changed);
        let hash = Some(crate::keys::sha256(&message_changed));
        let hashed =
            key.verifies_hashed(algorithm, &message_changed, hash.as_ref(), &signature_changed);
        prop_assert_eq!(hashed, verdict);
        prop_assert_eq!(verdict, message == message_changed && good == signature_changed);
    }

    #[test]
    fn keys(
        algorithm in algorithm(),
        member in prop::sample::select(&["n", "e", "x", "y"][..]),
        first in change(),
        second in change(),
    ) {
        let signer = signer(algorithm);
        let token = signer.token(algorithm, &header(algorithm, "a"), PAYLOAD);
        let good = signer.jwk(r#""kid":"a""#);
        let changed = with_number(&with_number(&good, member, &first), member, &second);
        if let Some(keys) = parse(std::slice::from_ref(&changed)) {
            let verdict = kind(&keys, &token);
            // A leading zero of an RSA number says nothing; all else is another key.
            let same = keys == parse(std::slice::from_ref(&good)).unwrap();
            prop_assert_eq!(verdict.is_ok(), same, "{}", changed);
        } else {
            prop_assert!(changed != good);
        }
    }

    #[test]
    fn key_sets(
        algorithm in algorithm(),
        changes in prop::collection::vec(change(), 0..4),
        cut in any::<Index>(),
    ) {
        let token = signer(algorithm).token(algorithm, &header(algorithm, "a"), PAYLOAD);
        let mut body = set_json(&jwks()).into_bytes();
        for change in &changes {
            change.apply(&mut body);
        }
        for body in [&body[..], &body[..cut.index(body.len() + 1)]] {
            if let Ok(keys) = KeySet::parse(body, &KeyLimits::default()) {
                let _ = kind(&keys, &token);
            }
        }
    }

    #[test]
    fn keys_of_random_numbers(
        x in prop::collection::vec(any::<u8>(), 66),
        y in prop::collection::vec(any::<u8>(), 66),
        n in prop::collection::vec(any::<u8>(), 256..=264),
        e in prop::collection::vec(any::<u8>(), 1..=5),
        signature in prop::collection::vec(any::<u8>(), 264),
        curve in prop::sample::select(&[("P-256", 32), ("P-384", 48), ("P-521", 66)][..]),
    ) {
        let (crv, len) = curve;
        let (x32, x, y) = (encode(&x[..32]), encode(&x[..len]), encode(&y[..len]));
        let (bits, n, e) = (n.len(), encode(&n), encode(&e));
        for jwk in [
            format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x32}"}}"#),
            format!(r#"{{"kty":"EC","crv":"{crv}","x":"{x}","y":"{y}"}}"#),
            format!(r#"{{"kty":"RSA","n":"{n}","e":"{e}"}}"#),
        ] {
            let Some(keys) = parse(&[jwk]) else { continue };
            let key = &keys.all()[0];
            for algorithm in Algorithm::ALL {
                for len in [64, 96, 132, bits] {
                    prop_assert!(!key.verifies(*algorithm, b"message", &signature[..len]));
                }
            }
        }
    }
}
