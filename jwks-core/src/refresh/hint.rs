//! Settings that are allowed, and cost more than their author likely meant.

use std::fmt;
use std::time::Duration;

use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use super::settings::shown::in_words;
use super::{Pace, Policy, Reason};

/// Settings that are allowed, but cost more than their author likely meant: what that is, and which
/// setting to look at. From [`Policy::hints`] and [`Policy::hints_at`].
///
/// A cache tells each of its hints once, as an event
/// ([`EventKind::Hint`](crate::cache::EventKind::Hint)).
///
/// Its `Display` is one sentence or two. It serialises as an object with `hint` (its
/// [name](Self::name)), `setting` and `text`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Hint {
    /// A caller may wait for keys longer than those who called him do.
    #[non_exhaustive]
    LongWait {
        /// The setting `wait_budget`.
        wait_budget: Duration,
    },
    /// Keys are fetched on demand, and no caller waits for them: without keys, the tokens that cause
    /// the fetch are refused.
    #[non_exhaustive]
    NobodyWaits,
    /// Once refreshes fail, the keys may stop serving before the issuer is asked again.
    #[non_exhaustive]
    ShortStaleWindow {
        /// The setting `stale_if_error`.
        stale_if_error: Duration,
        /// The longest pause after a failed attempt (`retry_max`), and the next attempt.
        retry: Duration,
    },
    /// Tokens with made-up kids can cause very many fetches.
    #[non_exhaustive]
    StrangersFetch {
        /// The setting `unknown_kid_cooldown`.
        cooldown: Duration,
    },
    /// At this rate of tokens, usage ends the lifetime so soon that keys are fetched every
    /// `min_refresh_interval`.
    #[non_exhaustive]
    UsageSpent {
        /// Accepted tokens a second.
        accepted_per_second: f64,
        /// How many of them end a lifetime: the setting `usages`.
        usages: u64,
        /// From one fetch to the next.
        every: Duration,
    },
}

impl Hint {
    /// A short name that stays the same, such as `"long_wait"`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::LongWait { .. } => "long_wait",
            Self::NobodyWaits => "nobody_waits",
            Self::ShortStaleWindow { .. } => "short_stale_window",
            Self::StrangersFetch { .. } => "strangers_fetch",
            Self::UsageSpent { .. } => "usage_spent",
        }
    }

    /// The setting to look at, as it is called in a file.
    #[must_use]
    pub const fn setting(&self) -> &'static str {
        match self {
            Self::LongWait { .. } | Self::NobodyWaits => "wait_budget",
            Self::ShortStaleWindow { .. } => "stale_if_error",
            Self::StrangersFetch { .. } => "unknown_kid_cooldown",
            Self::UsageSpent { .. } => "usages",
        }
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::LongWait { wait_budget } => write!(
                f,
                "while keys are missing a caller waits up to {} (`wait_budget`), and holds what it \
                 holds; many gateways give up after {}, so that its answer reaches nobody",
                in_words(wait_budget),
                in_words(USUAL_LIMIT)
            ),
            Self::NobodyWaits => f.write_str(
                "nothing is fetched before a token comes (`background_refresh` is off), and no \
                 caller waits for the fetch (`wait_budget` is zero): the first tokens after each \
                 start are refused, however good they are",
            ),
            Self::ShortStaleWindow { stale_if_error, retry } => write!(
                f,
                "keys serve for {} past their lifetime (`stale_if_error`), but a failed attempt can \
                 be followed by a pause of `retry_max` and an attempt of `fetch_timeout`, {} \
                 together: after an outage the keys may stop serving although the issuer is back",
                in_words(stale_if_error),
                in_words(retry)
            ),
            Self::StrangersFetch { cooldown } => write!(
                f,
                "tokens with made-up kids may cause one fetch each {} (`unknown_kid_cooldown`), \
                 {:.0} an hour: a stranger can have the issuer throttle this service",
                in_words(cooldown),
                per_hour(cooldown)
            ),
            Self::UsageSpent { accepted_per_second, usages, every } => write!(
                f,
                "at {} tokens a second, {usages} uses (`usages`) are spent sooner than \
                 `min_refresh_interval` allows a fetch: keys are fetched every {}, {:.0} times an \
                 hour; raise `usages`, or let time alone decide (`strategy = \"time\"`)",
                Rate(accepted_per_second),
                in_words(every),
                per_hour(every)
            ),
        }
    }
}

impl Serialize for Hint {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut out = to.serialize_struct("Hint", 3)?;
        out.serialize_field("hint", self.name())?;
        out.serialize_field("setting", self.setting())?;
        out.serialize_field("text", &self.to_string())?;
        out.end()
    }
}

impl Policy {
    /// What of these settings costs more than their author likely meant, whatever the traffic.
    ///
    /// ```
    /// use core::time::Duration;
    /// use jwks_core::refresh::Policy;
    ///
    /// assert!(Policy::default().hints().is_empty());
    /// let policy = Policy::builder().wait_budget(Duration::from_secs(60)).build()?;
    /// assert_eq!(policy.hints()[0].setting(), "wait_budget");
    /// # Ok::<(), jwks_core::refresh::PolicyError>(())
    /// ```
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let mut hints = Vec::new();
        let (stale_if_error, wait_budget) = (self.stale_if_error(), self.wait_budget());
        let retry = self.retry_max().saturating_add(self.fetch_timeout());
        if stale_if_error < retry {
            hints.push(Hint::ShortStaleWindow { stale_if_error, retry });
        }
        if wait_budget > USUAL_LIMIT {
            hints.push(Hint::LongWait { wait_budget });
        }
        if wait_budget.is_zero() && !self.background_refresh() {
            hints.push(Hint::NobodyWaits);
        }
        let cooldown = self.unknown_kid_cooldown();
        if cooldown < LEAST_COOLDOWN {
            hints.push(Hint::StrangersFetch { cooldown });
        }
        hints
    }

    /// Like [`hints`](Self::hints), for a service that accepts so many tokens a second.
    ///
    /// ```
    /// use jwks_core::refresh::Policy;
    ///
    /// let policy = Policy::default(); // 1000 tokens, and a fetch each minute at most
    /// assert!(policy.hints_at(10.0).is_empty());
    /// assert_eq!(policy.hints_at(100.0)[0].setting(), "usages");
    /// ```
    #[must_use]
    pub fn hints_at(&self, accepted_per_second: f64) -> Vec<Hint> {
        let pace = self.pace(self.lifetime(), accepted_per_second);
        self.all_hints(pace, Some(accepted_per_second))
    }

    /// All hints at the present rate, of which the pace is known already.
    pub(crate) fn all_hints(&self, pace: Option<Pace>, rate: Option<f64>) -> Vec<Hint> {
        let mut hints = self.hints();
        hints.extend(rate.and_then(|rate| self.hint_of(pace, rate)));
        hints
    }

    /// The hint that only traffic shows.
    pub(crate) fn hint_of(&self, pace: Option<Pace>, accepted_per_second: f64) -> Option<Hint> {
        let pace = pace.filter(|it| it.held_back && it.reason == Reason::AheadByUsage)?;
        let (usages, every) = (self.usages()?, pace.every);
        Some(Hint::UsageSpent { accepted_per_second, usages, every })
    }
}

fn per_hour(every: Duration) -> f64 {
    3600.0 / every.as_secs_f64().max(1e-3)
}

/// As exact as a person needs it.
struct Rate(f64);

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 >= 10.0 { write!(f, "{:.0}", self.0) } else { write!(f, "{:.1}", self.0) }
    }
}

/// After which the gateways in front of many services give up: the default of Amazon's API Gateway.
const USUAL_LIMIT: Duration = Duration::from_secs(29);

/// Below it, junk causes more fetches than a busy service's own use ever does.
const LEAST_COOLDOWN: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refresh::{PolicyBuilder, Strategy};

    fn names(set: PolicyBuilder) -> Vec<&'static str> {
        set.build().unwrap().hints().iter().map(Hint::name).collect()
    }

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn presets_have_none() {
        let presets = [
            Policy::development(),
            Policy::fleet(),
            Policy::high_security(),
            Policy::high_traffic(),
        ];
        for preset in presets.into_iter().chain([Policy::builder()]) {
            assert_eq!(names(preset), [""; 0]);
        }
    }

    #[test]
    fn each_begins_where_it_is_true() {
        let set = Policy::builder;
        // The longest pause, a minute, and an attempt of 5 s.
        assert_eq!(names(set().stale_if_error(secs(64))), ["short_stale_window"]);
        assert_eq!(names(set().stale_if_error(secs(65))), [""; 0]);
        assert_eq!(names(set().retry(secs(1), secs(3596))), ["short_stale_window"]);
        assert_eq!(names(set().wait_budget(secs(29))), [""; 0]);
        assert_eq!(names(set().wait_budget(secs(30))), ["long_wait"]);
        assert_eq!(names(set().wait_budget(secs(0))), [""; 0]);
        let on_demand = set().background_refresh(false);
        assert_eq!(names(on_demand), [""; 0]);
        assert_eq!(names(on_demand.wait_budget(secs(0))), ["nobody_waits"]);
        assert_eq!(names(set().unknown_kid_cooldown(secs(1))), [""; 0]);
        let short = Duration::from_millis(999);
        assert_eq!(names(set().unknown_kid_cooldown(short)), ["strangers_fetch"]);
    }

    #[test]
    fn usage_is_a_matter_of_the_rate() {
        // Between 800 and 840 tokens, 820 in the mean, and not more often than each minute.
        let at = |set: PolicyBuilder, rate| set.build().unwrap().hints_at(rate).pop();
        let set = Policy::builder;
        assert_eq!(at(set(), 13.6), None);
        let told = at(set(), 13.7).unwrap();
        assert_eq!((told.name(), told.setting()), ("usage_spent", "usages"));
        assert_eq!(at(set().strategy(Strategy::Time), 1e6), None);
        // Who wants a fetch for so many uses, and waits for it, is told by nobody.
        assert_eq!(at(set().background_refresh(false), 1e6), None);
        for rate in [0.0, -1.0, f64::NAN] {
            assert_eq!(at(set(), rate), None);
        }
    }

    #[test]
    fn texts_are_one_line_with_the_numbers() {
        let policy = Policy::builder()
            .background_refresh(false)
            .stale_if_error(secs(10))
            .unknown_kid_cooldown(Duration::from_millis(100))
            .wait_budget(secs(120));
        let mut hints = policy.build().unwrap().hints();
        hints.extend(Policy::default().hints_at(100.0));
        hints.push(Hint::NobodyWaits);
        assert_eq!(hints.len(), 5);
        let text = |name| hints.iter().find(|it| it.name() == name).unwrap().to_string();
        assert!(text("long_wait").contains("up to 2m (`wait_budget`)"));
        assert!(text("short_stale_window").contains("10s past their lifetime"));
        assert!(text("short_stale_window").contains("1m 5s together"));
        assert!(
            text("strangers_fetch").contains("each 100ms (`unknown_kid_cooldown`), 36000 an hour")
        );
        assert!(text("usage_spent").starts_with("at 100 tokens a second, 1000 uses (`usages`)"));
        assert!(text("usage_spent").contains("every 1m, 60 times an hour"));
        for hint in hints {
            let text = hint.to_string();
            assert!(
                !text.contains('\n') && text.contains(&format!("`{}`", hint.setting())),
                "{text}"
            );
            let json = serde_json::to_value(hint).unwrap();
            assert_eq!(json["hint"], hint.name());
            assert_eq!(json["setting"], hint.setting());
            assert_eq!(json["text"], text);
        }
    }
}
