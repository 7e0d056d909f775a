//! Base64url as JOSE writes it (RFC 7515 section 2): no padding, no white space, one spelling.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The bytes, or `None` if the text is padded, has foreign characters, or is not the one canonical
/// spelling of its bytes.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Appends the bytes; as [`decode`].
pub(crate) fn decode_into(text: &str, bytes: &mut Vec<u8>) -> Option<()> {
    URL_SAFE_NO_PAD.decode_vec(text, bytes).ok()
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
}
