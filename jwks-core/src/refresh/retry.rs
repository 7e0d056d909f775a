//! Pauses after failed attempts: our own backoff, and the issuer's `Retry-After`. All of them are
//! in effective time.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::rng::Rng;
use super::{Policy, Time};

/// The longest that a `Retry-After` is obeyed by hand, or without a set to serve meanwhile.
pub(super) const SHORT_HOLD: Duration = Duration::from_secs(60);

/// The longest that a `Retry-After` is obeyed at all.
const LONGEST_HOLD: Duration = Duration::from_secs(3600);

#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Retry {
    /// Failed automatic attempts since the last success.
    pub(super) failures: u32,
    /// Whether any attempt, of whatever cause, failed since the last success.
    pub(super) failing: bool,
    /// The end of the last attempt that failed.
    ended_at: Time,
    /// Our own pause before the next automatic attempt.
    pub(super) pause_until: Time,
    /// The issuer's pause before the next automatic attempt.
    pub(super) hold_until: Time,
    /// The issuer's pause before the next attempt by hand.
    pub(super) manual_hold_until: Time,
}

impl Retry {
    /// An attempt has failed. `automatic`: it lengthens our pauses; a stranger's unknown kid, or an
    /// operator's impatience, must not.
    pub(super) fn fail(&mut self, policy: &Policy, rng: &mut Rng, now: Time, automatic: bool) {
        self.failing = true;
        self.ended_at = now;
        if automatic {
            // The largest duration has 94 bits of nanoseconds.
            let doublings = self.failures.min(94);
            let longest = (0..doublings).fold(policy.retry_initial(), |p, _| p.saturating_mul(2));
            let whole = longest.min(policy.retry_max());
            self.failures = self.failures.saturating_add(1);
            self.pause_until = now + rng.duration(whole / 2, whole);
        }
    }

    /// Somebody waits for a first set: our pause is at most so long.
    pub(super) fn shorten_pause(&mut self, longest: Duration) {
        self.pause_until = self.pause_until.min(self.ended_at + longest);
    }

    /// Obeys a `Retry-After`. `serving_until`: the end of the set that serves meanwhile. `earned`:
    /// by a fetch that only unknown kids have caused.
    pub(super) fn obey_retry_after(
        &mut self,
        now: Time,
        retry_after: Duration,
        serving_until: Option<Time>,
        earned: bool,
    ) {
        let longest = match serving_until {
            Some(until) => LONGEST_HOLD.min(until.saturating_since(now) / 2),
            None => SHORT_HOLD,
        };
        let longest = if earned { longest.min(SHORT_HOLD) } else { longest };
        self.hold_until = self.hold_until.max(now + retry_after.min(longest));
        self.manual_hold_until = self.manual_hold_until.max(now + retry_after.min(SHORT_HOLD));
    }

    /// The set is gone: a long hold was granted only because there was one.
    pub(super) fn shorten_hold(&mut self, now: Time) {
        self.hold_until = self.hold_until.min(now + SHORT_HOLD);
    }

    /// When the pauses of automatic attempts are over.
    pub(super) fn opens_at(&self) -> Time {
        self.pause_until.max(self.hold_until)
    }
}
