//! Who may put answers into Redis: those who hold a key.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::BuildError;

/// A secret that the instances of one service share, so that nobody else can put keys into their
/// Redis: HMAC-SHA-256 (RFC 2104) over everything that is shared.
///
/// At least 32 bytes, of a random source: `openssl rand -base64 32`. `Debug` does not show it.
#[derive(Clone)]
pub struct MacKey(Hmac<Sha256>);

impl MacKey {
    /// A key of these bytes.
    ///
    /// # Errors
    ///
    /// It has fewer than 32 bytes.
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, BuildError> {
        let bytes = bytes.as_ref();
        let mac = Hmac::new_from_slice(bytes).ok().filter(|_| bytes.len() >= LEAST);
        mac.map(Self).ok_or(BuildError::MacKey { length: bytes.len() })
    }

    /// The tag of a value at a place.
    pub(crate) fn tag(&self, place: &Place, value: &[u8]) -> [u8; TAG] {
        self.over(place, value).finalize().into_bytes().into()
    }

    /// Whether this is the tag, in constant time.
    pub(crate) fn is_tag(&self, place: &Place, value: &[u8], tag: &[u8]) -> bool {
        self.over(place, value).verify_slice(tag).is_ok()
    }

    /// Each part with its length, so that no two places and values are the same text.
    fn over(&self, place: &Place, value: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        for part in [&b"jwks-redis 1"[..], place.namespace.as_bytes(), place.url.as_bytes(), value]
        {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MacKey").finish_non_exhaustive()
    }
}

/// What values are of: one URL, in one namespace.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct Place {
    pub(crate) namespace: String,
    pub(crate) url: String,
}

impl Place {
    /// The beginning of its keys in Redis. The URL's query may be a secret, so a digest stands for
    /// it.
    pub(crate) fn prefix(&self) -> String {
        let hex: String =
            digest(self.url.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        format!("jwks:{}:{hex}", self.namespace)
    }
}

pub(crate) fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The length of a tag.
pub(crate) const TAG: usize = 32;

const LEAST: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn place(namespace: &str, url: &str) -> Place {
        Place { namespace: namespace.to_owned(), url: url.to_owned() }
    }

    #[test]
    fn a_tag_is_of_one_key_place_and_value() {
        let [key, other] = [[1; 32], [2; 32]].map(|bytes| MacKey::new(bytes).unwrap());
        let here = place("a", "https://b");
        let tag = key.tag(&here, b"value");
        assert!(key.is_tag(&here, b"value", &tag));
        assert!(!other.is_tag(&here, b"value", &tag));
        assert!(!key.is_tag(&here, b"valuf", &tag));
        assert!(!key.is_tag(&here, b"value", &tag[..31]));
        for there in [place("ah", "ttps://b"), place("a", "https://c"), place("b", "https://b")] {
            assert!(!key.is_tag(&there, b"value", &tag));
        }
    }

    #[test]
    fn a_short_key_is_refused_and_none_is_shown() {
        let error = MacKey::new([7; 31]).unwrap_err();
        assert_eq!(error.to_string(), "a MAC key has 31 bytes: at least 32 are needed");
        assert_eq!(format!("{:?}", MacKey::new([7; 32]).unwrap()), "MacKey { .. }");
    }

    #[test]
    fn a_prefix_shows_no_url() {
        let prefix = place("orders", "https://id.example.com/keys?secret").prefix();
        assert!(prefix.starts_with("jwks:orders:") && prefix.len() == 12 + 32, "{prefix}");
        assert_ne!(prefix, place("orders", "https://id.example.com/keys?other").prefix());
    }
}
