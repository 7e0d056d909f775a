//! Those who want keys: how many wait, whether one has asked, and when somebody was last there.

use jwks_core::refresh::Policy;

use super::span::{Ns, Span, Tri, ns};

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct People {
    pub(crate) waiting: u64,
    /// Somebody who does not wait would like keys: one attempt.
    pub(crate) asked: Tri,
    /// Rule 3: an attempt for the lifetime failed, or was too slow for somebody. Nobody waits while
    /// no more time is frozen than had been when the attempt began.
    pub(crate) beside: Option<Span>,
    /// The last use, caller who waited, or ask.
    pub(crate) seen_e: Span,
    /// Until when the driver was late, or the process frozen: idleness is sampled.
    pub(crate) late_e: Ns,
    /// When it was sampled last.
    pub(crate) sampled_e: Ns,
}

impl People {
    pub(crate) fn new(e: Ns) -> Self {
        Self {
            waiting: 0,
            asked: Tri::No,
            beside: None,
            seen_e: Span::at(e),
            late_e: e,
            sampled_e: e,
        }
    }

    /// Whether somebody waits, or has asked and not been served.
    pub(crate) fn want(&self) -> Tri {
        Tri::is(self.waiting > 0).or(self.asked)
    }

    /// Whether nobody waits for freshness, with this much time frozen so far.
    pub(crate) fn beside(&self, frozen: Ns) -> Tri {
        match self.beside {
            None => Tri::No,
            Some(then) => Tri::between(frozen <= then.lo, frozen <= then.hi),
        }
    }

    /// Idle: no validation for `idle_after`, seen between one and two periods.
    pub(crate) fn idle(&self, policy: &Policy, e: Ns) -> Tri {
        let Some(period) = policy.idle_after().filter(|_| policy.background_refresh()).map(ns)
        else {
            return Tri::No;
        };
        if self.asked.must() || e < self.seen_e.lo + period {
            return Tri::No;
        }
        // Those who wait are there, and will use what they get.
        let nobody = !self.asked.may() && self.waiting == 0;
        let seen = self.seen_e.hi.max(self.late_e);
        Tri::between(nobody && self.sampled_e >= seen + 2 * period, true)
    }
}
