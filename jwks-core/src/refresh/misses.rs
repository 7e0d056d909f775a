//! Tokens that found no key, and how often they may cause a fetch.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::clock::{Clock, When};
use super::{Policy, Time};

/// How a token missed its key in the held set.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Miss {
    /// The set has no key of its `kid`: the unknown-kid rate, with its burst.
    Kid,
    /// It has no `kid`, and none of its candidates made its signature: on the steady rate alone.
    Kidless,
    /// The set has keys of its `kid`, and none of them fits: as [`Miss::Kidless`], and at most one
    /// fetch a minute.
    Signature,
    /// Its `kid` is that of a key which was skipped: as [`Miss::Kid`], and at most one fetch a
    /// minute.
    Skipped,
}

/// A token bucket (in the form of the generic cell rate algorithm) that all classes share.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Misses {
    /// By class: a fetch is to follow.
    wanted: [bool; Miss::ALL.len()],
    /// When the bucket is full again, in new time.
    full_at: Time,
    /// By class: its own limit, in new time.
    opens_at: [Time; Miss::ALL.len()],
    /// The issuer's `Retry-After`, in effective time.
    hold_until: Time,
    /// How many of these unknown kids have earned since the last success.
    holds: u32,
}

impl Miss {
    const ALL: [Self; 4] = [Self::Kid, Self::Kidless, Self::Signature, Self::Skipped];

    const fn place(self) -> usize {
        self as usize
    }

    /// Least time between two fetches for this class.
    const fn interval(self) -> Option<Duration> {
        match self {
            Self::Kid | Self::Kidless => None,
            Self::Signature | Self::Skipped => Some(Duration::from_secs(60)),
        }
    }

    const fn has_burst(self) -> bool {
        matches!(self, Self::Kid | Self::Skipped)
    }
}

impl Misses {
    pub(super) fn remember(&mut self, miss: Miss) {
        if let Some(wanted) = self.wanted.get_mut(miss.place()) {
            *wanted = true;
        }
    }

    pub(super) fn forget(&mut self) {
        self.wanted = [false; Miss::ALL.len()];
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.wanted.contains(&true)
    }

    /// From when on such a miss may cause a fetch, in the adapter's time.
    pub(super) fn opens_at(&self, policy: &Policy, clock: &Clock, miss: Miss) -> Time {
        let burst = policy.unknown_kid_burst().saturating_sub(1);
        let ahead = policy.unknown_kid_cooldown().saturating_mul(burst);
        let rate = if miss.has_burst() { self.full_at.less(ahead) } else { self.full_at };
        let own = self.opens_at.get(miss.place()).copied().unwrap_or_default();
        let budget = clock.adapter_at(When::New(rate.max(own)));
        budget.max(clock.adapter_at(When::Effective(self.hold_until)))
    }

    /// How many fetches unknown kids may cause now, one after the other.
    pub(super) fn left(&self, policy: &Policy, clock: &Clock) -> u32 {
        let spent = self.full_at.saturating_since(clock.new_time()).as_nanos();
        let spent = spent.div_ceil(policy.unknown_kid_cooldown().as_nanos().max(1));
        policy.unknown_kid_burst().saturating_sub(u32::try_from(spent).unwrap_or(u32::MAX))
    }

    /// When the fetch for a remembered miss is due, in the adapter's time.
    pub(super) fn due_at(&self, policy: &Policy, clock: &Clock) -> Option<Time> {
        self.remembered().map(|miss| self.opens_at(policy, clock, miss)).min()
    }

    /// A fetch begins and takes the remembered misses along. It counts if one of them may cause a
    /// fetch by itself. False: there was none.
    pub(super) fn consume(&mut self, policy: &Policy, clock: &Clock) -> bool {
        let Some(due_at) = self.due_at(policy, clock) else { return false };
        if due_at <= clock.adapter() {
            let now = clock.new_time();
            self.full_at = self.full_at.max(now) + policy.unknown_kid_cooldown();
            for (miss, opens_at) in Miss::ALL.into_iter().zip(&mut self.opens_at) {
                let wanted = self.wanted.get(miss.place()).copied().unwrap_or_default();
                if let Some(interval) = miss.interval().filter(|_| wanted) {
                    *opens_at = now + interval;
                }
            }
        }
        self.forget();
        true
    }

    /// Obeys a `Retry-After` at `now` in effective time. `earned`: by a fetch that served misses
    /// alone; each of these doubles the most that is obeyed.
    pub(super) fn obey_retry_after(&mut self, now: Time, retry_after: Duration, earned: bool) {
        let doublings = if earned { self.holds.min(10) } else { 0 };
        let most = FIRST_HOLD.saturating_mul(1 << doublings).min(LONGEST_HOLD);
        self.hold_until = self.hold_until.max(now + retry_after.min(most));
        self.holds = self.holds.saturating_add(u32::from(earned));
    }

    /// The set is gone: nothing longer than the first hold is left.
    pub(super) fn shorten_hold(&mut self, now: Time) {
        self.hold_until = self.hold_until.min(now + FIRST_HOLD);
    }

    /// The issuer has answered.
    pub(super) const fn release(&mut self) {
        self.hold_until = Time::ZERO;
        self.holds = 0;
    }

    fn remembered(&self) -> impl Iterator<Item = Miss> {
        Miss::ALL.into_iter().filter(|&miss| self.wants(miss))
    }

    fn wants(&self, miss: Miss) -> bool {
        self.wanted.get(miss.place()).copied().unwrap_or_default()
    }
}

/// The longest that a first `Retry-After` is obeyed.
const FIRST_HOLD: Duration = Duration::from_secs(60);

/// The longest that repeated ones are.
const LONGEST_HOLD: Duration = Duration::from_secs(600);
