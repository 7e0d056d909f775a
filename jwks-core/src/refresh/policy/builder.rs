//! Settings on their way to a policy.

use core::time::Duration;

use super::check::{check, check_refresh_ahead};
use super::part::Part;
use super::{Kidless, Policy, PolicyError, Strategy};

/// Settings that are not checked yet; [`PolicyBuilder::build`] makes a [`Policy`] of them.
///
/// Every setting starts at its default, which the table at [`Policy`] lists.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use]
pub struct PolicyBuilder {
    pub(super) background_refresh: bool,
    pub(super) background_refresh_threshold: f64,
    pub(super) cold_retry_max: Duration,
    pub(super) conditional_requests: bool,
    pub(super) fetch_timeout: Duration,
    pub(super) http_freshness: bool,
    pub(super) http_freshness_max: Duration,
    pub(super) http_freshness_min: Duration,
    pub(super) idle_after: Option<Duration>,
    pub(super) interval: Duration,
    pub(super) jitter: f64,
    pub(super) kidless: Kidless,
    pub(super) max_body: usize,
    pub(super) max_keys: usize,
    pub(super) max_trust: Duration,
    pub(super) max_waiting: usize,
    pub(super) max_waiting_undecided: usize,
    pub(super) min_keys: usize,
    pub(super) min_refresh_interval: Option<Duration>,
    pub(super) retry_initial: Duration,
    pub(super) retry_max: Duration,
    pub(super) spread_first_refresh: bool,
    pub(super) stale_if_error: Duration,
    pub(super) strategy: Strategy,
    pub(super) unknown_kid_burst: u32,
    pub(super) unknown_kid_cooldown: Duration,
    pub(super) usages: u64,
    pub(super) wait_budget: Duration,
}

impl PolicyBuilder {
    /// All settings at their defaults.
    pub const fn new() -> Self {
        Self {
            background_refresh: true,
            background_refresh_threshold: 0.8,
            cold_retry_max: Duration::from_secs(5),
            conditional_requests: false,
            fetch_timeout: Duration::from_secs(5),
            http_freshness: false,
            http_freshness_max: Duration::from_secs(12 * HOUR),
            http_freshness_min: Duration::from_secs(30),
            idle_after: None,
            interval: Duration::from_secs(20 * MINUTE),
            jitter: 0.2,
            kidless: Kidless::OnlyIfUnique,
            max_body: 512 * 1024,
            max_keys: 256,
            max_trust: Duration::from_secs(24 * HOUR),
            max_waiting: 10_000,
            max_waiting_undecided: 64,
            min_keys: 1,
            min_refresh_interval: None,
            retry_initial: Duration::from_millis(250),
            retry_max: Duration::from_secs(MINUTE),
            spread_first_refresh: false,
            stale_if_error: Duration::from_secs(HOUR),
            strategy: Strategy::Both,
            unknown_kid_burst: 3,
            unknown_kid_cooldown: Duration::from_secs(10),
            usages: 1000,
            wait_budget: Duration::from_secs(5),
        }
    }

    /// Checks the settings, each alone and all together.
    ///
    /// # Errors
    ///
    /// A [`PolicyError`] names the first setting that cannot work, its value, and what is allowed.
    ///
    /// - `usages` is 1 to 2^61; `background_refresh_threshold` and `jitter` are 0 to 1.
    /// - `min_refresh_interval`, both ends of `retry`, `cold_retry_max`, `unknown_kid_cooldown`,
    ///   `fetch_timeout` and `idle_after` are at least 1 ms; the upper end of a range is not below
    ///   its lower end.
    /// - `unknown_kid_burst` is 1 to 1000; `max_waiting`, `max_body` and `max_keys` are at least 1;
    ///   `min_keys` is 1 to `max_keys`.
    /// - `min_refresh_interval` fits in the lifetime by time; if it is not set, half the lifetime
    ///   is at least 1 ms.
    /// - The lifetime by time and `stale_if_error` together fit in `max_trust`.
    /// - With `background_refresh`, the latest refresh ahead and one more attempt can both run into
    ///   their `fetch_timeout` before the set stops serving.
    ///
    /// With `http_freshness`, the lifetime can be `interval` or anything within the clamp, and the
    /// worst of them counts. Under [`Strategy::Usage`] the lifetime by time is `max_trust` less
    /// `stale_if_error`.
    pub fn build(self) -> Result<Policy, PolicyError> {
        check(&self)?;
        let policy = self.resolve();
        check_refresh_ahead(&self, &policy)?;
        Ok(policy)
    }

    /// Fills in what is derived. Without a check, so that the default policy cannot fail to build.
    pub(super) fn resolve(mut self) -> Policy {
        let jitter = Part::new(self.jitter);
        let threshold = Part::new(self.background_refresh_threshold);
        let min_refresh_interval = self
            .min_refresh_interval
            .unwrap_or_else(|| MIN_REFRESH_INTERVAL.min(self.shortest_lifetime() / 2));
        self.jitter = jitter.get();
        self.background_refresh_threshold = threshold.get();
        self.min_refresh_interval = Some(min_refresh_interval);
        Policy { jitter, min_refresh_interval, set: self, threshold }
    }

    /// What ends the lifetime of a set.
    pub const fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Lifetime by time.
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Lifetime by validations.
    pub const fn usages(mut self, usages: u64) -> Self {
        self.usages = usages;
        self
    }

    /// Whether to refresh ahead, without any caller waiting.
    pub const fn background_refresh(mut self, on: bool) -> Self {
        self.background_refresh = on;
        self
    }

    /// Part of the lifetime, of time and of usages, after which to refresh ahead. Kept to 15
    /// decimal places.
    pub const fn background_refresh_threshold(mut self, part: f64) -> Self {
        self.background_refresh_threshold = part;
        self
    }

    /// Part of what is left after the threshold over which the refresh ahead is spread. Kept to 15
    /// decimal places.
    pub const fn jitter(mut self, part: f64) -> Self {
        self.jitter = part;
        self
    }

    /// Whether the first refresh after a cold load, or after a run of failures, falls anywhere
    /// between `min_refresh_interval` and the threshold.
    pub const fn spread_first_refresh(mut self, on: bool) -> Self {
        self.spread_first_refresh = on;
        self
    }

    /// Least time from a confirmation to the next automatic refresh. Unset, it is 60 s, or half of
    /// the shortest possible lifetime by time if that is less.
    pub const fn min_refresh_interval(mut self, least: Duration) -> Self {
        self.min_refresh_interval = Some(least);
        self
    }

    /// Whether the response's own lifetime takes the place of `interval`. No effect under
    /// [`Strategy::Usage`].
    pub const fn http_freshness(mut self, on: bool) -> Self {
        self.http_freshness = on;
        self
    }

    /// Bounds of the response's own lifetime.
    pub const fn http_freshness_clamp(mut self, min: Duration, max: Duration) -> Self {
        self.http_freshness_min = min;
        self.http_freshness_max = max;
        self
    }

    /// Whether to send the `ETag` of the held set and to accept a 304 (RFC 9110, section 15.4.5).
    ///
    /// Saves some 2 KB a refresh. Off by default, since it believes the host's validators: a host
    /// that gives all files one modification time keeps its `ETag` while the keys change.
    pub const fn conditional_requests(mut self, on: bool) -> Self {
        self.conditional_requests = on;
        self
    }

    /// How many fetches unknown `kid`s may cause at once after a quiet time; on average they cause
    /// one per `unknown_kid_cooldown`.
    pub const fn unknown_kid_burst(mut self, fetches: u32) -> Self {
        self.unknown_kid_burst = fetches;
        self
    }

    /// Unknown `kid`s cause one fetch per this time on average.
    pub const fn unknown_kid_cooldown(mut self, cooldown: Duration) -> Self {
        self.unknown_kid_cooldown = cooldown;
        self
    }

    /// Pause after failed attempts: doubling from `initial` to `max`.
    pub const fn retry(mut self, initial: Duration, max: Duration) -> Self {
        self.retry_initial = initial;
        self.retry_max = max;
        self
    }

    /// The longest pause between two attempts while no set is held and somebody waits or asks for
    /// one. A `Retry-After` of the issuer may lengthen it.
    pub const fn cold_retry_max(mut self, longest: Duration) -> Self {
        self.cold_retry_max = longest;
        self
    }

    /// How long a whole attempt may take, from connecting to the last byte.
    pub const fn fetch_timeout(mut self, timeout: Duration) -> Self {
        self.fetch_timeout = timeout;
        self
    }

    /// How long a caller waits for keys. Zero: it never waits.
    pub const fn wait_budget(mut self, budget: Duration) -> Self {
        self.wait_budget = budget;
        self
    }

    /// How long past its lifetime a set serves while refreshes fail.
    pub const fn stale_if_error(mut self, window: Duration) -> Self {
        self.stale_if_error = window;
        self
    }

    /// How long after its last confirmation a set is used at all.
    pub const fn max_trust(mut self, trust: Duration) -> Self {
        self.max_trust = trust;
        self
    }

    /// The most callers who wait at one cache. One more is told at once that there is no room.
    pub const fn max_waiting(mut self, callers: usize) -> Self {
        self.max_waiting = callers;
        self
    }

    /// Of these, the most who wait for a fetch for their unknown `kid` that has not begun. One more
    /// is told at once that its `kid` is undecided. Zero: nobody waits for such a fetch.
    pub const fn max_waiting_undecided(mut self, callers: usize) -> Self {
        self.max_waiting_undecided = callers;
        self
    }

    /// Without a validation for this long, background refresh pauses. `None`: never.
    pub const fn idle_after(mut self, idle: Option<Duration>) -> Self {
        self.idle_after = idle;
        self
    }

    /// Largest response body, in bytes.
    pub const fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Most keys in a set.
    pub const fn max_keys(mut self, keys: usize) -> Self {
        self.max_keys = keys;
        self
    }

    /// Fewest usable keys in a set.
    pub const fn min_keys(mut self, keys: usize) -> Self {
        self.min_keys = keys;
        self
    }

    /// What to do with a token without `kid`.
    pub const fn kidless(mut self, kidless: Kidless) -> Self {
        self.kidless = kidless;
        self
    }
}

impl Default for PolicyBuilder {
    fn default() -> Self {
        Self::new()
    }
}

const HOUR: u64 = 60 * MINUTE;
const MINUTE: u64 = 60;
const MIN_REFRESH_INTERVAL: Duration = Duration::from_secs(60);
