//! What limits a key set that is read.

/// The limits of a JWK Set document, and what it is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct KeyLimits {
    /// The most bytes of the document. Default: 512 KiB.
    pub max_body: usize,
    /// The most keys in the document, usable or not. Default: 256.
    pub max_keys: usize,
    /// The fewest usable keys. Default: 1.
    pub min_keys: usize,
    /// Reads the document as a SPIFFE bundle (SPIFFE Trust Domain and Bundle section 4). Default:
    /// false.
    ///
    /// Only its keys with `use: jwt-svid` and a `kid` are used. A bundle without such keys, for
    /// example an empty one, is a key set without keys, whatever `min_keys` says: all keys are
    /// revoked. A bundle that has such keys, but none that can be used, is refused as usual.
    ///
    /// Its `spiffe_refresh_hint` counts as the lifetime that the response gives itself, before a
    /// `max-age`: under [`http_freshness`](crate::refresh::PolicyBuilder::http_freshness). A bundle
    /// with a lower `spiffe_sequence` than that of the held keys is refused as an old answer.
    pub spiffe: bool,
}

impl Default for KeyLimits {
    fn default() -> Self {
        Self { max_body: 512 * 1024, max_keys: 256, min_keys: 1, spiffe: false }
    }
}

/// Longest `kid` in bytes, in sets and in tokens.
pub(crate) const MAX_KID: usize = 256;
