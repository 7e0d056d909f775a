//! Settings that have no effect beside others: they are refused, because their author expects one.

use super::field::{Field, Fields};
use super::{PolicyBuilder, PolicyError, Strategy};

/// Checks that each of these settings has an effect. A value that switches something off (a jitter
/// of zero, `idle_after` never) is always allowed.
pub(super) fn check_idle(set: &PolicyBuilder, settings: Fields) -> Result<(), PolicyError> {
    set.idle(settings).first().map_or(Ok(()), |error| Err(error.clone()))
}

impl PolicyBuilder {
    /// Removes the settings that have no effect beside the others, which [`build`](Self::build)
    /// would refuse. Use it for settings that a program generates, as in property tests. Do not use
    /// it for settings that a person has written: they should be refused.
    pub fn only_effective(mut self) -> Self {
        for idle in self.idle(self.given) {
            self.given = self.given.without(idle.at());
        }
        self
    }

    /// Those of these settings that have no effect.
    pub(super) fn idle(&self, given: Fields) -> Vec<PolicyError> {
        let mut idle = Vec::new();
        let mut check = |field: Field, without: Option<(Field, &'static str)>, remedy| {
            if let Some((with, value)) = without.filter(|_| given.has(field)) {
                idle.push(PolicyError::idle(field, with, value, remedy));
            }
        };
        check(Field::Interval, self.without_interval(), BY_USAGE);
        check(Field::Usages, self.without_usages(), BY_TIME);
        check(Field::BackgroundRefreshThreshold, self.without_background(), ON_DEMAND);
        check(Field::Jitter, self.without_background().filter(|_| self.jitter != 0.0), ON_DEMAND);
        check(
            Field::SpreadFirstRefresh,
            self.without_background().filter(|_| self.spread_first_refresh),
            ON_DEMAND,
        );
        check(
            Field::HttpFreshness,
            self.without_interval().filter(|_| self.http_freshness),
            BY_USAGE,
        );
        for field in [Field::HttpFreshnessMin, Field::HttpFreshnessMax] {
            match self.without_interval() {
                Some(strategy) => check(field, Some(strategy), BY_USAGE),
                None => check(field, self.without_freshness(), NO_FRESHNESS),
            }
        }
        check(
            Field::IdleAfter,
            self.without_background().filter(|_| self.idle_after.is_some()),
            ON_DEMAND,
        );
        idle
    }

    /// Sets what has no effect to its default, and marks no setting as given, so that two policies
    /// that do the same are equal.
    pub(super) fn effective(mut self) -> Self {
        const DEFAULT: PolicyBuilder = PolicyBuilder::new();
        self.given = Fields::NONE;
        if self.without_interval().is_some() {
            self.interval = DEFAULT.interval;
            self.http_freshness = false;
        }
        if self.without_usages().is_some() {
            self.usages = DEFAULT.usages;
        }
        if self.without_freshness().is_some() {
            self.http_freshness_min = DEFAULT.http_freshness_min;
            self.http_freshness_max = DEFAULT.http_freshness_max;
        }
        if self.without_background().is_some() {
            self.background_refresh_threshold = DEFAULT.background_refresh_threshold;
            self.jitter = 0.0;
            self.spread_first_refresh = false;
            self.idle_after = None;
        }
        self
    }

    /// Whether a setting has an effect, so that it is written out.
    pub(super) fn has_effect(&self, field: Field) -> bool {
        let without = match field {
            Field::Interval | Field::HttpFreshness => self.without_interval(),
            Field::Usages => self.without_usages(),
            Field::HttpFreshnessMin | Field::HttpFreshnessMax => self.without_freshness(),
            Field::BackgroundRefreshThreshold
            | Field::IdleAfter
            | Field::Jitter
            | Field::SpreadFirstRefresh => self.without_background(),
            _ => None,
        };
        without.is_none()
    }

    fn without_background(&self) -> Option<(Field, &'static str)> {
        (!self.background_refresh).then_some((Field::BackgroundRefresh, "false"))
    }

    fn without_freshness(&self) -> Option<(Field, &'static str)> {
        (!self.http_freshness).then_some((Field::HttpFreshness, "false"))
    }

    fn without_interval(&self) -> Option<(Field, &'static str)> {
        (self.strategy == Strategy::Usage).then_some((Field::Strategy, "usage"))
    }

    fn without_usages(&self) -> Option<(Field, &'static str)> {
        (self.strategy == Strategy::Time).then_some((Field::Strategy, "time"))
    }
}

const BY_TIME: &str = "by `time`, validations end no lifetime; leave it out, or choose `usage` or \
    `both`";
const BY_USAGE: &str = "by `usage`, a lifetime ends after `usages` validations, and at `max_trust` \
    at the latest; leave it out, or choose `time` or `both`";
const NO_FRESHNESS: &str = "the response's own lifetime is not looked at; leave it out, or switch \
    `http_freshness` on";
const ON_DEMAND: &str =
    "nothing is refreshed ahead; leave it out, or switch `background_refresh` on";
