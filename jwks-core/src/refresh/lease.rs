//! How long a confirmed key set may be used, by time and by validations.

use std::time::Duration;

use super::rng::Rng;
use super::{Policy, Time};

/// How old the held set is. Half-open ages, counted from the confirmation.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Freshness {
    /// No set has been held, or the last one was invalidated.
    Missing,
    /// Before the refresh-ahead point (before the lifetime's end without background refresh).
    Fresh,
    /// Past the refresh-ahead point: a refresh runs, or is about to.
    Due,
    /// The lifetime is over, by time or by usage; still served while refreshes fail.
    Stale,
    /// The trust in the last set has ended; it is not served.
    Expired,
}

/// What a confirmation (a committed 200, or a 304) grants.
#[derive(Clone, Debug)]
pub(super) struct Lease {
    /// Least time of the next automatic refresh.
    pub(super) earliest: Time,
    pub(super) lifetime_end: Time,
    pub(super) trust_until: Time,
    pub(super) validators: bool,
    /// It came from elsewhere than a fetch, so the next confirmation is the first.
    pub(super) hydrated: bool,
    used: u64,
    /// When `usages_ahead` was first seen reached.
    ahead_by_usage: Option<Time>,
    /// Refresh-ahead points: none without background refresh, or without that strategy.
    ahead: Option<Time>,
    usages: Option<u64>,
    usages_ahead: Option<u64>,
}

impl Lease {
    /// `first`: after a cold load, or after the success that ends a run of failures.
    pub(super) fn new(
        policy: &Policy,
        rng: &mut Rng,
        now: Time,
        lifetime: Duration,
        first: bool,
        validators: bool,
    ) -> Self {
        let background = policy.background_refresh();
        Self {
            earliest: now + policy.min_refresh_interval(),
            lifetime_end: now + lifetime,
            trust_until: now + policy.trust_for(lifetime),
            validators,
            hydrated: false,
            used: 0,
            ahead_by_usage: None,
            ahead: background.then(|| now + ahead_by_time(policy, rng, lifetime, first)),
            usages: policy.usages(),
            usages_ahead: background.then(|| ahead_by_usage(policy, rng)).flatten(),
        }
    }

    /// The same as if the confirmation had been `age` ago; its trust ends in at most `trust`. If
    /// that is sooner than the policy would have it, the refresh ahead moves forward with it.
    pub(super) fn aged(self, policy: &Policy, now: Time, age: Duration, trust: Duration) -> Self {
        let aged = |at: Time| now + at.saturating_since(now).saturating_sub(age);
        let trust_until = aged(self.trust_until).min(now + trust);
        let sooner = trust_until < aged(self.trust_until);
        let latest = if sooner { now + policy.threshold_point(trust) } else { Time::MAX };
        let ahead = self.ahead.map(|ahead| aged(ahead).min(latest));
        Self {
            earliest: aged(self.earliest),
            lifetime_end: aged(self.lifetime_end),
            trust_until,
            ahead,
            hydrated: true,
            ..self
        }
    }

    pub(super) fn add_usage(&mut self, now: Time, used: u64) {
        self.used = self.used.saturating_add(used);
        if self.usages_ahead.is_some_and(|ahead| self.used >= ahead) {
            self.ahead_by_usage.get_or_insert(now);
        }
    }

    /// When the refresh ahead of the lifetime's end is due, and whether by usage.
    pub(super) fn ahead(&self) -> Option<(Time, bool)> {
        let by_usage = self.ahead_by_usage.map(|at| (at.max(self.earliest), true));
        let by_time = self.ahead.map(|at| (at, false));
        by_usage.into_iter().chain(by_time).min_by_key(|&(at, _)| at)
    }

    /// Whether the lifetime is over, by time or by usage.
    pub(super) fn is_spent(&self, now: Time) -> bool {
        now >= self.lifetime_end || self.usages.is_some_and(|usages| self.used >= usages)
    }

    pub(super) const fn counts_usage(&self) -> bool {
        self.usages.is_some()
    }

    /// Validations until the refresh-ahead point, or past it until the lifetime's end by usage.
    pub(super) fn usages_left(&self) -> Option<u64> {
        let left = |limit: Option<u64>| limit?.checked_sub(self.used).filter(|&left| left > 0);
        left(self.usages_ahead).or_else(|| left(self.usages))
    }

    pub(super) fn freshness(&self, now: Time) -> Freshness {
        if now >= self.trust_until {
            Freshness::Expired
        } else if self.is_spent(now) {
            Freshness::Stale
        } else if self.ahead().is_some_and(|(at, _)| now >= at) {
            Freshness::Due
        } else {
            Freshness::Fresh
        }
    }
}

fn ahead_by_time(policy: &Policy, rng: &mut Rng, lifetime: Duration, first: bool) -> Duration {
    let threshold = policy.threshold_point(lifetime);
    if first && policy.spread_first_refresh() {
        rng.duration(policy.min_refresh_interval(), threshold)
    } else {
        rng.duration(threshold, policy.latest_refresh_point(lifetime))
    }
}

fn ahead_by_usage(policy: &Policy, rng: &mut Rng) -> Option<u64> {
    Some(rng.count(policy.usage_threshold()?, policy.latest_usage_point()?))
}
