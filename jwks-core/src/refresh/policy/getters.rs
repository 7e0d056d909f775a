//! What a policy says.

use core::time::Duration;

use super::{Kidless, Policy, Strategy};

impl Policy {
    /// What ends the lifetime of a set.
    #[must_use]
    pub const fn strategy(&self) -> Strategy {
        self.set.strategy
    }

    /// Whether to refresh ahead, without any caller waiting.
    #[must_use]
    pub const fn background_refresh(&self) -> bool {
        self.set.background_refresh
    }

    /// The lifetime by time of a key set whose response gives no lifetime: `interval`, or under
    /// [`Strategy::Usage`] `max_trust` less `stale_if_error`.
    #[must_use]
    pub const fn lifetime(&self) -> Duration {
        match self.set.strategy {
            Strategy::Usage => self.set.max_trust.saturating_sub(self.set.stale_if_error),
            Strategy::Both | Strategy::Time => self.set.interval,
        }
    }

    /// The lifetime by time of a key set whose response gives this lifetime (`None` or zero: it
    /// gives none). It is within the clamp if HTTP freshness is on and has an effect, otherwise it
    /// is [`Policy::lifetime`].
    #[must_use]
    pub fn lifetime_for(&self, response: Option<Duration>) -> Duration {
        match response {
            Some(given)
                if self.set.http_freshness
                    && self.set.strategy != Strategy::Usage
                    && !given.is_zero() =>
            {
                // Not `clamp`, which panics if the bounds are the wrong way round.
                given.max(self.set.http_freshness_min).min(self.set.http_freshness_max)
            }
            _ => self.lifetime(),
        }
    }

    /// The lifetime by validations; `None` under [`Strategy::Time`].
    #[must_use]
    pub const fn usages(&self) -> Option<u64> {
        match self.set.strategy {
            Strategy::Both | Strategy::Usage => Some(self.set.usages),
            Strategy::Time => None,
        }
    }

    /// Part of the lifetime, of time and of validations, after which to refresh ahead.
    #[must_use]
    pub const fn background_refresh_threshold(&self) -> f64 {
        self.threshold.get()
    }

    /// When, after the confirmation, the refresh ahead of a set of this lifetime begins to be due:
    /// the threshold's part of the lifetime, but not before `min_refresh_interval`.
    ///
    /// ```
    /// use core::time::Duration;
    /// use jwks_core::refresh::Policy;
    ///
    /// let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
    /// for (threshold, point) in [(0.8, 16), (0.9, 18), (0.5, 10)] {
    ///     let policy = Policy::builder()
    ///         .interval(minutes(20))
    ///         .background_refresh_threshold(threshold)
    ///         .build()?;
    ///     assert_eq!(policy.threshold_point(policy.lifetime()), minutes(point));
    /// }
    /// # Ok::<(), jwks_core::refresh::PolicyError>(())
    /// ```
    #[must_use]
    pub fn threshold_point(&self, lifetime: Duration) -> Duration {
        self.threshold.of_duration(lifetime).max(self.min_refresh_interval)
    }

    /// When to refresh a key set ahead that is trusted for this long only, because its answer was
    /// old. Early enough for two attempts where there is room for them, but not at once.
    pub(in crate::refresh) fn refresh_point_within(&self, trust: Duration) -> Duration {
        let attempts = self.set.fetch_timeout.saturating_mul(2);
        let latest = self.threshold.of_duration(trust).min(trust.saturating_sub(attempts));
        latest.max(self.min_refresh_interval.min(trust / 2))
    }

    /// After how many validations the refresh ahead begins to be due: the threshold's part of
    /// `usages`, rounded up, at least 1. `None` under [`Strategy::Time`].
    #[must_use]
    pub fn usage_threshold(&self) -> Option<u64> {
        self.usages().map(|usages| self.threshold.of_count(usages).max(1))
    }

    /// The latest that jitter can put the refresh ahead of a set of this lifetime.
    #[must_use]
    pub fn latest_refresh_point(&self, lifetime: Duration) -> Duration {
        let point = self.threshold_point(lifetime);
        point.saturating_add(self.jitter.of_duration(lifetime.saturating_sub(point)))
    }

    /// The latest that jitter can put the refresh ahead by usage; `None` under
    /// [`Strategy::Time`].
    #[must_use]
    pub fn latest_usage_point(&self) -> Option<u64> {
        let point = self.usage_threshold()?;
        let left = self.usages()?.saturating_sub(point);
        Some(point.saturating_add(self.jitter.of_count(left)))
    }

    /// Part of what is left after the threshold over which the refresh ahead is spread.
    #[must_use]
    pub const fn jitter(&self) -> f64 {
        self.jitter.get()
    }

    /// Whether the first refresh after a cold load, a run of failures, or a fetch for an unknown
    /// `kid` or by hand falls anywhere between `min_refresh_interval` and the threshold point; by
    /// usage, anywhere in one period of it.
    #[must_use]
    pub const fn spread_first_refresh(&self) -> bool {
        self.set.spread_first_refresh
    }

    /// Least time from a confirmation to the next automatic refresh.
    #[must_use]
    pub const fn min_refresh_interval(&self) -> Duration {
        self.min_refresh_interval
    }

    /// Whether the `ETag` of the held set is sent and a 304 is accepted.
    #[must_use]
    pub const fn conditional_requests(&self) -> bool {
        self.set.conditional_requests
    }

    /// How many fetches unknown `kid`s may cause at once after a quiet time.
    #[must_use]
    pub const fn unknown_kid_burst(&self) -> u32 {
        self.set.unknown_kid_burst
    }

    /// Unknown `kid`s cause one fetch per this time on average.
    #[must_use]
    pub const fn unknown_kid_cooldown(&self) -> Duration {
        self.set.unknown_kid_cooldown
    }

    /// Pause after the first failed attempt.
    #[must_use]
    pub const fn retry_initial(&self) -> Duration {
        self.set.retry_initial
    }

    /// The longest pause after failed attempts.
    #[must_use]
    pub const fn retry_max(&self) -> Duration {
        self.set.retry_max
    }

    /// The longest pause between attempts while no set is held and somebody waits or asks for one.
    #[must_use]
    pub const fn cold_retry_max(&self) -> Duration {
        self.set.cold_retry_max
    }

    /// How long a whole attempt may take, from connecting to the last byte.
    #[must_use]
    pub const fn fetch_timeout(&self) -> Duration {
        self.set.fetch_timeout
    }

    /// How long a caller waits for keys; zero: never.
    #[must_use]
    pub const fn wait_budget(&self) -> Duration {
        self.set.wait_budget
    }

    /// How long past its lifetime a set serves while refreshes fail.
    #[must_use]
    pub const fn stale_if_error(&self) -> Duration {
        self.set.stale_if_error
    }

    /// How long after its last confirmation any key set is used at most.
    #[must_use]
    pub const fn max_trust(&self) -> Duration {
        self.set.max_trust
    }

    /// How long after its last confirmation a set of this lifetime is used at most.
    #[must_use]
    pub fn trust_for(&self, lifetime: Duration) -> Duration {
        lifetime.saturating_add(self.set.stale_if_error).min(self.set.max_trust)
    }

    /// The most callers who wait at one cache.
    #[must_use]
    pub const fn max_waiting(&self) -> usize {
        self.set.max_waiting
    }

    /// The most callers who wait for a fetch for their unknown `kid` that has not begun.
    #[must_use]
    pub const fn max_waiting_undecided(&self) -> usize {
        self.set.max_waiting_undecided
    }

    /// Without a validation for this long, background refresh pauses; `None`: never.
    #[must_use]
    pub const fn idle_after(&self) -> Option<Duration> {
        self.set.idle_after
    }

    /// Largest response body, in bytes.
    #[must_use]
    pub const fn max_body(&self) -> usize {
        self.set.max_body
    }

    /// Most keys in a set.
    #[must_use]
    pub const fn max_keys(&self) -> usize {
        self.set.max_keys
    }

    /// Fewest usable keys in a set.
    #[must_use]
    pub const fn min_keys(&self) -> usize {
        self.set.min_keys
    }

    /// What to do with a token without `kid`.
    #[must_use]
    pub const fn kidless(&self) -> Kidless {
        self.set.kidless
    }
}
