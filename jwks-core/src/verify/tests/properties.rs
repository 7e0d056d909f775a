//! What holds for any bytes.

use proptest::prelude::*;

use super::*;
use crate::keys::base64url::encode;
use crate::keys::testing::{ED25519, P256, RSA, set};

fn keys() -> KeySet {
    set(&[RSA.jwk(r#""kid":"a""#), P256.jwk(r#""kid":"a""#), ED25519.jwk(r#""kid":"a""#)])
}

/// A good token of each kind of key.
fn tokens() -> [String; 4] {
    use Algorithm::*;
    [(&*RSA, RS256), (&*RSA, PS256), (&*P256, ES256), (&*ED25519, EdDSA)]
        .map(|(signer, algorithm)| signer.token(algorithm, &header(algorithm, "a"), PAYLOAD))
}

proptest! {
    #![proptest_config(crate::proof::draws(256))]

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        prop_assert!(kind(&keys(), &text).is_err());
    }

    #[test]
    fn no_parts_make_it_panic(
        head in any::<Vec<u8>>(),
        payload in any::<Vec<u8>>(),
        signature in any::<Vec<u8>>(),
    ) {
        let text = format!("{}.{}.{}", encode(&head), encode(&payload), encode(&signature));
        prop_assert!(kind(&keys(), &text).is_err());
        let good = encode(header(Algorithm::ES256, "a").as_bytes());
        let text = format!("{good}.{}.{}", encode(&payload), encode(&signature));
        prop_assert!(kind(&keys(), &text).is_err());
        let (token, _) = Token::kept(&text, DEFAULT_MAX_LEN).unwrap();
        let _ = token.certain_refusal(&expected(), at(1500));
    }

    #[test]
    fn no_signed_claims_make_it_panic(
        exp in "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?",
        now in any::<u32>(),
        before in any::<bool>(),
    ) {
        let payload = PAYLOAD.replace("2000", &exp);
        let token = ED25519.token(Algorithm::EdDSA, &header(Algorithm::EdDSA, "a"), &payload);
        let offset = Duration::from_secs(now.into());
        let now = if before { UNIX_EPOCH - offset } else { UNIX_EPOCH + offset };
        let (token, _) = Token::kept(&token, DEFAULT_MAX_LEN).unwrap();
        let seconds: f64 = exp.parse().unwrap();
        let expected = expected();
        let expected = Expected::configured(&expected);
        let verified = one_pass::read_or_refuse::<Value>(&token, expected, now);
        match verified.map(drop).map_err(|error| error.kind()) {
            Ok(()) => prop_assert!(seconds > 0.0 && !before),
            Err(ErrorKind::Malformed) => prop_assert!(seconds.is_infinite()),
            Err(ErrorKind::Expired) => prop_assert!(seconds <= f64::from(u32::MAX)),
            Err(other) => prop_assert_eq!(other, ErrorKind::NotYetValid),
        }
    }

    #[test]
    fn any_changed_byte_is_refused(
        which in 0..4_usize,
        at in any::<prop::sample::Index>(),
        byte in 0..=127_u8,
    ) {
        let mut bytes = tokens()[which].clone().into_bytes();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        prop_assert!(kind(&keys(), std::str::from_utf8(&bytes).unwrap()).is_err());
    }

    #[test]
    fn any_lost_or_gained_byte_is_refused(
        which in 0..4_usize,
        at in any::<prop::sample::Index>(),
        gained in proptest::option::of(0..=127_u8),
    ) {
        let token = &tokens()[which];
        prop_assert!(kind(&keys(), token).is_ok());
        let mut bytes = token.clone().into_bytes();
        match gained {
            Some(byte) => bytes.insert(at.index(bytes.len() + 1), byte),
            None => drop(bytes.remove(at.index(bytes.len()))),
        }
        prop_assert!(kind(&keys(), std::str::from_utf8(&bytes).unwrap()).is_err());
    }
}
