//! The reference: what the rules say of the refresh machine, written from them alone.
//!
//! Simple, slow and plain. It is told every call and what the machine answered, and says whether
//! the rules allow that. Where they leave room (jitter, or a point that they do not settle) it
//! knows a moment within bounds ([`Span`]) and a fact as yes, no or maybe ([`Tri`]); what the
//! machine then shows narrows them, and the machine is held to what it has shown.
//!
//! Moments carry the clock they are on in their names: `_t` the adapter's, `_e` effective time
//! (ages, pauses, holds), `_b` new wall time (budgets); see [`clocks`].

mod answers;
mod begin;
pub(crate) mod causes;
pub(crate) mod clocks;
mod gate;
pub(crate) mod held;
mod hydrate;
mod inputs;
pub(crate) mod look;
pub(crate) mod misses;
pub(crate) mod people;
pub(crate) mod retry;
mod settle;
mod shown;
pub(crate) mod span;
mod trial;

use jwks_core::refresh::{FetchId, Policy, Time};

use clocks::Clocks;
use held::Held;
use look::Look;
use misses::Misses;
use people::People;
use retry::Retry;
use shown::Shown;
pub(crate) use span::{Broken, Check, rule};
use span::{Ns, Span, Tri, ns, ns_of};
pub(crate) use trial::{Call, Outcome, Trial};

/// All that an onlooker can know.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) policy: Policy,
    pub(crate) clocks: Clocks,
    pub(crate) held: Option<Held>,
    /// Without a set: whether the last one expired (or there was none, or it was invalidated).
    pub(crate) expired: bool,
    pub(crate) flight: Option<Flight>,
    pub(crate) hand: Hand,
    pub(crate) loads: Loads,
    pub(crate) misses: Misses,
    /// An answer was outlived by the time that was frozen: the fetch is due again, at once.
    pub(crate) again: Option<Served>,
    pub(crate) people: People,
    pub(crate) retry: Retry,
    /// What the machine showed last.
    pub(crate) shown: Shown,
    /// The fetches so far.
    pub(crate) ids: Vec<FetchId>,
}

/// The fetch in flight.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Flight {
    pub(crate) id: FetchId,
    pub(crate) deadline_t: Ns,
    pub(crate) sent_e: Ns,
    /// The frozen time that had counted when it began.
    pub(crate) frozen: Ns,
    /// Whether it serves a cause of the machine's own, among others.
    pub(crate) automatic: Tri,
    pub(crate) by_hand: bool,
    pub(crate) missed: bool,
    pub(crate) conditional: bool,
}

/// What a fetch was for, beside the machine's own reasons.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Served {
    pub(crate) by_hand: bool,
    pub(crate) missed: bool,
}

/// Rule 11.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Hand {
    pub(crate) refresh: Tri,
    /// After an invalidation.
    pub(crate) reload: bool,
    /// When the last fetch by hand began.
    pub(crate) begun_b: Span,
}

/// Rule 13: loads after an expiry by frozen time or by distrust.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Loads {
    /// Whether the set was lost that way, and no load has begun since.
    pub(crate) due: Tri,
    pub(crate) lost_b: Ns,
    pub(crate) begun_b: Span,
}

impl Model {
    pub(crate) fn new(policy: Policy, now: Time) -> Self {
        let mut clocks = Clocks::default();
        clocks.tell(ns_of(now));
        Self {
            policy,
            clocks,
            held: None,
            expired: false,
            flight: None,
            hand: Hand { refresh: Tri::No, reload: false, begun_b: Span::OVER },
            loads: Loads { due: Tri::No, lost_b: 0, begun_b: Span::OVER },
            misses: Misses::new(),
            again: None,
            people: People::new(clocks.e()),
            retry: Retry::new(),
            shown: Shown::default(),
            ids: Vec::new(),
        }
    }

    /// All but the settings, for a report.
    pub(crate) fn known(&self) -> String {
        let Self { policy: _, shown: _, ids: _, clocks, held, expired, flight, hand, .. } = self;
        let Self { loads, misses, again, people, retry, .. } = self;
        format!(
            "{clocks:?}\n{held:?} {expired}\n{flight:?}\n{hand:?} {loads:?}\n{misses:?} {again:?}\n\
             {people:?}\n{retry:?}"
        )
    }

    /// Whether something has happened by the clocks that `handle_timeout` has not seen yet.
    pub(crate) fn overdue(&self) -> bool {
        let late = self.flight.is_some_and(|flight| flight.deadline_t <= self.clocks.t);
        late || self.serves() != Tri::is(self.held.is_some())
    }

    /// Whether a set is held whose trust is not over.
    pub(crate) fn serves(&self) -> Tri {
        match &self.held {
            None => Tri::No,
            Some(held) => match held.trust_e.over(self.clocks.e()) {
                Tri::No => Tri::Yes,
                Tri::Maybe => Tri::Maybe,
                Tri::Yes => Tri::No,
            },
        }
    }
}
