//! Why a document is refused as a key set.

use std::fmt;
use std::sync::Arc;

use super::pem::Fault;
use super::skip::Skipped;

/// A document was refused as a key set. The held key set, if any, is unchanged.
///
/// Its `Debug` form is the text, so that a `main` that returns this error prints it.
#[derive(Clone, thiserror::Error)]
#[error(transparent)]
pub struct KeySetError(Arc<Repr>);

impl KeySetError {
    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> KeySetErrorKind {
        match *self.0 {
            Repr::DuplicateMember => KeySetErrorKind::DuplicateMember,
            Repr::BadSequence | Repr::DiscoveryDocument | Repr::NotAKeySet => {
                KeySetErrorKind::NotAKeySet
            }
            Repr::Empty | Repr::NotJson { .. } | Repr::NotUnicode => KeySetErrorKind::NotJson,
            Repr::Older { .. } => KeySetErrorKind::Older,
            Repr::NotPem(_) => KeySetErrorKind::NotPem,
            Repr::TooDeep { .. } => KeySetErrorKind::TooDeep,
            Repr::TooFewKeys { .. } => KeySetErrorKind::TooFewKeys,
            Repr::TooLarge { .. } => KeySetErrorKind::TooLarge,
            Repr::TooManyKeys { .. } => KeySetErrorKind::TooManyKeys,
        }
    }

    /// The keys that could not be used, if that is the reason for too few keys; else empty.
    #[must_use]
    pub fn skipped(&self) -> &[Skipped] {
        match &*self.0 {
            Repr::TooFewKeys { skipped, .. } => skipped,
            _ => &[],
        }
    }
}

impl fmt::Debug for KeySetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Repr> for KeySetError {
    fn from(repr: Repr) -> Self {
        Self(Arc::new(repr))
    }
}

/// What is wrong with a document that should be a key set.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum KeySetErrorKind {
    /// A member of the set itself is repeated.
    DuplicateMember,
    /// It is JSON, but not an object with an array `keys` (RFC 7517 section 5).
    NotAKeySet,
    /// It is not JSON in UTF-8, or it is empty.
    NotJson,
    /// It is PEM (RFC 7468) with a damaged or missing boundary, so that a key may be hidden.
    NotPem,
    /// It is a SPIFFE bundle with a lower `spiffe_sequence` than the held one: an old answer.
    Older,
    /// Arrays and objects nest too deep.
    TooDeep,
    /// It has fewer usable keys than [`min_keys`](super::KeyLimits::min_keys), and is not a SPIFFE
    /// bundle that revokes all keys.
    TooFewKeys,
    /// It has more bytes than [`max_body`](super::KeyLimits::max_body).
    TooLarge,
    /// It has more keys, usable or not, than [`max_keys`](super::KeyLimits::max_keys).
    TooManyKeys,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Repr {
    #[error("`spiffe_sequence` is not a whole number of 64 bits")]
    BadSequence,
    #[error(
        "not a key set, but an issuer's discovery document: let the keys be found by `discover`, \
         or give the URL that it has as `jwks_uri`"
    )]
    DiscoveryDocument,
    #[error("the key set repeats a member")]
    DuplicateMember,
    #[error("the key set is empty: no JSON at all")]
    Empty,
    #[error("not a key set: no object with an array `keys`")]
    NotAKeySet,
    #[error("not JSON in UTF-8 (line {line}, column {column})")]
    NotJson { column: usize, line: usize },
    #[error("{0}")]
    NotPem(Fault),
    #[error("a member's name in the key set is not valid Unicode text")]
    NotUnicode,
    #[error(
        "an old bundle: its `spiffe_sequence` is {new}, and that of the held keys is {held}; if the \
         trust domain was set up anew, take the held keys away by hand with `invalidate`"
    )]
    Older { new: u64, held: u64 },
    #[error("the key set nests deeper than {limit}")]
    TooDeep { limit: usize },
    #[error("{}", too_few(*usable, *total, *needed, skipped))]
    TooFewKeys { needed: usize, skipped: Vec<Skipped>, total: usize, usable: usize },
    #[error("the key set has {len} bytes, at most {limit} allowed (setting `max_body`)")]
    TooLarge { len: usize, limit: usize },
    #[error("the key set has {total} keys, at most {limit} allowed (setting `max_keys`)")]
    TooManyKeys { limit: usize, total: usize },
}

/// With the reason of the first key that is not usable.
fn too_few(usable: usize, total: usize, needed: usize, skipped: &[Skipped]) -> String {
    let first = skipped.first().map(|skipped| format!(": {skipped}")).unwrap_or_default();
    let needed = format!("at least {needed} needed (setting `min_keys`)");
    format!("the key set has {usable} usable keys of {total}, {needed}{first}")
}
