//! No input makes it panic.

use super::*;

proptest! {
    #![proptest_config(crate::proof::draws(256))]

    #[test]
    fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = KeySet::parse(&body, &KeyLimits::default());
    }

    #[test]
    fn no_text_like_a_set_makes_it_panic(
        members in proptest::collection::vec(
            (
                "(kty|kid|use|alg|crv|key_ops|issuer|x|y|n|e|d)",
                prop_oneof![
                    "\"(RSA|EC|OKP|P-256|P-521|Ed25519|sig|ES256|AQAB|[A-Za-z0-9+/_=-]{0,90})\"",
                    "[0-9]{1,3}|null|\\[\\]|\\[\"verify\"\\]|\\{\\}|\"\\\\u00[0-9]{2}\"",
                ],
            ),
            0..9,
        ),
    ) {
        let members: Vec<_> = members.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
        let _ = parse(&format!(r#"{{"keys":[{{{}}}]}}"#, members.join(",")));
    }

    #[test]
    fn a_changed_byte_never_makes_it_panic(
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut body = set_json(&[P256.jwk(r#""kid":"a""#), ED25519.jwk("")]).into_bytes();
        let at = at.index(body.len());
        body[at] = byte;
        let _ = KeySet::parse(&body, &KeyLimits::default());
    }
}
