//! Pauses after failed attempts: our own backoff, and the issuer's `Retry-After`.

use std::time::Duration;

use super::rng::Rng;
use super::{Policy, Time};

/// The longest that a `Retry-After` is obeyed without a set to serve meanwhile.
const LONGEST_COLD_HOLD: Duration = Duration::from_secs(60);

/// The longest that a `Retry-After` is obeyed at all.
const LONGEST_HOLD: Duration = Duration::from_secs(3600);

#[derive(Clone, Debug, Default)]
pub(super) struct Retry {
    /// Failed automatic attempts since the last success.
    pub(super) failures: u32,
    /// Whether any attempt, of whatever cause, failed since the last success.
    pub(super) failing: bool,
    /// Automatic attempts pause until then.
    pub(super) pause_until: Option<Time>,
    /// Attempts of every cause pause until then, as the issuer asked.
    pub(super) hold_until: Option<Time>,
}

impl Retry {
    /// Doubles the pause. For automatic attempts only: a stranger's unknown kid, or an operator's
    /// impatience, must not lengthen the pauses of an outage.
    pub(super) fn back_off(&mut self, policy: &Policy, rng: &mut Rng, now: Time) {
        // The largest duration has 94 bits of nanoseconds.
        let doublings = self.failures.min(94);
        let longest = (0..doublings).fold(policy.retry_initial(), |p, _| p.saturating_mul(2));
        let whole = longest.min(policy.retry_max());
        self.failures = self.failures.saturating_add(1);
        self.pause_until = Some(now + rng.duration(whole / 2, whole));
    }

    /// Obeys a `Retry-After`, as far as the set that is still served allows.
    pub(super) fn hold(&mut self, now: Time, retry_after: Duration, trust_until: Option<Time>) {
        let longest = trust_until
            .map_or(LONGEST_COLD_HOLD, |until| LONGEST_HOLD.min(until.saturating_since(now) / 2));
        self.hold_until = self.hold_until.max(Some(now + retry_after.min(longest)));
    }

    /// The set is gone: a long hold was granted only because there was one.
    pub(super) fn shorten_hold(&mut self, now: Time) {
        self.hold_until = self.hold_until.map(|until| until.min(now + LONGEST_COLD_HOLD));
    }

    /// The end of the issuer's hold, if it is not over.
    pub(super) fn held(&self, now: Time) -> Option<Time> {
        self.hold_until.filter(|&until| until > now)
    }
}
