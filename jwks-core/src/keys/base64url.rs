//! Base64url as JOSE writes it (RFC 7515 section 2): no padding, no white space, one spelling.
//!
//! Tokens are read by [`decode_to`], which takes nothing else. Key sets are read by [`lenient`].

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Writes the bytes to the front of `bytes`, and returns them with what is left behind them. `None`
/// if the text is padded, has foreign characters, or is not the one canonical spelling of its
/// bytes; or if it has more bytes than there is room for.
pub(crate) fn decode_to<'b>(text: &str, bytes: &'b mut [u8]) -> Option<(&'b [u8], &'b mut [u8])> {
    let len = vectors::engine().decode_slice(text, bytes).ok()?;
    let (decoded, rest) = bytes.split_at_mut_checked(len)?;
    Some((decoded, rest))
}

/// How many bytes a text of this length has at most.
pub(crate) const fn most_decoded(len: usize) -> usize {
    len / 4 * 3 + 3
}

/// The engine that uses the vector instructions of the machine, found out once.
#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
mod vectors {
    use std::sync::LazyLock;

    use base64::engine::Simd;
    use base64::engine::general_purpose::NO_PAD;

    pub(super) fn engine() -> &'static Simd {
        static ENGINE: LazyLock<Simd> = LazyLock::new(|| Simd::url_safe(NO_PAD));
        &ENGINE
    }
}

/// On other machines there is none.
#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
mod vectors {
    use base64::engine::GeneralPurpose;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    pub(super) const fn engine() -> &'static GeneralPurpose {
        &URL_SAFE_NO_PAD
    }
}

/// The bytes of a member of a key, which issuers also write in the standard alphabet of base64
/// (RFC 4648 section 4) and with padding. Each such text has one value.
///
/// `None` if the padding is not the right one, if one text mixes both alphabets, or if it has
/// white space or bits that are no part of a byte: then the text is damaged.
pub(super) fn lenient(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    if padding > 2 || (padding > 0 && !text.len().is_multiple_of(4)) {
        return None;
    }
    let alphabet = if digits.contains(['+', '/']) { STANDARD_NO_PAD } else { URL_SAFE_NO_PAD };
    alphabet.decode(digits).ok()
}

#[cfg(test)]
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = vec![0; most_decoded(text.len())];
    decode_to(text, &mut bytes).map(|(decoded, _)| decoded.to_vec())
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_spelling_passes() {
        assert_eq!(decode("AQAB"), Some(vec![1, 0, 1]));
        assert_eq!(decode("_-8"), Some(vec![0xff, 0xef]));
        assert_eq!(decode(""), Some(Vec::new()));
        for bad in ["AQ==", "AQ=", "AR", "A", "AQAB\n", " AQAB", "AQ AB", "+/8", "AQAB.", "ÄQAB"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }

    /// What vectors decode is what is decoded digit by digit, wherever a fault may stand.
    #[test]
    fn long_texts_are_decoded_as_short_ones() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1000).map(|byte: u8| byte ^ 0x5a).collect();
        for len in (0..200).chain([256, 500, 999]) {
            let text = encode(&bytes[..len]);
            assert!(text.len() <= most_decoded(text.len()) / 3 * 4);
            let mut exact = vec![0; len];
            assert_eq!(decode_to(&text, &mut exact).unwrap().0, &bytes[..len], "{len}");
            let mut short = vec![0; len.saturating_sub(1)];
            assert_eq!(decode_to(&text, &mut short).is_none(), len > 0, "{len}");
            for at in (0..text.len()).step_by(7) {
                for fault in ["=", "+", "/", " ", "\n", "\u{7f}", "\u{e9}"] {
                    let mut text = text.clone();
                    text.replace_range(at..=at, fault);
                    assert_eq!(decode(&text), None, "{len} {at} {fault}");
                }
            }
        }
    }

    #[test]
    fn keys_may_be_padded_and_in_the_standard_alphabet() {
        for (text, bytes) in [
            ("", &[][..]),
            ("AQAB", &[1, 0, 1]),
            ("AQ", &[1]),
            ("AQ==", &[1]),
            ("AQA", &[1, 0]),
            ("AQA=", &[1, 0]),
            ("_-8", &[0xff, 0xef]),
            ("_-8=", &[0xff, 0xef]),
            ("/+8", &[0xff, 0xef]),
            ("/+8=", &[0xff, 0xef]),
        ] {
            assert_eq!(lenient(text).as_deref(), Some(bytes), "{text}");
        }
        for bad in [
            "=", "==", "====", "AQ=", "AQ===", "AQAB=", "AQAB==", "AQAB====", "A", "A===", "AR",
            "AR==", "AQ==AQAB", "/-8", "_+8=", "AQ AB", "AQAB\n", "\nAQAB", "AQAB%3D", "ÄQAB",
        ] {
            assert_eq!(lenient(bad), None, "{bad}");
        }
    }

    proptest::proptest! {
        #![proptest_config(crate::proof::draws(256))]

        /// What is read is what would be written, but for the alphabet and the padding.
        #[test]
        fn a_lenient_text_has_the_value_of_its_canonical_one(text in "[A-Za-z0-9+/_-]{0,8}={0,3}") {
            if let Some(bytes) = lenient(&text) {
                let canonical = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
                proptest::prop_assert_eq!(encode(&bytes), canonical);
            }
        }
    }
}
