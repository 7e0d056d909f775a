//! How long a confirmed key set may be used, by time and by validations.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::clock::Moment;
use super::rng::{Draw, Rng};
use super::{Policy, Time};

/// How old the held set is. Half-open ages, counted from the confirmation.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
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

/// What a confirmation (a committed 200, or a 304) grants. All times are effective, but those of
/// `earliest` and `earliest_by_usage`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Lease {
    /// Least time of the next automatic refresh, in new time.
    pub(super) earliest: Time,
    pub(super) lifetime_end: Time,
    pub(super) trust_until: Time,
    /// The greatest trust after the last full reading (a 200): no 304 extends it.
    pub(super) hard_end: Time,
    /// When the set was last read in full, and has validators: a later fetch can be conditional.
    pub(super) validated_from: Option<Time>,
    /// It came from elsewhere than a fetch, so the next confirmation is the first.
    pub(super) hydrated: bool,
    /// When it was granted, in the adapter's time, and what trust was left then.
    granted: (Time, Duration),
    used: u64,
    /// When the refresh ahead is due by usage: after `usages_ahead` was first seen reached.
    ahead_by_usage: Option<Time>,
    /// How long after.
    usage_lag: Duration,
    /// Least time of the next refresh by usage, in new time.
    pub(super) earliest_by_usage: Time,
    /// Refresh-ahead points: none without background refresh, or without that strategy.
    ahead: Option<Time>,
    usages: Option<u64>,
    usages_ahead: Option<u64>,
}

/// What a new lease depends on, besides the policy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grant {
    pub(super) now: Moment,
    pub(super) lifetime: Duration,
    pub(super) trust_until: Time,
    pub(super) hard_end: Time,
    pub(super) validated_from: Option<Time>,
    /// Others of a fleet may have confirmed theirs at the same moment: after a cold load, a run of
    /// failures, or a fetch for missed keys or by hand.
    pub(super) first: bool,
}

impl Lease {
    pub(super) fn new(policy: &Policy, rng: &mut Rng, grant: Grant) -> Self {
        let Grant { now, lifetime, trust_until, hard_end, validated_from, first } = grant;
        let background = policy.background_refresh();
        let least = policy.min_refresh_interval();
        let spread = (first && policy.spread_first_refresh()).then(|| rng.draw());
        let point = background.then(|| ahead_by_time(policy, rng, lifetime, spread));
        let usages_ahead = background.then(|| ahead_by_usage(policy, rng, spread)).flatten();
        let left = trust_until.saturating_since(now.effective);
        // An old answer is trusted for less: the refresh ahead moves forward with its end.
        let room = left.saturating_sub(policy.fetch_timeout());
        let short = point.is_some_and(|point| room < point) || left < least;
        let sooner = short.then(|| policy.refresh_point_within(left));
        let point = point.map(|point| sooner.unwrap_or(point));
        let earliest = now.new + least.min(sooner.unwrap_or(Duration::MAX));
        // Where uses alone pace the refreshes, the first one falls anywhere in one period of them,
        // and no period is shorter than the least interval.
        let (usage_lag, more) = match spread.filter(|_| sooner.is_none()) {
            Some(draw) => (least, draw.duration(Duration::ZERO, least)),
            None => (Duration::ZERO, Duration::ZERO),
        };
        Self {
            earliest,
            lifetime_end: now.effective + lifetime,
            trust_until,
            hard_end,
            validated_from,
            hydrated: false,
            granted: (now.adapter, left),
            used: 0,
            ahead_by_usage: None,
            usage_lag,
            earliest_by_usage: earliest + more,
            ahead: point.map(|point| now.effective + point),
            usages: policy.usages(),
            usages_ahead,
        }
    }

    /// The same as if the confirmation had been `age` ago; its trust ends in at most `trust`. If
    /// that is sooner than the policy would have it, the refresh ahead moves forward with it.
    pub(super) fn aged(self, policy: &Policy, now: Moment, age: Duration, trust: Duration) -> Self {
        let aged = |at: Time, now: Time| now + at.saturating_since(now).saturating_sub(age);
        let trust_until = aged(self.trust_until, now.effective).min(now.effective + trust);
        let sooner = trust_until < aged(self.trust_until, now.effective);
        let latest = if sooner { policy.refresh_point_within(trust) } else { Duration::MAX };
        let ahead = |at: Time| aged(at, now.effective).min(now.effective + latest);
        let earliest = |at: Time| aged(at, now.new).min(now.new + latest);
        Self {
            earliest: earliest(self.earliest),
            earliest_by_usage: earliest(self.earliest_by_usage),
            usage_lag: if sooner { Duration::ZERO } else { self.usage_lag },
            lifetime_end: aged(self.lifetime_end, now.effective),
            trust_until,
            ahead: self.ahead.map(ahead),
            granted: (now.adapter, trust_until.saturating_since(now.effective)),
            validated_from: None,
            hydrated: true,
            ..self
        }
    }

    /// The same, with so much of its lifetime passed already. Trust, and when the next fetch may
    /// begin at the earliest, stay.
    pub(super) fn sooner(self, now: Moment, passed: Duration) -> Self {
        let now = now.effective;
        let sooner = |at: Time| now + at.saturating_since(now).saturating_sub(passed);
        Self { ahead: self.ahead.map(sooner), lifetime_end: sooner(self.lifetime_end), ..self }
    }

    pub(super) fn add_usage(&mut self, now: Time, used: u64) {
        self.used = self.used.saturating_add(used);
        if self.usages_ahead.is_some_and(|ahead| self.used >= ahead) {
            self.ahead_by_usage.get_or_insert(now + self.usage_lag);
        }
    }

    /// When the refresh ahead of the lifetime's end is due by time, not before `earliest`, and by
    /// usage, not before `earliest_by_usage`.
    pub(super) const fn ahead(&self) -> (Option<Time>, Option<Time>) {
        (self.ahead, self.ahead_by_usage)
    }

    /// Whether the lifetime is over, by time or by usage.
    pub(super) fn is_spent(&self, now: Time) -> bool {
        now >= self.lifetime_end || self.usages.is_some_and(|usages| self.used >= usages)
    }

    /// Whether they differ in nothing but the number of uses.
    pub(super) fn is_nearly(&self, other: &Self) -> bool {
        let Self { used, .. } = *other;
        Self { used, ..self.clone() } == *other
    }

    pub(super) const fn counts_usage(&self) -> bool {
        self.usages.is_some()
    }

    /// Validations until the refresh-ahead point, or past it until the lifetime's end by usage.
    pub(super) fn usages_left(&self) -> Option<u64> {
        let left = |limit: Option<u64>| limit?.checked_sub(self.used).filter(|&left| left > 0);
        left(self.usages_ahead).or_else(|| left(self.usages))
    }

    /// Whether its trust would not have ended yet if the adapter's clock had shown all time.
    pub(super) fn was_cut_short(&self, now: Moment) -> bool {
        let (granted_at, left) = self.granted;
        now.adapter.saturating_since(granted_at) < left
    }
}

fn ahead_by_time(
    policy: &Policy,
    rng: &mut Rng,
    lifetime: Duration,
    spread: Option<Draw>,
) -> Duration {
    let threshold = policy.threshold_point(lifetime);
    match spread {
        Some(draw) => draw.duration(policy.min_refresh_interval(), threshold),
        None => rng.duration(threshold, policy.latest_refresh_point(lifetime)),
    }
}

fn ahead_by_usage(policy: &Policy, rng: &mut Rng, spread: Option<Draw>) -> Option<u64> {
    let threshold = policy.usage_threshold()?;
    Some(match spread {
        Some(draw) => draw.count(1, threshold),
        None => rng.count(threshold, policy.latest_usage_point()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(seconds: u64) -> Time {
        Time::from_origin(SECOND * u32::try_from(seconds).unwrap())
    }

    fn moment(now: Time) -> Moment {
        Moment { adapter: now, effective: now, new: now }
    }

    fn granted() -> Lease {
        let grant = Grant {
            now: moment(at(100)),
            lifetime: SECOND * 600,
            trust_until: at(1000),
            hard_end: at(5000),
            validated_from: None,
            first: false,
        };
        Lease::new(&Policy::builder().build().unwrap(), &mut Rng::new(7), grant)
    }

    #[test]
    fn uses_alone_make_no_other_lease() {
        let lease = granted();
        let mut used = lease.clone();
        used.add_usage(at(101), 5);
        assert!(used != lease && used.is_nearly(&lease) && lease.is_nearly(&used));
        let sooner = lease.clone().sooner(moment(at(101)), SECOND);
        assert!(!sooner.is_nearly(&lease));
        assert_eq!((lease.lifetime_end, sooner.lifetime_end), (at(700), at(699)));
    }

    #[test]
    fn an_aged_lease_is_granted_now_and_confirmed_by_nobody() {
        let policy = Policy::builder().build().unwrap();
        let lease = Lease { usage_lag: SECOND, validated_from: Some(at(100)), ..granted() };
        let aged = |trust| lease.clone().aged(&policy, moment(at(200)), SECOND * 50, trust);
        let (long, short) = (aged(SECOND * 9000), aged(SECOND * 60));
        assert_eq!((long.trust_until, long.granted), (at(950), (at(200), SECOND * 750)));
        assert_eq!((short.trust_until, short.granted), (at(260), (at(200), SECOND * 60)));
        assert_eq!((long.usage_lag, short.usage_lag), (SECOND, Duration::ZERO));
        assert_eq!((long.validated_from, short.validated_from), (None, None));
    }

    #[test]
    fn uses_are_left_until_the_refresh_ahead_and_then_until_the_end() {
        let mut lease = Lease { usages: Some(5), usages_ahead: Some(3), ..granted() };
        let mut left = Vec::new();
        for _ in 0..7 {
            left.push(lease.usages_left());
            lease.add_usage(at(101), 1);
        }
        assert_eq!(left, [Some(3), Some(2), Some(1), Some(2), Some(1), None, None]);
    }

    #[test]
    fn it_was_cut_short_until_all_its_trust_has_passed_on_the_adapters_clock() {
        let lease = granted();
        let just_before = Time::from_origin(SECOND * 1000 - Duration::from_nanos(1));
        for (now, is_short) in [(at(100), true), (just_before, true), (at(1000), false)] {
            assert_eq!(lease.was_cut_short(moment(now)), is_short);
        }
    }
}
