//! From a header to the keys that may have signed the token.

use std::num::NonZeroUsize;

use crate::keys::{Algorithm, Key, KeySet};

use super::error::Error;
use super::header::Header;
use super::token::Token;

/// What the set says to a header.
pub(crate) enum Selection<'k> {
    /// At least one key may have signed the token.
    Found(Candidates<'k>),
    /// The set has no key with the token's `kid`: a newer set may.
    UnknownKid,
}

/// What to do with a token without `kid`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum WithoutKid {
    /// Use the key that fits its algorithm, if there is exactly one.
    OnlyIfUnique,
    /// Refuse it.
    Reject,
    /// Try at most so many of the keys that fit its algorithm.
    TryAll(NonZeroUsize),
}

/// Finds the keys for a header. A kid that is held, but by no key that fits, is an error and no
/// miss: fetching would not help. So is a token without `kid`.
pub(crate) fn select<'k>(
    keys: &'k KeySet,
    header: &Header<'_>,
    without_kid: WithoutKid,
) -> Result<Selection<'k>, Error> {
    let algorithm = header.algorithm;
    let kid = header.kid.as_deref();
    let (keys, limit) = match (kid, without_kid) {
        (Some(kid), _) => (keys.with_kid(kid), MAX_CANDIDATES),
        (None, WithoutKid::Reject) => return Err(Error::missing_kid("one is required")),
        (None, WithoutKid::OnlyIfUnique) => (keys.all(), 1),
        (None, WithoutKid::TryAll(limit)) => (keys.all(), limit.get()),
    };
    if keys.is_empty() && kid.is_some() {
        return Ok(Selection::UnknownKid);
    }
    let fitting = keys.iter().filter(|key| key.fits(algorithm)).take(2).count();
    if fitting == 0 {
        return Err(Error::no_usable_key(kid, algorithm.name()));
    }
    if fitting > 1 && kid.is_none() && without_kid == WithoutKid::OnlyIfUnique {
        return Err(Error::missing_kid("more than one key fits"));
    }
    Ok(Selection::Found(Candidates { algorithm, keys, limit }))
}

/// The keys that may have signed a token, in the order in which they are tried.
pub(crate) struct Candidates<'k> {
    algorithm: Algorithm,
    keys: &'k [Key],
    limit: usize,
}

impl<'k> Candidates<'k> {
    /// The key that made the token's signature.
    pub(crate) fn check(&self, token: &Token<'_>) -> Result<&'k Key, Error> {
        self.keys
            .iter()
            .filter(|key| key.fits(self.algorithm))
            .take(self.limit)
            .find(|key| key.verifies(self.algorithm, token.signed(), token.signature()))
            .ok_or_else(Error::invalid_signature)
    }
}

/// Keys tried for one `kid`: a set with hundreds of one `kid` must not make a check cost hundreds.
const MAX_CANDIDATES: usize = 4;
