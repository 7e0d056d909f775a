//! What a builder is told.

use core::time::Duration;

use super::field::Field;
use super::{Kidless, PolicyBuilder, Strategy};

impl PolicyBuilder {
    /// What ends the lifetime of a set.
    pub const fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self.marked(Field::Strategy)
    }

    /// Lifetime by time.
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self.marked(Field::Interval)
    }

    /// Lifetime by validations.
    pub const fn usages(mut self, usages: u64) -> Self {
        self.usages = usages;
        self.marked(Field::Usages)
    }

    /// Whether to refresh ahead, without any caller waiting.
    pub const fn background_refresh(mut self, on: bool) -> Self {
        self.background_refresh = on;
        self.marked(Field::BackgroundRefresh)
    }

    /// Part of the lifetime, of time and of usages, after which to refresh ahead. Kept to 15
    /// decimal places.
    pub const fn background_refresh_threshold(mut self, part: f64) -> Self {
        self.background_refresh_threshold = part;
        self.marked(Field::BackgroundRefreshThreshold)
    }

    /// Part of what is left after the threshold over which the refresh ahead is spread. Kept to 15
    /// decimal places.
    pub const fn jitter(mut self, part: f64) -> Self {
        self.jitter = part;
        self.marked(Field::Jitter)
    }

    /// Whether the first refresh after a cold load, or after a run of failures, falls anywhere
    /// between `min_refresh_interval` and the threshold.
    pub const fn spread_first_refresh(mut self, on: bool) -> Self {
        self.spread_first_refresh = on;
        self.marked(Field::SpreadFirstRefresh)
    }

    /// Least time from a confirmation to the next automatic refresh. Unset, it is 60 s, or half of
    /// the shortest possible lifetime by time if that is less.
    pub const fn min_refresh_interval(mut self, least: Duration) -> Self {
        self.min_refresh_interval = Some(least);
        self.marked(Field::MinRefreshInterval)
    }

    /// Whether the response's own lifetime (RFC 9111) takes the place of `interval`.
    pub const fn http_freshness(mut self, on: bool) -> Self {
        self.http_freshness = on;
        self.marked(Field::HttpFreshness)
    }

    /// Bounds of the response's own lifetime.
    pub const fn http_freshness_clamp(mut self, min: Duration, max: Duration) -> Self {
        self.http_freshness_min = min;
        self.http_freshness_max = max;
        self.marked(Field::HttpFreshnessMin).marked(Field::HttpFreshnessMax)
    }

    /// Whether to send the `ETag` of the held set and to accept a 304 (RFC 9110, section 15.4.5).
    ///
    /// Saves some 2 KB a refresh. Off by default, since it believes the host's validators: a host
    /// that gives all files one modification time keeps its `ETag` while the keys change.
    pub const fn conditional_requests(mut self, on: bool) -> Self {
        self.conditional_requests = on;
        self.marked(Field::ConditionalRequests)
    }

    /// How many fetches unknown `kid`s may cause at once after a quiet time; on average they cause
    /// one per `unknown_kid_cooldown`.
    pub const fn unknown_kid_burst(mut self, fetches: u32) -> Self {
        self.unknown_kid_burst = fetches;
        self.marked(Field::UnknownKidBurst)
    }

    /// Unknown `kid`s cause one fetch per this time on average.
    pub const fn unknown_kid_cooldown(mut self, cooldown: Duration) -> Self {
        self.unknown_kid_cooldown = cooldown;
        self.marked(Field::UnknownKidCooldown)
    }

    /// Pause after failed attempts: doubling from `initial` to `max`.
    pub const fn retry(mut self, initial: Duration, max: Duration) -> Self {
        self.retry_initial = initial;
        self.retry_max = max;
        self.marked(Field::RetryInitial).marked(Field::RetryMax)
    }

    /// The longest pause between two attempts while no set is held and somebody waits or asks for
    /// one. A `Retry-After` of the issuer may lengthen it.
    pub const fn cold_retry_max(mut self, longest: Duration) -> Self {
        self.cold_retry_max = longest;
        self.marked(Field::ColdRetryMax)
    }

    /// How long a whole attempt may take, from connecting to the last byte.
    pub const fn fetch_timeout(mut self, timeout: Duration) -> Self {
        self.fetch_timeout = timeout;
        self.marked(Field::FetchTimeout)
    }

    /// How long a caller waits for keys. Zero: it never waits.
    pub const fn wait_budget(mut self, budget: Duration) -> Self {
        self.wait_budget = budget;
        self.marked(Field::WaitBudget)
    }

    /// How long past its lifetime a set serves while refreshes fail.
    pub const fn stale_if_error(mut self, window: Duration) -> Self {
        self.stale_if_error = window;
        self.marked(Field::StaleIfError)
    }

    /// How long after its last confirmation a set is used at all.
    pub const fn max_trust(mut self, trust: Duration) -> Self {
        self.max_trust = trust;
        self.marked(Field::MaxTrust)
    }

    /// The most callers who wait at one cache. One more is told at once that there is no room.
    pub const fn max_waiting(mut self, callers: usize) -> Self {
        self.max_waiting = callers;
        self.marked(Field::MaxWaiting)
    }

    /// Of these, the most who wait for a fetch for their unknown `kid` that has not begun. One more
    /// is told at once that its `kid` is undecided. Zero: nobody waits for such a fetch.
    pub const fn max_waiting_undecided(mut self, callers: usize) -> Self {
        self.max_waiting_undecided = callers;
        self.marked(Field::MaxWaitingUndecided)
    }

    /// Without a validation for this long, background refresh pauses. `None`: never.
    pub const fn idle_after(mut self, idle: Option<Duration>) -> Self {
        self.idle_after = idle;
        self.marked(Field::IdleAfter)
    }

    /// Largest response body, in bytes.
    pub const fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self.marked(Field::MaxBody)
    }

    /// Most keys in a set.
    pub const fn max_keys(mut self, keys: usize) -> Self {
        self.max_keys = keys;
        self.marked(Field::MaxKeys)
    }

    /// Fewest usable keys in a set.
    pub const fn min_keys(mut self, keys: usize) -> Self {
        self.min_keys = keys;
        self.marked(Field::MinKeys)
    }

    /// What to do with a token without `kid`.
    pub const fn kidless(mut self, kidless: Kidless) -> Self {
        self.kidless = kidless;
        self.marked(Field::Kidless)
    }

    /// The setting was given by name.
    pub(super) const fn marked(mut self, field: Field) -> Self {
        self.given = self.given.with(field);
        self
    }
}
