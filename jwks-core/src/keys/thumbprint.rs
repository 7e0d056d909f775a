//! A key's identity by its material alone.

use std::fmt;

use super::base64url;
use super::crypto;

/// The SHA-256 thumbprint of a key (RFC 7638): the same for the same material, whatever the `kid`.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Thumbprint([u8; 32]);

/// The SHA-256 of these bytes, written as a thumbprint is.
pub(crate) fn digest(bytes: &[u8]) -> String {
    base64url::encode(&crypto::sha256(bytes))
}

/// The SHA-256 of these bytes, by the backend that checks signatures.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    crypto::sha256(bytes)
}

impl Thumbprint {
    /// From the key's canonical JSON (RFC 7638 section 3.3).
    pub(super) fn of(canonical: &str) -> Self {
        Self(crypto::sha256(canonical.as_bytes()))
    }

    /// The 32 bytes of the hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// As base64url without padding, the way RFC 7638 writes it.
impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&base64url::encode(&self.0))
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thumbprint({self})")
    }
}
