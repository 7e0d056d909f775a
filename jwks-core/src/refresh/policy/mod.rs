//! The settings of one cache, checked once and then immutable.

use core::time::Duration;

pub use builder::PolicyBuilder;
pub use choices::{Kidless, Strategy};
pub use error::PolicyError;
use part::Part;
pub use serde_form::SettingValue;

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
