//! The public keys of an issuer, found by `kid`.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::algorithm::Algorithm;
use super::bundle::Bundle;
use super::document::{self, Document};
use super::error::{KeySetError, Repr};
use super::key::Key;
use super::limits::KeyLimits;
use super::skip::{SkipReason, Skipped};
use super::text;

/// The usable keys of a JWK Set (RFC 7517 section 5), immutable.
///
/// Two sets are equal if they hold the same keys: material, `kid`, `alg` and `issuer`, in any order
/// and however they are [written](super#what-is-read-leniently). [`Debug`](fmt::Debug) shows the
/// keys' ids only.
#[derive(Clone, Default)]
pub struct KeySet {
    /// By `kid`, those without first; keys with one `kid` in the document's order.
    keys: Vec<Key>,
    bundle: Bundle,
    /// Whether a key has an `issuer` of its own.
    bound: bool,
    /// Whose tokens the keys are for, as far as that is known.
    issuer: Option<Box<str>>,
    /// In the document's order.
    skipped: Vec<Skipped>,
    /// By `kid`, then in the document's order: what was skipped, and what is for one issuer alone.
    reasons: Vec<Skipped>,
}

impl KeySet {
    /// Reads a JWK Set document, or keys in [PEM or DER](super#forms-of-a-document). A key that
    /// cannot be used is [`skipped`](Self::skipped).
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
    /// Fails if the document as a whole cannot be used, or has too few usable keys.
    pub fn parse(body: &[u8], limits: &KeyLimits) -> Result<Self, KeySetError> {
        Self::parse_for(TokensOf::default(), body, limits)
    }

    /// Like [`parse`](Self::parse), for tokens of which more is known.
    pub(crate) fn parse_for(
        tokens: TokensOf<'_>,
        body: &[u8],
        limits: &KeyLimits,
    ) -> Result<Self, KeySetError> {
        let TokensOf { issuer, algorithms } = tokens;
        let Document { mut keys, skipped, bundle } = document::read(body, limits, algorithms)?;
        let bound = keys.iter().filter_map(|(index, key)| {
            let reason = SkipReason::OtherIssuer(text::escaped(key.issuer()?));
            Some(Skipped::new(*index, key.kid(), reason))
        });
        let mut reasons: Vec<_> = bound.collect();
        let bound = !reasons.is_empty();
        reasons.extend(skipped.iter().cloned());
        reasons.retain(|skipped| skipped.raw_kid().is_some());
        reasons.sort_by(|a, b| (a.raw_kid(), a.index()).cmp(&(b.raw_kid(), b.index())));
        keys.sort_by(|(_, a), (_, b)| a.kid().cmp(&b.kid()));
        let keys = keys.into_iter().map(|(_, key)| key).collect();
        Ok(Self { keys, bundle, bound, issuer: issuer.map(Into::into), skipped, reasons })
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

    /// Whether no key is usable, which only [`min_keys`](KeyLimits::min_keys) of 0 allows, or a
    /// [SPIFFE](KeyLimits::spiffe) bundle that revokes all.
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

    /// Why a key with this `kid` is not used, if there is such a key. The first one in the document
    /// counts.
    ///
    /// Call [`contains`](Self::contains) first, because another key may have the same `kid`. A key
    /// with an [`issuer`](Key::issuer) counts too, as [`SkipReason::OtherIssuer`]: tokens of all
    /// other issuers cannot use it.
    #[must_use]
    pub fn skipped_kid(&self, kid: &str) -> Option<&Skipped> {
        let at = self.reasons.partition_point(|skipped| skipped.raw_kid() < Some(kid));
        self.reasons.get(at).filter(|skipped| skipped.raw_kid() == Some(kid))
    }

    /// The keys that are skipped here, and were not skipped in the older set, if you give one. The
    /// same `kid` with the same reason is not new, wherever it is in the documents.
    ///
    /// Use it to report each skipped key once, and not with each refresh.
    pub fn newly_skipped<'k>(&'k self, old: Option<&'k Self>) -> impl Iterator<Item = &'k Skipped> {
        let mut known = HashMap::<_, usize>::new();
        for skipped in old.map(Self::skipped).unwrap_or_default() {
            *known.entry(skipped.complaint()).or_default() += 1;
        }
        self.skipped.iter().filter(move |skipped| match known.get_mut(&skipped.complaint()) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        })
    }

    /// The same set but for the keys with these kids.
    pub(crate) fn without(&self, out: impl Fn(&str) -> bool) -> Self {
        let mut left = self.clone();
        left.keys.retain(|key| !key.kid().is_some_and(&out));
        left.reasons.retain(|skipped| !skipped.raw_kid().is_some_and(&out));
        left
    }

    /// What a SPIFFE bundle says beside its keys.
    pub(crate) const fn bundle(&self) -> Bundle {
        self.bundle
    }

    /// Whether this is a SPIFFE bundle that is older than the other, by the numbers of both.
    pub(crate) fn check_not_older(&self, than: &Self) -> Result<(), KeySetError> {
        match (self.bundle.sequence, than.bundle.sequence) {
            (Some(new), Some(held)) if new < held => Err(Repr::Older { new, held }.into()),
            _ => Ok(()),
        }
    }

    pub(crate) fn all(&self) -> &[Key] {
        &self.keys
    }

    pub(super) fn all_mut(&mut self) -> &mut [Key] {
        &mut self.keys
    }

    /// The keys with this `kid`, if it is not known which issuer the token is from. Keys with an
    /// `issuer` are included only if it fits the issuer that the set was read for.
    pub(crate) fn handed_out(&self, kid: &str) -> impl Iterator<Item = &Key> {
        self.candidates(kid).filter(|key| key.fits_issuer(self.issuer.as_deref()))
    }

    /// Whether a key has an `issuer`, so that it serves the tokens of that issuer alone.
    pub(crate) const fn has_bound_keys(&self) -> bool {
        self.bound
    }

    pub(crate) fn with_kid(&self, kid: &str) -> &[Key] {
        let start = self.keys.partition_point(|key| key.kid() < Some(kid));
        let from = self.keys.get(start..).unwrap_or_default();
        let len = from.partition_point(|key| key.kid() == Some(kid));
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
        if self.len() != other.len() {
            return false;
        }
        let theirs: HashSet<_> = other.keys.iter().map(Key::identity).collect();
        self.keys.iter().all(|key| theirs.contains(&key.identity()))
    }
}

/// What is known of the tokens that keys are for.
#[derive(Clone, Copy, Default)]
pub(crate) struct TokensOf<'a> {
    /// Their issuer: [`KeySet::handed_out`] needs to know it.
    pub(crate) issuer: Option<&'a str>,
    /// Their algorithms. Keys are not made ready for others.
    pub(crate) algorithms: Option<&'a [Algorithm]>,
}
