//! From a header to the keys that may have signed the token.

use std::num::NonZeroUsize;

use crate::keys::{Algorithm, Key, KeySet};

use super::claims::Bearer;
use super::error::Error;
use super::header::Header;
use super::memo::{Memo, News, Recall};
use super::templated::Templated;
use super::token::Token;

/// What the set says to a header.
pub(crate) enum Selection<'k, 't> {
    /// At least one key may have signed the token.
    Found(Candidates<'k, 't>),
    /// The set has no key with the token's `kid` that is for its `iss`: a newer set may.
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

/// Finds the keys for a token. A kid that is held, but by no key that fits, is an error and no
/// miss: fetching would not help. So is a token without `kid`.
///
/// Keys that are for another issuer than the token's are as if they were not there. The token's
/// word for it is not verified yet, but the signature that is checked next covers it.
pub(crate) fn select<'k, 't>(
    keys: &'k KeySet,
    token: &Token<'_, 't>,
    header: &Header<'_>,
    without_kid: WithoutKid,
    templated: Option<&'k Templated>,
) -> Result<Selection<'k, 't>, Error> {
    let bearer = keys.has_bound_keys().then(|| token.bearer());
    let algorithm = header.algorithm;
    let kid = header.kid.as_deref();
    let (keys, limit) = match (kid, without_kid) {
        (Some(kid), _) => (keys.with_kid(kid), MAX_CANDIDATES),
        (None, WithoutKid::Reject) => return Err(Error::missing_kid("one is required")),
        (None, WithoutKid::OnlyIfUnique) => (keys.all(), 1),
        (None, WithoutKid::TryAll(limit)) => (keys.all(), limit.get()),
    };
    let candidates = Candidates { algorithm, bearer, keys, limit, templated };
    if kid.is_some() && candidates.serving().next().is_none() {
        return Ok(Selection::UnknownKid);
    }
    let fitting = candidates.fitting().take(2).count();
    if fitting == 0 {
        return Err(Error::no_usable_key(kid, algorithm.name()));
    }
    if fitting > 1 && kid.is_none() && without_kid == WithoutKid::OnlyIfUnique {
        return Err(Error::missing_kid("more than one key fits"));
    }
    Ok(Selection::Found(candidates))
}

/// The keys that may have signed a token, in the order in which they are tried.
pub(crate) struct Candidates<'k, 't> {
    algorithm: Algorithm,
    /// None: every key of the set is for every token.
    bearer: Option<Bearer<'t>>,
    keys: &'k [Key],
    limit: usize,
    templated: Option<&'k Templated>,
}

impl<'k> Candidates<'k, '_> {
    /// Whether one of them made the token's signature. What the memo did not know of it is to be
    /// remembered once the token is accepted.
    pub(super) fn check<'m>(
        &self,
        token: &Token<'_, '_>,
        memo: Option<&'m Memo>,
    ) -> Result<Option<News<'m>>, Error> {
        let (signed, signature) = (token.signed(), token.signature());
        let mut tried = self.fitting().take(self.limit);
        let mut recall = memo.and_then(|memo| memo.recall(self.algorithm, signed, signature));
        if let Some(recall) = &mut recall
            && tried.clone().any(|key| recall.is_by(key))
        {
            return Ok(None);
        }
        let hash = recall.as_ref().map(Recall::text_hash);
        let key = tried.find(|key| key.verifies_hashed(self.algorithm, signed, hash, signature));
        let key = key.ok_or_else(Error::invalid_signature)?;
        Ok(recall.map(|recall| recall.news(key)))
    }

    /// Those that are for the token's issuer.
    fn serving(&self) -> impl Clone + Iterator<Item = &'k Key> {
        let bearer = self.bearer.as_ref();
        let serves = move |key: &&Key| bearer.is_none_or(|it| it.is_served_by(key, self.templated));
        self.keys.iter().filter(serves)
    }

    /// And are for its algorithm.
    fn fitting(&self) -> impl Clone + Iterator<Item = &'k Key> {
        self.serving().filter(|key| key.fits(self.algorithm))
    }
}

/// Keys tried for one `kid`: a set with hundreds of one `kid` must not make a check cost hundreds.
const MAX_CANDIDATES: usize = 4;
