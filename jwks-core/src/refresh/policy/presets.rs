//! Settings for common cases.
//!
//! They do not count as given: if a user starts from a preset and chooses another strategy, the
//! preset's settings for its own strategy are not refused.

use core::time::Duration;

use super::{Policy, PolicyBuilder, Strategy};

/// # Presets
///
/// Settings for common cases. Change them, or build them as they are. In a file, `preset` names the
/// one to start from.
impl Policy {
    /// For services with many validations a second: 30 minutes or 10 000 validations, refreshed in
    /// the background at 0.9 of them.
    ///
    /// The longer lifetime saves fetches. The usage count still ends a lifetime early under heavy
    /// load, when a withdrawn key would do the most harm, and [`min_refresh_interval`] keeps that
    /// from becoming a fetch every second. The late threshold uses most of each lifetime; what is
    /// left of it, three minutes, is ample for retries.
    ///
    /// [`min_refresh_interval`]: PolicyBuilder::min_refresh_interval
    pub const fn high_traffic() -> PolicyBuilder {
        PolicyBuilder {
            strategy: Strategy::Both,
            interval: Duration::from_secs(30 * 60),
            usages: 10_000,
            background_refresh: true,
            background_refresh_threshold: 0.9,
            ..PolicyBuilder::new()
        }
    }

    /// For services where a withdrawn key must be gone soon: 5 minutes, refreshed in the
    /// background at half of them.
    ///
    /// Only time counts, so how soon a withdrawn key is noticed does not depend on the load. The
    /// early threshold leaves half of each lifetime for retries, so that the short lifetime does
    /// not make the service depend on every single answer of the issuer. Through an outage a set
    /// still serves for `stale_if_error`, 1 hour; shorten it where that is too long.
    pub const fn high_security() -> PolicyBuilder {
        PolicyBuilder {
            strategy: Strategy::Time,
            interval: Duration::from_secs(5 * 60),
            background_refresh: true,
            background_refresh_threshold: 0.5,
            ..PolicyBuilder::new()
        }
    }

    /// For work at the desk: 100 validations, refreshed when a validation finds them used up.
    ///
    /// Nothing is fetched while nobody works, and nothing in the background, so that every fetch
    /// in the log has a validation as its cause. A restarted issuer with new keys is noticed soon:
    /// `min_refresh_interval` is 1 second.
    pub const fn development() -> PolicyBuilder {
        PolicyBuilder {
            strategy: Strategy::Usage,
            usages: 100,
            background_refresh: false,
            min_refresh_interval: Some(Duration::from_secs(1)),
            ..PolicyBuilder::new()
        }
    }

    /// For many instances that are deployed at once: the defaults, with the first refresh spread.
    ///
    /// Instances that load their keys in the same second, or fetch a new key when the issuer begins
    /// to sign with it, would refresh in the same minute for ever; once the first refresh after that
    /// falls anywhere before the threshold, by time and by usage, they stay apart. Without
    /// keys each asks at most every 15 seconds or so, so that a recovering issuer is not swamped.
    pub const fn fleet() -> PolicyBuilder {
        PolicyBuilder {
            spread_first_refresh: true,
            cold_retry_max: Duration::from_secs(15),
            ..PolicyBuilder::new()
        }
    }
}
