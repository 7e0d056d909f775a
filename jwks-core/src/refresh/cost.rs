//! What a policy costs the issuer while all goes well.

use std::time::Duration;

use super::{Machine, Policy, Reason};

/// How often keys are fetched, and what decides it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pace {
    /// From one fetch to the next.
    pub(crate) every: Duration,
    /// [`Reason::Ahead`] or [`Reason::AheadByUsage`]; [`Reason::Demand`] without background refresh.
    pub(crate) reason: Reason,
    /// Only `min_refresh_interval` keeps it from being more often.
    pub(crate) held_back: bool,
}

impl Pace {
    /// Fetches an hour.
    pub(crate) fn per_hour(self) -> f64 {
        3600.0 / self.every.as_secs_f64().max(1e-3)
    }
}

impl Policy {
    /// How many fetches an hour this policy makes while all goes well, if tokens are accepted at
    /// this rate (a number that is negative or no number counts as 0).
    ///
    /// It is the mean over the jitter, for a key set whose response gives no lifetime. Refreshes by
    /// hand, for unknown kids and after failures come on top.
    ///
    /// ```
    /// use jwks_core::refresh::Policy;
    ///
    /// let policy = Policy::builder().jitter(0.0).build()?; // 20 minutes, or 1000 tokens
    /// assert_eq!(policy.fetches_per_hour(0.1), 3.75); // every 16 minutes
    /// assert_eq!(policy.fetches_per_hour(100.0), 60.0); // every `min_refresh_interval`
    /// # Ok::<(), jwks_core::refresh::PolicyError>(())
    /// ```
    #[must_use]
    pub fn fetches_per_hour(&self, accepted_per_second: f64) -> f64 {
        let pace = self.pace(self.lifetime(), accepted_per_second);
        pace.map_or(0.0, Pace::per_hour)
    }

    /// The pace for sets of this lifetime. None: nothing is fetched at this rate.
    pub(crate) fn pace(&self, lifetime: Duration, per_second: f64) -> Option<Pace> {
        let used = per_second > 0.0;
        if !used && (!self.background_refresh() || self.idle_after().is_some()) {
            return None;
        }
        let background = self.background_refresh();
        let by_time = if background {
            mean(self.threshold_point(lifetime), self.latest_refresh_point(lifetime))
        } else {
            lifetime
        };
        let uses = match (self.usage_threshold(), self.latest_usage_point()) {
            (Some(first), Some(last)) if background => {
                Some(first / 2 + last / 2 + (first & last & 1))
            }
            _ => self.usages(),
        };
        let by_usage = uses.filter(|_| used).map(|uses| {
            #[expect(clippy::cast_precision_loss, reason = "a rate is not known that well")]
            let seconds = uses as f64 / per_second;
            Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
        });
        let least = self.min_refresh_interval();
        let pace = match by_usage {
            Some(by_usage) if by_usage < by_time => Pace {
                every: by_usage.max(least),
                reason: if background { Reason::AheadByUsage } else { Reason::Demand },
                held_back: by_usage < least,
            },
            _ => Pace {
                every: by_time.max(least),
                reason: if background { Reason::Ahead } else { Reason::Demand },
                held_back: false,
            },
        };
        Some(pace)
    }
}

impl Machine {
    /// How many fetches unknown kids may cause now, one after the other.
    #[must_use]
    pub fn unknown_kids_left(&self) -> u32 {
        self.misses.left(&self.policy, &self.clock)
    }
}

fn mean(a: Duration, b: Duration) -> Duration {
    a / 2 + b / 2
}
