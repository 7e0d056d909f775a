//! All public keys of an issuer, found by `kid`.

use std::fmt;

use super::diff::KeyDiff;
use super::document;
use super::error::KeySetError;
use super::key::Key;
use super::skip::Skipped;

/// The usable keys of a JWK Set (RFC 7517 section 5), immutable.
///
/// Two sets are equal if they hold the same keys: material, `kid` and `alg`, in any order.
/// [`Debug`](fmt::Debug) shows the keys' ids only.
pub struct KeySet {
    /// By `kid`, those without first; keys with one `kid` in the document's order.
    keys: Vec<Key>,
    skipped: Vec<Skipped>,
}

impl KeySet {
    /// Reads a JWK Set document. A key that cannot be used is [`skipped`](Self::skipped).
    ///
    /// ```
    /// use jwks_core::keys::{KeyLimits, KeySet};
    ///
    /// let body = br#"{"keys":[
    ///     {"kty":"OKP","crv":"Ed25519","kid":"a",
    ///      "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
    ///     {"kty":"AKP","kid":"b","alg":"ML-DSA-44","pub":"unV3"}
    /// ]}"#;
    /// let keys = KeySet::parse(body, &KeyLimits::default())?;
    /// assert!(keys.contains("a"));
    /// assert_eq!(keys.skipped()[0].to_string(), "key 1 `b`: unsupported kty `AKP`");
    /// # Ok::<(), jwks_core::keys::KeySetError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The document as a whole cannot be used, or holds too few usable keys.
    pub fn parse(body: &[u8], limits: &KeyLimits) -> Result<Self, KeySetError> {
        let (mut keys, skipped) = document::read(body, limits)?;
        keys.sort_by(|a, b| a.kid().cmp(&b.kid()));
        Ok(Self { keys, skipped })
    }

    /// The keys with this `kid`, in the document's order.
    pub fn candidates(&self, kid: &str) -> impl Iterator<Item = &Key> {
        self.with_kid(kid).iter()
    }

    /// Whether a key has this `kid`.
    #[must_use]
    pub fn contains(&self, kid: &str) -> bool {
        !self.with_kid(kid).is_empty()
    }

    /// What came and went since the older set.
    #[must_use]
    pub fn diff(&self, old: &Self) -> KeyDiff {
        KeyDiff::between(old, self)
    }

    /// Whether no key is usable, which only [`min_keys`](KeyLimits::min_keys) of 0 allows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// All keys: those without `kid` first, then by `kid`.
    pub fn iter(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter()
    }

    /// The keys without `kid`, in the document's order.
    pub fn kidless(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter().take_while(|key| key.kid().is_none())
    }

    /// How many keys are usable.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// The keys that the document held but that cannot be used, in its order.
    #[must_use]
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// Why a key with this `kid` is not used, if there is one: the first in the document's order.
    ///
    /// Ask [`contains`](Self::contains) first, since another key may have the same `kid`.
    #[must_use]
    pub fn skipped_kid(&self, kid: &str) -> Option<&Skipped> {
        self.skipped.iter().find(|skipped| skipped.kid() == Some(kid))
    }

    pub(crate) fn all(&self) -> &[Key] {
        &self.keys
    }

    pub(crate) fn with_kid(&self, kid: &str) -> &[Key] {
        let start = self.keys.partition_point(|key| key.kid() < Some(kid));
        let from = self.keys.get(start..).unwrap_or_default();
        let len = from.iter().take_while(|key| key.kid() == Some(kid)).count();
        from.get(..len).unwrap_or_default()
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySet ")?;
        let mut list = f.debug_list();
        for key in self.iter() {
            list.entry(&format_args!("{}", key.id()));
        }
        list.finish()
    }
}

impl Eq for KeySet {}

impl PartialEq for KeySet {
    /// No set holds one key twice, so equal counts and inclusion are equality.
    fn eq(&self, other: &Self) -> bool {
        let among = |key: &Key, keys: &[Key]| keys.iter().any(|other| key.same_as(other));
        self.len() == other.len()
            && self.keys.iter().all(|key| match key.kid() {
                Some(kid) => among(key, other.with_kid(kid)),
                None => other.kidless().any(|other| key.same_as(other)),
            })
    }
}

/// What a JWK Set document may be at most, and must be at least.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct KeyLimits {
    /// Most bytes of the document. Default 512 KiB.
    pub max_body: usize,
    /// Most keys in the document, usable or not. Default 256.
    pub max_keys: usize,
    /// Least usable keys. Default 1.
    pub min_keys: usize,
}

impl Default for KeyLimits {
    fn default() -> Self {
        Self { max_body: 512 * 1024, max_keys: 256, min_keys: 1 }
    }
}
