//! The settings of one cache, checked once and then immutable.

use core::time::Duration;

pub use builder::PolicyBuilder;
pub use choices::{Kidless, Strategy};
pub use error::PolicyError;
use part::Part;
pub use written::PolicySettings;

mod builder;
mod check;
mod choices;
mod error;
mod field;
mod getters;
mod idle;
mod part;
mod presets;
mod setters;
mod written;

/// The settings of one cache: when to refresh, how long to trust, what to refuse.
///
/// A policy is checked when it is built. Settings that cannot work together, or have no effect
/// beside the others, are refused. Build it in code, where durations are [`Duration`]s, or read it
/// with serde from a table of a file (TOML, JSON, YAML), or from environment variables
/// ([`from_vars`](Self::from_vars)). In a file or in variables:
///
/// - durations are text with a unit (`"30s"`, `"1h 30m"`);
/// - every number and flag may be text, as it is in the environment;
/// - a missing setting has its default;
/// - an unknown name is an error, which suggests the name that was likely meant;
/// - the case of a name does not matter.
///
/// You can read a policy only from self-describing formats.
///
#[doc = include_str!("settings.md")]
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
/// let text = r#"{"strategy": "time", "interval": "30m", "background_refresh_threshold": 0.9}"#;
/// assert_eq!(serde_json::from_str::<Policy>(text)?, policy);
/// let vars = [("JWKS_STRATEGY", "time"), ("JWKS_INTERVAL", "30m"),
///     ("JWKS_BACKGROUND_REFRESH_THRESHOLD", "0.9")]; // std::env::vars_os()
/// assert_eq!(Policy::from_vars("JWKS_", vars)?, policy);
///
/// let refused = Policy::builder().usages(0).build().unwrap_err();
/// assert_eq!(refused.to_string(), "usages is 0, allowed is 1 to 2305843009213693952");
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
    /// Creates a builder with the defaults.
    pub const fn builder() -> PolicyBuilder {
        PolicyBuilder::new()
    }

    /// The same with an [`idle_after`](PolicyBuilder::idle_after), if it has none, and a bound of
    /// those who wait.
    pub(crate) fn bounded(mut self, idle_after: Duration, max_waiting: usize) -> Self {
        if self.set.background_refresh {
            let least = Duration::from_millis(1);
            self.set.idle_after.get_or_insert_with(|| idle_after.max(least));
        }
        self.set.max_waiting = self.set.max_waiting.min(max_waiting.max(1));
        self.set.max_waiting_undecided = self.set.max_waiting_undecided.min(self.set.max_waiting);
        self
    }

    /// The same without an end of trust, for keys that nobody has to confirm.
    pub(crate) const fn without_end(mut self) -> Self {
        (self.set.stale_if_error, self.set.max_trust) = (NO_END, NO_END);
        self
    }
}

/// A hundred years: far enough, and a time that any clock can say.
const NO_END: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

impl Default for Policy {
    /// The defaults of the table above.
    fn default() -> Self {
        PolicyBuilder::new().resolve()
    }
}

#[cfg(test)]
mod tests;
