//! What settings mean, for people and as JSON.

use std::fmt;
use std::time::Duration;

use jwks_core::cache::{KeyCache, Relaxation};
use jwks_core::refresh::{Hint, Policy, Strategy};
use jwks_core::verify::{Expectations, Verifier};
use serde::Serialize;

use super::line::{self, Point};
use crate::span::shown;
use crate::words::count;

/// What settings mean.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    valid: bool,
    issuers: Vec<Issuer>,
}

/// What they mean for one issuer.
#[derive(Debug, Serialize)]
struct Issuer {
    label: String,
    /// What its tokens must be like.
    tokens: String,
    /// Where its keys come from.
    source: String,
    /// What is allowed beyond the standards.
    relaxations: Vec<Relaxation>,
    /// What ends the lifetime of its keys.
    lifetime: String,
    time_line: Vec<Point>,
    if_fetches_fail: String,
    /// What unknown kids may cause.
    unknown_kids: String,
    cost: Vec<Cost>,
    /// What decides on a fetch, at which traffic.
    decides: Option<String>,
    /// Settings that have no effect beside the others.
    without_effect: Vec<String>,
    hints: Vec<Hint>,
}

/// What one instance asks of the issuer while all goes well.
#[derive(Debug, Serialize)]
struct Cost {
    accepted_per_second: f64,
    fetches_per_hour: f64,
}

impl Report {
    /// `rps`: accepted tokens a second, if that is known.
    pub(super) fn new(verifier: &Verifier, rps: Option<f64>) -> Self {
        let issuers = verifier.expectations().zip(verifier.caches());
        let issuers =
            issuers.map(|(expected, cache)| Issuer::new(&expected, &cache, rps)).collect();
        Self { valid: true, issuers }
    }
}

impl Issuer {
    fn new(expected: &Expectations, cache: &KeyCache, rps: Option<f64>) -> Self {
        let policy = cache.policy();
        let cost = |accepted_per_second| {
            let fetches_per_hour = policy.fetches_per_hour(accepted_per_second);
            Cost { accepted_per_second, fetches_per_hour }
        };
        let rates = rps.map_or_else(|| RATES.to_vec(), |rps| vec![rps]);
        Self {
            label: cache.label().to_owned(),
            tokens: expected.to_string(),
            source: cache.status().source,
            relaxations: cache.relaxations().to_vec(),
            lifetime: lifetime(policy),
            time_line: line::of(policy),
            if_fetches_fail: line::failing(policy),
            unknown_kids: unknown_kids(policy),
            cost: rates.into_iter().map(cost).collect(),
            decides: decides(policy),
            without_effect: without_effect(policy),
            hints: rps.map_or_else(|| policy.hints(), |rps| policy.hints_at(rps)),
        }
    }
}

fn lifetime(policy: &Policy) -> String {
    let time = shown(policy.lifetime());
    let mut text = match (policy.strategy(), policy.usages()) {
        (Strategy::Usage, Some(usages)) => {
            format!("{usages} accepted tokens, and {time} at the latest")
        }
        (_, Some(usages)) => format!("{time} or {usages} accepted tokens, whichever comes first"),
        (_, None) => time,
    };
    let given = |given| policy.lifetime_for(Some(given));
    let (shortest, longest) = (given(Duration::from_nanos(1)), given(Duration::MAX));
    if shortest != longest {
        let (shortest, longest) = (shown(shortest), shown(longest));
        text += &format!("; if the issuer's answer says how long, that, {shortest} to {longest}");
    }
    text += if policy.background_refresh() {
        "; refreshed in the background"
    } else {
        "; fetched on demand alone"
    };
    if let Some(idle) = policy.idle_after() {
        text += &format!(", but not while no token has come for {}", shown(idle));
    }
    if policy.spread_first_refresh() {
        text += "; the first refresh falls anywhere before its time, so that instances that start \
                 together stay apart";
    }
    text
}

fn unknown_kids(policy: &Policy) -> String {
    let cooldown = policy.unknown_kid_cooldown();
    format!(
        "{} at once, then one per {}: {:.0} an hour at most",
        count(policy.unknown_kid_burst() as usize, "fetch").replace("fetchs", "fetches"),
        shown(cooldown),
        3600.0 / cooldown.as_secs_f64()
    )
}

/// Below and above which traffic time, usage and the least interval decide.
fn decides(policy: &Policy) -> Option<String> {
    let lifetime = policy.lifetime();
    let (time, uses) = if policy.background_refresh() {
        let first = policy.usage_threshold()?;
        let by_time =
            (policy.threshold_point(lifetime) + policy.latest_refresh_point(lifetime)) / 2;
        (by_time, first.midpoint(policy.latest_usage_point()?))
    } else {
        (lifetime, policy.usages()?)
    };
    #[expect(clippy::cast_precision_loss, reason = "a rate in words")]
    let rate = |every: Duration| uses as f64 / every.as_secs_f64();
    Some(format!(
        "up to {} tokens a second time decides when keys are fetched; above it usage; from {} on, \
         `min_refresh_interval`",
        number(rate(time)),
        number(rate(policy.min_refresh_interval()))
    ))
}

fn without_effect(policy: &Policy) -> Vec<String> {
    let mut without = Vec::new();
    let given = |given| policy.lifetime_for(Some(given));
    let longest = policy.lifetime().max(given(Duration::MAX));
    let together = longest.saturating_add(policy.stale_if_error());
    // The default is not what somebody has written.
    if together < policy.max_trust() && policy.max_trust() != Policy::default().max_trust() {
        without.push(format!(
            "`max_trust` ({}) is never reached: the longest lifetime and `stale_if_error` together \
             are {}",
            shown(policy.max_trust()),
            shown(together)
        ));
    }
    if policy.cold_retry_max() >= policy.retry_max() {
        without.push(format!(
            "`cold_retry_max` ({}) is no less than `retry_max` ({}), which no pause exceeds",
            shown(policy.cold_retry_max()),
            shown(policy.retry_max())
        ));
    }
    if policy.wait_budget().is_zero() {
        without
            .push("`max_waiting` limits nothing: with `wait_budget` zero nobody waits".to_owned());
    }
    without
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hints: usize = self.issuers.iter().map(|issuer| issuer.hints.len()).sum();
        write!(f, "valid: {}", count(self.issuers.len(), "issuer"))?;
        if hints > 0 {
            write!(f, ", {}", count(hints, "hint"))?;
        }
        self.issuers.iter().try_for_each(|issuer| write!(f, "\n\n{issuer}"))
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)?;
        for hint in &self.hints {
            line(f, "HINT", hint)?;
        }
        line(f, "tokens", &self.tokens)?;
        line(f, "keys", &self.source)?;
        if !self.relaxations.is_empty() {
            let names: Vec<_> = self.relaxations.iter().map(|it| it.name()).collect();
            line(f, "allowed", names.join(", "))?;
        }
        line(f, "lifetime", &self.lifetime)?;
        f.write_str("\n\n  after a fetch")?;
        for point in &self.time_line {
            write!(f, "\n    {:<16}  {}", point.when(), point.what)?;
        }
        f.write_str("\n")?;
        line(f, "failing", &self.if_fetches_fail)?;
        line(f, "unknown kids", &self.unknown_kids)?;
        for (n, cost) in self.cost.iter().enumerate() {
            let hourly = number(cost.fetches_per_hour);
            let rate = number(cost.accepted_per_second);
            let name = if n == 0 { "cost" } else { "" };
            line(f, name, format_args!("{hourly} fetches an hour at {rate} tokens a second"))?;
        }
        if let Some(decides) = &self.decides {
            line(f, "", decides)?;
        }
        self.without_effect.iter().try_for_each(|text| line(f, "no effect", text))
    }
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, text: impl fmt::Display) -> fmt::Result {
    write!(f, "\n  {name:12}  {text}")
}

/// As exact as a person needs it.
fn number(number: f64) -> String {
    match number {
        large if large >= 10.0 => format!("{large:.0}"),
        middling if middling >= 0.1 || middling <= 0.0 => {
            format!("{middling:.1}").trim_end_matches(".0").to_owned()
        }
        small => format!("{small:.3}"),
    }
}

/// Tokens a second, where nothing is known.
const RATES: [f64; 4] = [0.1, 10.0, 100.0, 1000.0];
