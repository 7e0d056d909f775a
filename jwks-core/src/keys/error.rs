//! Why a document is no usable key set.

use std::sync::Arc;

use super::skip::Skipped;

/// A document was refused as a key set; the one in use, if any, stays.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct KeySetError(Arc<Repr>);

impl KeySetError {
    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> KeySetErrorKind {
        match *self.0 {
            Repr::DuplicateMember => KeySetErrorKind::DuplicateMember,
            Repr::NotAKeySet => KeySetErrorKind::NotAKeySet,
            Repr::Empty | Repr::NotJson { .. } | Repr::NotUnicode => KeySetErrorKind::NotJson,
            Repr::TooDeep { .. } => KeySetErrorKind::TooDeep,
            Repr::TooFewKeys { .. } => KeySetErrorKind::TooFewKeys,
            Repr::TooLarge { .. } => KeySetErrorKind::TooLarge,
            Repr::TooManyKeys { .. } => KeySetErrorKind::TooManyKeys,
        }
    }

    /// The keys that could not be used, if that is why there were too few; else empty.
    #[must_use]
    pub fn skipped(&self) -> &[Skipped] {
        match &*self.0 {
            Repr::TooFewKeys { skipped, .. } => skipped,
            _ => &[],
        }
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
    /// It is not JSON in UTF-8; it may be empty.
    NotJson,
    /// Arrays and objects nest too deep.
    TooDeep,
    /// Fewer usable keys than [`min_keys`](super::KeyLimits::min_keys), and no SPIFFE bundle that
    /// revokes all keys.
    TooFewKeys,
    /// More bytes than [`max_body`](super::KeyLimits::max_body).
    TooLarge,
    /// More keys, usable or not, than [`max_keys`](super::KeyLimits::max_keys).
    TooManyKeys,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Repr {
    #[error("the key set repeats a member")]
    DuplicateMember,
    #[error("the key set is empty: no JSON at all")]
    Empty,
    #[error("not a key set: no object with an array `keys`")]
    NotAKeySet,
    #[error("not JSON in UTF-8 (line {line}, column {column})")]
    NotJson { column: usize, line: usize },
    #[error("a member's name in the key set is not valid Unicode text")]
    NotUnicode,
    #[error("the key set nests deeper than {limit}")]
    TooDeep { limit: usize },
    #[error("{usable} of {total} keys usable, at least {needed} needed{}", first(skipped))]
    TooFewKeys { needed: usize, skipped: Vec<Skipped>, total: usize, usable: usize },
    #[error("the key set has {len} bytes, at most {limit} allowed")]
    TooLarge { len: usize, limit: usize },
    #[error("the key set has {total} keys, at most {limit} allowed")]
    TooManyKeys { limit: usize, total: usize },
}

fn first(skipped: &[Skipped]) -> String {
    skipped.first().map_or_else(String::new, |skipped| format!(" ({skipped})"))
}
