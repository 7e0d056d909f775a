//! The methods that set one setting each.

use core::time::Duration;

use super::field::Field;
use super::{Kidless, PolicyBuilder, Strategy};

impl PolicyBuilder {
    /// Sets what ends the lifetime of a key set.
    pub const fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self.marked(Field::Strategy)
    }

    /// Sets the lifetime by time.
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self.marked(Field::Interval)
    }

    /// Sets the lifetime by validations.
    pub const fn usages(mut self, usages: u64) -> Self {
        self.usages = usages;
        self.marked(Field::Usages)
    }

    /// Sets whether to refresh ahead, in the background, so that no caller waits.
    pub const fn background_refresh(mut self, on: bool) -> Self {
        self.background_refresh = on;
        self.marked(Field::BackgroundRefresh)
    }

    /// Sets the part of the lifetime, of time and of usages, after which to refresh ahead. Kept to
    /// 15 decimal places.
    pub const fn background_refresh_threshold(mut self, part: f64) -> Self {
        self.background_refresh_threshold = part;
        self.marked(Field::BackgroundRefreshThreshold)
    }

    /// Sets the part of the remaining lifetime after the threshold over which the refresh ahead is
    /// spread. Kept to 15 decimal places.
    pub const fn jitter(mut self, part: f64) -> Self {
        self.jitter = part;
        self.marked(Field::Jitter)
    }

    /// Sets whether the first refresh after a cold load, a run of failures, or a fetch for an unknown
    /// `kid` or by hand is spread, since a whole fleet may have made that fetch at once: by time over
    /// all between `min_refresh_interval` and the threshold, by usage over one period of it, which may
    /// end one `min_refresh_interval` after the threshold.
    pub const fn spread_first_refresh(mut self, on: bool) -> Self {
        self.spread_first_refresh = on;
        self.marked(Field::SpreadFirstRefresh)
    }

    /// Sets the least time from a confirmation to the next automatic refresh. Default: 60 s, or
    /// half of the shortest possible lifetime by time if that is less.
    pub const fn min_refresh_interval(mut self, least: Duration) -> Self {
        self.min_refresh_interval = Some(least);
        self.marked(Field::MinRefreshInterval)
    }

    /// Sets whether the response's own lifetime (RFC 9111) replaces `interval`.
    pub const fn http_freshness(mut self, on: bool) -> Self {
        self.http_freshness = on;
        self.marked(Field::HttpFreshness)
    }

    /// Sets the bounds of the response's own lifetime.
    pub const fn http_freshness_clamp(mut self, min: Duration, max: Duration) -> Self {
        self.http_freshness_min = min;
        self.http_freshness_max = max;
        self.marked(Field::HttpFreshnessMin).marked(Field::HttpFreshnessMax)
    }

    /// Sets whether to send the `ETag` of the held key set and to accept a 304 (RFC 9110, section
    /// 15.4.5).
    ///
    /// This saves about 2 KB per refresh. It is off by default, because it relies on the host's
    /// validators: a host that gives all files one modification time keeps its `ETag` while the
    /// keys change.
    pub const fn conditional_requests(mut self, on: bool) -> Self {
        self.conditional_requests = on;
        self.marked(Field::ConditionalRequests)
    }

    /// Sets how many fetches unknown `kid`s may cause at once after a quiet time. On average, they
    /// cause one per `unknown_kid_cooldown`.
    pub const fn unknown_kid_burst(mut self, fetches: u32) -> Self {
        self.unknown_kid_burst = fetches;
        self.marked(Field::UnknownKidBurst)
    }

    /// Sets the average time between fetches that unknown `kid`s cause.
    pub const fn unknown_kid_cooldown(mut self, cooldown: Duration) -> Self {
        self.unknown_kid_cooldown = cooldown;
        self.marked(Field::UnknownKidCooldown)
    }

    /// Sets the pause after failed attempts: it doubles from `initial` to `max`.
    pub const fn retry(mut self, initial: Duration, max: Duration) -> Self {
        self.retry_initial = initial;
        self.retry_max = max;
        self.marked(Field::RetryInitial).marked(Field::RetryMax)
    }

    /// Sets the longest pause between two attempts while no key set is held and somebody waits or
    /// asks for one. A `Retry-After` of the issuer may lengthen it.
    pub const fn cold_retry_max(mut self, longest: Duration) -> Self {
        self.cold_retry_max = longest;
        self.marked(Field::ColdRetryMax)
    }

    /// Sets how long a whole attempt may take, from connecting to the last byte.
    pub const fn fetch_timeout(mut self, timeout: Duration) -> Self {
        self.fetch_timeout = timeout;
        self.marked(Field::FetchTimeout)
    }

    /// Sets how long a caller waits for keys. With zero, it never waits.
    pub const fn wait_budget(mut self, budget: Duration) -> Self {
        self.wait_budget = budget;
        self.marked(Field::WaitBudget)
    }

    /// Sets how long a key set serves after its lifetime, while refreshes fail.
    pub const fn stale_if_error(mut self, window: Duration) -> Self {
        self.stale_if_error = window;
        self.marked(Field::StaleIfError)
    }

    /// Sets how long after its last confirmation a key set may be used at all.
    pub const fn max_trust(mut self, trust: Duration) -> Self {
        self.max_trust = trust;
        self.marked(Field::MaxTrust)
    }

    /// Sets the most callers who may wait at one cache. Further callers get an error at once.
    pub const fn max_waiting(mut self, callers: usize) -> Self {
        self.max_waiting = callers;
        self.marked(Field::MaxWaiting)
    }

    /// Sets the most callers who may wait for a fetch for their unknown `kid` that has not begun.
    /// They count towards `max_waiting`. Further callers are told at once that their `kid` is
    /// undecided. With zero, nobody waits for such a fetch.
    pub const fn max_waiting_undecided(mut self, callers: usize) -> Self {
        self.max_waiting_undecided = callers;
        self.marked(Field::MaxWaitingUndecided)
    }

    /// Sets how long the cache must be unused before background refresh pauses. `None`: it never
    /// pauses.
    pub const fn idle_after(mut self, idle: Option<Duration>) -> Self {
        self.idle_after = idle;
        self.marked(Field::IdleAfter)
    }

    /// Sets the largest response body, in bytes.
    pub const fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self.marked(Field::MaxBody)
    }

    /// Sets the most keys in a key set.
    pub const fn max_keys(mut self, keys: usize) -> Self {
        self.max_keys = keys;
        self.marked(Field::MaxKeys)
    }

    /// Sets the fewest usable keys in a key set.
    pub const fn min_keys(mut self, keys: usize) -> Self {
        self.min_keys = keys;
        self.marked(Field::MinKeys)
    }

    /// Sets what to do with a token without `kid`.
    pub const fn kidless(mut self, kidless: Kidless) -> Self {
        self.kidless = kidless;
        self.marked(Field::Kidless)
    }

    /// Remembers that the setting was given by name.
    pub(super) const fn marked(mut self, field: Field) -> Self {
        self.given = self.given.with(field);
        self
    }
}
