//! A fetch as the machine knows it, and what asks for one.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Reason, Time};

/// Identifies one fetch, so that a late answer is not taken for the awaited one.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
pub struct FetchId(pub(super) u64);

/// The machine's order to fetch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct FetchStart {
    /// To be given back with the answer.
    pub id: FetchId,
    /// Past this the attempt has failed, and its answer is ignored.
    pub deadline: Time,
    /// Why.
    pub reason: Reason,
    /// Whether a 304 would be understood: send the validators of the held set.
    pub conditional: bool,
    /// Whether caches on the way must be passed by (`Cache-Control: no-cache`, RFC 9111, 5.2.1.4).
    pub no_cache: bool,
    /// Whether it serves a refresh or an invalidation by hand, among others.
    pub by_hand: bool,
    /// Whether it serves tokens that found no key, among others.
    pub unknown_kid: bool,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Flight {
    pub(super) id: FetchId,
    pub(super) deadline: Time,
    pub(super) conditional: bool,
    pub(super) reason: Reason,
    pub(super) causes: Causes,
    /// When it was sent, in effective time.
    pub(super) sent_at: Time,
    /// The frozen time that was known then.
    pub(super) frozen: Duration,
}

/// What a fetch is for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Causes {
    pub(super) automatic: bool,
    pub(super) by_hand: bool,
    pub(super) misses: bool,
}

/// A fetch that is to be made once more.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Again {
    pub(super) causes: Causes,
    pub(super) reason: Reason,
}

/// Callers who wait for keys, or have asked for them.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Demand {
    pub(super) asked: bool,
    pub(super) waiting: bool,
}

#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Manual {
    /// `handle_refresh`: dropped when the issuer asks for a pause.
    pub(super) refresh: Option<Time>,
    /// `handle_invalidate`: kept through such a pause.
    pub(super) reload: Option<Time>,
    /// In new time.
    pub(super) opens_at: Option<Time>,
}

impl Causes {
    /// Whether nothing but the machine's own plan asked for it. A new kid, or an operator, asks a
    /// whole fleet at once.
    pub(super) const fn is_planned(self) -> bool {
        !self.misses && !self.by_hand
    }

    pub(super) const fn only_misses(self) -> bool {
        self.misses && !self.automatic && !self.by_hand
    }
}
