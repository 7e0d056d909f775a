//! What is known of one kid.

use std::time::SystemTime;

use serde::Serialize;

use super::super::KeyCache;
use super::super::snapshot::Held;
use super::super::status::{seconds, seconds_of};
use super::{HeldKey, NextFetch};
use crate::cache::sync::lock;
use crate::keys::{KeyId, MAX_KID};
use crate::refresh::Miss;

/// What a key cache knows of one kid, at the time of the call. Create it with
/// [`KeyCache::explain_kid`].
///
/// Its `Display` is text for a person, of one line or several. It serialises with the same content.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct KidExplanation {
    /// The issuer's label, as in its [events](super::super::Event::label).
    pub label: String,
    /// The time of the call, on the wall clock.
    #[serde(serialize_with = "seconds_of")]
    pub at: SystemTime,
    /// The kid. It is shown escaped and shortened.
    pub kid: KeyId,
    /// What is known of it.
    #[serde(flatten)]
    pub state: KidState,
}

/// What is known of a kid. Serialises with the tag `state`: `"denied"`, `"held"`, `"no_keys"`,
/// `"skipped"`, `"too_long"`, `"unknown"`.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum KidState {
    /// It was denied by hand ([`KeyCache::deny_kid`]): tokens that name it are refused, whatever
    /// the issuer publishes.
    #[non_exhaustive]
    Denied {
        /// Whether the issuer still publishes a key of this kid.
        published: bool,
    },
    /// Tokens that name it are checked with these keys.
    #[non_exhaustive]
    Held {
        /// The keys, in the order of the issuer's document.
        keys: Vec<HeldKey>,
    },
    /// No keys are held at all: see [`KeyCache::explain`].
    #[non_exhaustive]
    NoKeys {
        /// When that could change.
        next_fetch: NextFetch,
    },
    /// The issuer publishes a key of this kid that cannot be used.
    #[non_exhaustive]
    Skipped {
        /// Why.
        why: String,
        /// When a token that names it may cause a fetch. `None` if it may now, or if the fetch that
        /// runs answers for it.
        #[serde(serialize_with = "seconds")]
        opens_at: Option<SystemTime>,
        /// When the keys are fetched next in any case.
        next_fetch: NextFetch,
    },
    /// It is longer than 256 bytes: no key has such a kid, and nothing is fetched for it.
    #[non_exhaustive]
    TooLong,
    /// The key set has no key of this kid.
    #[non_exhaustive]
    Unknown {
        /// Whether the issuer has said within the last cooldown that it has no such key. Then no
        /// token with this kid causes a fetch before [`opens_at`](Self::Unknown::opens_at).
        absent: bool,
        /// When a token that names it may cause a fetch. `None` if it may now, or if the fetch that
        /// runs answers for it.
        #[serde(serialize_with = "seconds")]
        opens_at: Option<SystemTime>,
        /// When the keys are fetched next in any case.
        next_fetch: NextFetch,
    },
}

impl KeyCache {
    /// What this cache knows of one kid: which keys it names, why they are not used, or when it
    /// could be found.
    ///
    /// The call requests nothing, and counts neither as a use nor as a miss.
    #[must_use]
    pub fn explain_kid(&self, kid: &str) -> KidExplanation {
        let now = self.wall_now();
        let (label, state) = (self.shared().label.to_string(), self.state_of(kid, now));
        KidExplanation { label, at: now, kid: KeyId::Kid(kid.into()), state }
    }

    fn state_of(&self, kid: &str, now: SystemTime) -> KidState {
        let shared = self.shared();
        if kid.len() > MAX_KID {
            return KidState::TooLong;
        }
        let snapshot = shared.snapshot();
        let held = snapshot.held.as_ref().filter(|held| now < held.trust_until);
        if snapshot.denied.contains(kid) {
            return KidState::Denied { published: held.is_some_and(|held| held.all.contains(kid)) };
        }
        let next_fetch = self.next_fetch(&lock(&shared.board));
        let Some(Held { keys, .. }) = held else { return KidState::NoKeys { next_fetch } };
        if keys.contains(kid) {
            return KidState::Held { keys: keys.candidates(kid).map(HeldKey::new).collect() };
        }
        let standing = shared.standing(snapshot.generation);
        let opens_at = |miss| standing.as_ref().and_then(|it| it.opens_at(miss, now));
        match keys.skipped_kid(kid) {
            Some(skipped) => KidState::Skipped {
                why: skipped.to_string(),
                opens_at: opens_at(Miss::Skipped),
                next_fetch,
            },
            None => KidState::Unknown {
                absent: standing.as_ref().is_some_and(|it| it.is_absent(shared.hash_kid(kid))),
                opens_at: opens_at(Miss::Kid),
                next_fetch,
            },
        }
    }
}
