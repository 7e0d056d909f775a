//! The settings of one cache, checked once and then immutable.

use core::time::Duration;

pub use builder::PolicyBuilder;
pub use choices::{Kidless, Strategy};
pub use error::PolicyError;
use part::Part;

mod builder;
mod check;
mod choices;
mod error;
mod field;
mod getters;
mod part;
mod presets;
mod serde_form;

/// The settings of one cache: when to refresh, how long to trust, what to refuse.
///
/// A policy is checked when it is built, so settings that cannot work together never reach the
/// cache. It is built in code, where durations are [`Duration`]s, or read with serde, where they
/// are text with a unit (`"30s"`, `"1h 30m"`) and where every number and flag may be text too, as
/// it is in environment variables. A missing field takes its default, an unknown field that
/// starts with `jwks_` is an error, any other unknown field is ignored, and the case of a field's
/// name does not matter. Only self-describing formats (TOML, JSON, flat maps of text) can be read.
///
/// | setting | read as | default | meaning |
/// |---|---|---|---|
/// | `strategy` | `jwks_cache_strategy` | `both` | what ends a set's lifetime: `time`, `usage`, or `both`, whichever comes first |
/// | `interval` | `jwks_cache_interval` | 20 minutes | lifetime by time; a bare number is minutes |
/// | `usages` | `jwks_cache_usages` | 1000 | lifetime by validations, 1 to 2^61 |
/// | `background_refresh` | `jwks_background_refresh` | true | refresh ahead, without any caller waiting |
/// | `background_refresh_threshold` | `jwks_background_refresh_threshold` | 0.8 | part of the lifetime, 0 to 1, after which to refresh ahead |
/// | `jitter` | `jwks_jitter` | 0.2 | spreads the refresh ahead over this part, 0 to 1, of what is left after the threshold |
/// | `spread_first_refresh` | `jwks_spread_first_refresh` | false | the first refresh after a cold load, or after a run of failures, falls anywhere before the threshold |
/// | `min_refresh_interval` | `jwks_min_refresh_interval` | 10 s, or half the shortest lifetime by time if that is less | least time from a confirmation to the next automatic refresh |
/// | `http_freshness` | `jwks_http_freshness` | false | the response's own lifetime (RFC 9111) takes the place of `interval` |
/// | `http_freshness_clamp` | `jwks_http_freshness_min`, `jwks_http_freshness_max` | 30 s, 12 h | bounds of the response's own lifetime |
/// | `unknown_kid_cooldown` | `jwks_unknown_kid_cooldown` | 10 s | unknown `kid`s cause one fetch per this time |
/// | `retry` | `jwks_retry_initial`, `jwks_retry_max` | 250 ms, 60 s | pause after failed attempts, doubling from the first to the second |
/// | `fetch_timeout` | `jwks_fetch_timeout` | 5 s | a whole attempt, connect to last byte |
/// | `wait_budget` | `jwks_wait_budget` | 5 s | how long a caller waits for keys; zero: never |
/// | `stale_if_error` | `jwks_stale_if_error` | 1 h | how long past its lifetime a set serves while refreshes fail |
/// | `max_trust` | `jwks_max_trust` | 24 h | no key is used this long after it was last confirmed |
/// | `idle_after` | `jwks_idle_after` | `never` | without a validation for this long, background refresh pauses |
/// | `max_body` | `jwks_max_body` | 524288 (512 KiB) | largest response body, in bytes |
/// | `max_keys` | `jwks_max_keys` | 256 | most keys in a set |
/// | `min_keys` | `jwks_min_keys` | 1 | fewest usable keys in a set |
/// | `kidless` | `jwks_kidless` | `only_if_unique` | a token without `kid`: `reject`, `only_if_unique`, `try_all:N` or `{ try_all = N }` |
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use jwks_core::refresh::{Policy, Strategy};
///
/// let policy = Policy::builder()
///     .strategy(Strategy::Time)
///     .interval(Duration::from_secs(30 * 60))
///     .background_refresh_threshold(0.9)
///     .build()?;
/// assert_eq!(policy.lifetime(), Duration::from_secs(30 * 60));
///
/// let text = r#"{"jwks_cache_strategy": "time", "jwks_cache_interval": 30,
///     "jwks_background_refresh_threshold": "0.9"}"#;
/// assert_eq!(serde_json::from_str::<Policy>(text)?, policy);
///
/// let refused = Policy::builder().usages(0).build().unwrap_err();
/// assert_eq!(refused.field(), "jwks_cache_usages");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    jitter: Part,
    min_refresh_interval: Duration,
    /// The settings as they were given, but with what was derived from them filled in.
    set: PolicyBuilder,
    threshold: Part,
}

impl Policy {
    /// Starts from the defaults.
    pub const fn builder() -> PolicyBuilder {
        PolicyBuilder::new()
    }
}

impl Default for Policy {
    /// The defaults of the table above.
    fn default() -> Self {
        PolicyBuilder::new().resolve()
    }
}

#[cfg(test)]
mod tests;
