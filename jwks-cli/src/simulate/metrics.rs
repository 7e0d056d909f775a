//! The metrics of one instance, as the feature `metrics` counts them.

use jwks_core::refresh::{Freshness, Policy, Reason, Time};

use super::instance::{Instance, Why};
use super::issuer::Outcome;

#[derive(Debug, Default)]
pub(super) struct Metrics {
    /// By reason and outcome.
    fetches: [[u64; OUTCOMES.len()]; REASONS.len()],
    /// By type.
    errors: [u64; ERRORS.len()],
    confirmed: Option<Time>,
    changed: Option<Time>,
    trust_end: Option<Time>,
    pub(super) ok: u64,
    unavailable: u64,
    unknown_kid: u64,
    // Unknown kids, by outcome.
    pub(super) found: u64,
    pub(super) absent: u64,
    pub(super) undecided: u64,
    pub(super) junk_failed: u64,
}

/// All of them at one moment.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// In the order of [`names`].
    pub(super) values: Vec<f64>,
}

impl Metrics {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) const fn has_keys(&self) -> bool {
        self.changed.is_some()
    }

    /// A fetch brought a key set.
    pub(super) fn fetched(
        &mut self,
        reason: Reason,
        changed: bool,
        (now, trust_end): (Time, Option<Time>),
    ) {
        self.count(reason, usize::from(!changed));
        self.confirmed = Some(now);
        self.trust_end = trust_end;
        if changed {
            self.changed = Some(now);
        }
    }

    pub(super) fn failed(&mut self, reason: Reason, outcome: Outcome) {
        self.count(reason, FAILED);
        let error = match outcome {
            Outcome::TooMany(_) => 1,
            Outcome::Away | Outcome::Keys(_) | Outcome::Told => 0,
        };
        self.error(error);
    }

    pub(super) fn timed_out(&mut self, reason: Reason) {
        self.count(reason, FAILED);
        self.error(2);
    }

    pub(super) const fn refused(&mut self, why: Why, count: u64) {
        match why {
            Why::Cold | Why::Gate => self.unavailable += count,
            Why::Kid => {
                self.unknown_kid += count;
                self.junk_failed += count;
            }
        }
    }

    fn count(&mut self, reason: Reason, outcome: usize) {
        let row = REASONS.iter().position(|&(it, _)| it == reason);
        let cell = row.and_then(|row| self.fetches.get_mut(row)?.get_mut(outcome));
        if let Some(cell) = cell {
            *cell += 1;
        }
    }

    fn error(&mut self, error: usize) {
        if let Some(cell) = self.errors.get_mut(error) {
            *cell += 1;
        }
    }
}

impl Sample {
    /// None if the instance counts nothing.
    pub(super) fn of(instance: &Instance, policy: &Policy, now: Time) -> Option<Self> {
        let (metrics, machine) = (instance.metrics.as_ref()?, instance.machine());
        let mut values = Vec::new();
        let mut put = |value: f64| values.push(value);
        let stamp = |at: Option<Time>| at.map_or(0.0, |at| at.since_origin().as_secs_f64());
        metrics.fetches.iter().flatten().for_each(|&count| put(count as f64));
        metrics.errors.iter().for_each(|&count| put(count as f64));
        let held = machine.trust_until();
        // They keep their last value when the trust has ended.
        put(stamp(metrics.confirmed));
        put(stamp(metrics.changed));
        put(stamp(metrics.trust_end));
        put(stamp(machine.next_fetch().map(|next| next.at)));
        put(f64::from(u8::from(held.is_some())));
        put(metrics.confirmed.map_or(0.0, |_| policy.lifetime().as_secs_f64()));
        let freshness = machine.freshness(now);
        STATES.iter().for_each(|&(state, _)| put(f64::from(u8::from(state == freshness))));
        put(f64::from(machine.failures()));
        put(instance.waiting(now) as f64);
        put(1.0);
        let unknown =
            [metrics.found, metrics.absent, metrics.undecided, metrics.junk_failed, NO_ROOM];
        unknown.iter().for_each(|&count| put(count as f64));
        put(metrics.ok as f64);
        put(metrics.unavailable as f64);
        let strangers = metrics.absent + metrics.undecided + metrics.junk_failed;
        put(strangers.max(metrics.unknown_kid) as f64);
        put(0.0);
        Some(Self { values })
    }
}

/// The series, in Prometheus' notation.
pub(super) fn names() -> Vec<String> {
    let mut names = Vec::new();
    let mut name = |metric: &str, labels: &str| {
        let more = if labels.is_empty() { "" } else { "," };
        names.push(format!("{metric}{{{COMMON}{more}{labels}}}"));
    };
    for (_, reason) in REASONS {
        for outcome in OUTCOMES {
            name("jwks_fetches_total", &format!("reason=\"{reason}\",outcome=\"{outcome}\""));
        }
    }
    for error in ERRORS {
        name("jwks_fetch_errors_total", &format!("error_type=\"{error}\""));
    }
    for metric in [
        "jwks_confirmed_timestamp_seconds",
        "jwks_changed_timestamp_seconds",
        "jwks_trust_end_timestamp_seconds",
        "jwks_next_fetch_timestamp_seconds",
        "jwks_keys",
        "jwks_lifetime_seconds",
    ] {
        name(metric, "");
    }
    for (_, state) in STATES {
        name("jwks_freshness", &format!("state=\"{state}\""));
    }
    for metric in ["jwks_consecutive_failures", "jwks_waiting", "jwks_driver_running"] {
        name(metric, "");
    }
    for outcome in ["found", "absent", "undecided", "failed", "no_room"] {
        name("jwks_unknown_kids_total", &format!("outcome=\"{outcome}\""));
    }
    for result in ["ok", "unavailable", "unknown_kid", "stopped"] {
        name("jwt_validations_total", &format!("result=\"{result}\""));
    }
    names
}

const COMMON: &str = "job=\"api\",instance=\"0\",issuer=\"id\"";

const REASONS: [(Reason, &str); 7] = [
    (Reason::Ahead, "ahead"),
    (Reason::AheadByUsage, "ahead_by_usage"),
    (Reason::Demand, "demand"),
    (Reason::Load, "load"),
    (Reason::Refresh, "refresh"),
    (Reason::Retry, "retry"),
    (Reason::UnknownKid, "unknown_kid"),
];

const OUTCOMES: [&str; 4] = ["new_keys", "same_keys", "not_modified", "failed"];
const FAILED: usize = 3;

const ERRORS: [&str; 3] = ["connect", "status", "timeout"];

const STATES: [(Freshness, &str); 5] = [
    (Freshness::Missing, "missing"),
    (Freshness::Fresh, "fresh"),
    (Freshness::Due, "due"),
    (Freshness::Stale, "stale"),
    (Freshness::Expired, "expired"),
];

/// The modelled instances have room for all who wait.
const NO_ROOM: u64 = 0;
