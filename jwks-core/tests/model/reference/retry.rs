//! Pauses after failures, and what a `Retry-After` holds.

use std::time::Duration;

use jwks_core::refresh::Policy;

use super::span::{LONG_AGO, MINUTE, Ns, Span, ns};

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Retry {
    /// Automatic attempts that failed since the last success.
    pub(crate) failures: u32,
    pub(crate) pause_e: Span,
    /// When the last attempt ended: an automatic one, or any.
    pub(crate) ended_e: Span,
    pub(crate) hold: Holds,
    /// `Retry-After`s that fetches for unknown kids alone have earned since the last success.
    /// Whether one of no time at all counts is not said.
    pub(crate) strikes: (u32, u32),
}

/// Until when nothing begins, by cause.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Holds {
    pub(crate) automatic_e: Ns,
    pub(crate) by_hand_e: Ns,
    pub(crate) missed_e: Span,
}

/// An attempt that failed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure {
    pub(crate) e: Ns,
    /// Whether it counts for the backoff.
    pub(crate) automatic: bool,
    /// Whether it served unknown kids and nothing else.
    pub(crate) missed_alone: bool,
    pub(crate) retry_after: Option<Duration>,
    /// Until the held set stops serving, if one serves.
    pub(crate) serves_for: Option<Ns>,
}

impl Retry {
    pub(crate) fn new() -> Self {
        let hold = Holds { automatic_e: LONG_AGO, by_hand_e: LONG_AGO, missed_e: Span::OVER };
        Self { failures: 0, pause_e: Span::OVER, ended_e: Span::OVER, hold, strikes: (0, 0) }
    }

    pub(crate) fn fail(&mut self, policy: &Policy, failure: Failure) {
        let e = failure.e;
        self.ended_e.hi = e;
        if failure.automatic {
            self.failures += 1;
            self.ended_e.lo = e;
            let whole = whole_pause(policy, self.failures);
            self.pause_e = Span::between(e + whole / 2, e + whole);
        }
        if let Some(asked) = failure.retry_after {
            self.hold_for(e, ns(asked), failure);
        }
    }

    /// A `Retry-After` lengthens, up to a cap, and never shortens.
    fn hold_for(&mut self, e: Ns, asked: Ns, failure: Failure) {
        if failure.missed_alone {
            self.strikes.0 += u32::from(asked > 0);
            self.strikes.1 += 1;
        }
        let automatic = match failure.serves_for {
            Some(left) => (60 * MINUTE).min(left / 2),
            None => MINUTE,
        };
        let automatic = if failure.missed_alone { automatic.min(MINUTE) } else { automatic };
        for (hold, most) in
            [(&mut self.hold.automatic_e, automatic), (&mut self.hold.by_hand_e, MINUTE)]
        {
            *hold = (*hold).max(e + asked.min(most));
        }
        let doubled = |strikes: u32| {
            let doubled = MINUTE << strikes.saturating_sub(1).min(8);
            e + asked.min(doubled.min(10 * MINUTE))
        };
        // Whether another cause's is doubled too is not said.
        let least = if failure.missed_alone { self.strikes.0 } else { 0 };
        let held = Span::between(doubled(least), doubled(self.strikes.1));
        self.hold.missed_e = self.hold.missed_e.and(held);
    }

    /// The set is gone: nothing is held for longer than if there had been none.
    pub(crate) fn lose_set(&mut self, e: Ns) {
        for hold in [&mut self.hold.automatic_e, &mut self.hold.by_hand_e] {
            *hold = (*hold).min(e + MINUTE);
        }
        self.hold.missed_e = self.hold.missed_e.or(Span::at(e + MINUTE));
    }
}

/// The whole pause after so many failures: doubling, up to the longest.
pub(crate) fn whole_pause(policy: &Policy, failures: u32) -> Ns {
    let mut whole = ns(policy.retry_initial());
    for _ in 1..failures.min(200) {
        whole = (whole * 2).min(ns(policy.retry_max()));
    }
    whole.min(ns(policy.retry_max()))
}
