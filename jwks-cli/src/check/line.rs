//! When what will happen.

use std::time::Duration;

use jwks_core::refresh::Policy;
use serde::{Serialize, Serializer};

use crate::span::shown;

/// Something that happens at a time after the last confirmation of the keys.
#[derive(Debug, Serialize)]
pub(super) struct Point {
    /// In seconds, as `until`.
    #[serde(serialize_with = "seconds")]
    pub(super) after: Duration,
    /// None: at that very time.
    #[serde(serialize_with = "optional")]
    pub(super) until: Option<Duration>,
    pub(super) what: String,
}

impl Point {
    const fn new(after: Duration, what: String) -> Self {
        Self { after, until: None, what }
    }

    pub(super) fn when(&self) -> String {
        match self.until {
            Some(until) if until > self.after => {
                format!("{} to {}", shown(self.after), shown(until))
            }
            _ => shown(self.after),
        }
    }
}

/// From one confirmation of the keys to the end of trust in them.
pub(super) fn of(policy: &Policy) -> Vec<Point> {
    let lifetime = policy.lifetime();
    let mut line = vec![Point::new(Duration::ZERO, "the keys come, or are confirmed".to_owned())];
    let least = policy.min_refresh_interval();
    let earliest = "the earliest next fetch, however many tokens come (`min_refresh_interval`); \
                    only unknown kids, and a refresh by hand, fetch sooner";
    line.push(Point::new(least, earliest.to_owned()));
    if policy.background_refresh() {
        let from = policy.threshold_point(lifetime);
        let until = Some(policy.latest_refresh_point(lifetime));
        let what = match (policy.usage_threshold(), policy.latest_usage_point()) {
            (Some(first), Some(last)) if first < last => format!(
                "the keys are refreshed ahead, and nobody waits; sooner if {first} to {last} tokens \
                 have been accepted"
            ),
            (Some(first), _) => format!(
                "the keys are refreshed ahead, and nobody waits; sooner if {first} tokens have been \
                 accepted"
            ),
            _ => "the keys are refreshed ahead, and nobody waits".to_owned(),
        };
        line.push(Point { after: from, until, what });
        let over = "without success until now the keys are stale: they still serve, and nobody \
                    waits";
        line.push(Point::new(lifetime, over.to_owned()));
    } else {
        let sooner = policy.usages().map(|usages| format!(", or after {usages} tokens"));
        let budget = shown(policy.wait_budget());
        let over = format!(
            "their lifetime is over{}: the next token waits for a fetch, {budget} at most; if that \
             fails, the old keys still serve",
            sooner.unwrap_or_default()
        );
        line.push(Point::new(lifetime, over));
    }
    let end = "without success until now the keys stop serving: every token is answered by 503";
    line.push(Point::new(policy.trust_for(lifetime), end.to_owned()));
    // `min_refresh_interval` can come late.
    line.sort_by_key(|point| point.after);
    line
}

/// What happens when fetches fail, from the refresh ahead (or the end of the lifetime) on.
pub(super) fn failing(policy: &Policy) -> String {
    let (initial, longest) = (policy.retry_initial(), policy.retry_max());
    let lifetime = policy.lifetime();
    let from =
        if policy.background_refresh() { policy.latest_refresh_point(lifetime) } else { lifetime };
    let room = policy.trust_for(lifetime).saturating_sub(from);
    let (mut pause, mut spent, mut attempts) = (initial, Duration::ZERO, 1_u32);
    // Pauses are drawn between their half and their whole.
    while attempts < MOST_ATTEMPTS {
        spent = spent.saturating_add(pause / 4 * 3);
        if spent >= room {
            break;
        }
        attempts += 1;
        pause = pause.saturating_mul(2).min(longest);
    }
    let more = if attempts == MOST_ATTEMPTS { "more than" } else { "some" };
    format!(
        "an attempt has {}; the next follows after {}, then twice that, up to {}: {more} {attempts} \
         attempts, if each fails at once, before the keys stop serving; without keys each {} at \
         most, while somebody waits",
        shown(policy.fetch_timeout()),
        shown(initial),
        shown(longest),
        shown(policy.cold_retry_max().min(longest)),
    )
}

fn seconds<S: Serializer>(span: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(span.as_secs_f64())
}

fn optional<S: Serializer>(span: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    span.map(|span| span.as_secs_f64()).serialize(to)
}

const MOST_ATTEMPTS: u32 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults() {
        let line = of(&Policy::default());
        let whens: Vec<_> = line.iter().map(Point::when).collect();
        assert_eq!(whens, ["0s", "1m", "16m to 16m 48s", "20m", "1h 20m"]);
        assert!(line[2].what.ends_with("sooner if 800 to 840 tokens have been accepted"));
        // 63 min 12 s: eight pauses that double, 48 s in the mean, and then one each 45 s.
        assert!(
            failing(&Policy::default()).contains("some 92 attempts"),
            "{}",
            failing(&Policy::default())
        );
    }

    #[test]
    fn on_demand_somebody_waits() {
        let policy = Policy::development().build().unwrap();
        let line = of(&policy);
        assert_eq!(line.len(), 4);
        let over = &line[2].what;
        assert!(
            over.contains("or after 100 tokens: the next token waits for a fetch, 5s"),
            "{over}"
        );
        assert_eq!(line[3].when(), "1day");
    }
}
