//! Settings before they are checked.

use core::time::Duration;

use super::check::{check, check_refresh_ahead};
use super::field::Fields;
use super::idle::check_idle;
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
    /// The settings that were given by name. What a preset brings counts as a default.
    pub(super) given: Fields,
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
            given: Fields::NONE,
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
    /// If a setting has no effect, it also names the setting that causes this.
    ///
    /// - `interval` and `http_freshness` have no effect under [`Strategy::Usage`], `usages` has none
    ///   under [`Strategy::Time`].
    /// - `background_refresh_threshold`, `jitter`, `spread_first_refresh` and `idle_after` have no
    ///   effect without `background_refresh`, and `http_freshness_clamp` has none without
    ///   `http_freshness`. A value that switches something off (`jitter(0.0)`, `idle_after(None)`)
    ///   is always allowed. The settings of a [preset](Policy#presets) count as defaults, which may
    ///   be without effect.
    /// - `usages` is 1 to 2^61; `background_refresh_threshold` and `jitter` are 0 to 1.
    /// - `min_refresh_interval`, both ends of `retry`, `cold_retry_max`, `unknown_kid_cooldown`,
    ///   `fetch_timeout` and `idle_after` are at least 1 ms; the upper end of a range is not below
    ///   its lower end.
    /// - `unknown_kid_burst` is 1 to 1000; `max_waiting`, `max_body` and `max_keys` are at least 1;
    ///   `min_keys` is 1 to `max_keys`, `max_waiting_undecided` at most `max_waiting`.
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
        self.build_with_effect(self.given)
    }

    /// Only these settings need an effect.
    pub(super) fn build_with_effect(self, settings: Fields) -> Result<Policy, PolicyError> {
        check_idle(&self, settings)?;
        check(&self)?;
        let policy = self.resolve();
        check_refresh_ahead(&self, &policy)?;
        Ok(policy)
    }

    /// Fills in what is derived. Without a check, so that the default policy cannot fail to build.
    pub(super) fn resolve(self) -> Policy {
        let mut set = self.effective();
        let jitter = Part::new(set.jitter);
        let threshold = Part::new(set.background_refresh_threshold);
        let min_refresh_interval = set
            .min_refresh_interval
            .unwrap_or_else(|| MIN_REFRESH_INTERVAL.min(set.shortest_lifetime() / 2));
        set.jitter = jitter.get();
        set.background_refresh_threshold = threshold.get();
        set.min_refresh_interval = Some(min_refresh_interval);
        Policy { jitter, min_refresh_interval, set, threshold }
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
