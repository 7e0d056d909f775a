//! The modelled issuer: how long it takes, when it is away, how much it bears.

use std::time::Duration;

use jwks_core::refresh::Time;

use super::plan::{Plan, Span};
use super::random::Random;

#[derive(Debug)]
pub(super) struct Issuer {
    latency: Duration,
    /// The most requests that it answers in a second.
    limit: Option<u64>,
    away: Vec<Span>,
    rotations: Vec<Time>,
    random: Random,
    /// The requests of the present second.
    second: (u64, u64),
}

/// What a request has come to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Outcome {
    /// A key set: the one of so many rotations.
    Keys(u32),
    /// No connection.
    Away,
    /// A 429, with its `Retry-After`.
    TooMany(Duration),
    /// An earlier failure, told by another instance.
    Told,
}

impl Issuer {
    pub(super) fn new(plan: &Plan, latency: Duration, limit: Option<u64>, seed: u64) -> Self {
        Self {
            latency,
            limit,
            away: plan.outages(),
            rotations: plan.rotations(),
            random: Random::new(seed),
            second: (0, 0),
        }
    }

    /// A request that is sent now: when its answer comes, and what it is.
    pub(super) fn ask(&mut self, now: Time) -> (Time, Outcome) {
        let took = self.random.between(self.latency / 2, self.latency.saturating_mul(3) / 2);
        let second = now.since_origin().as_secs();
        self.second =
            if self.second.0 == second { (second, self.second.1 + 1) } else { (second, 1) };
        let outcome = if self.away.iter().any(|away| away.has(now)) {
            Outcome::Away
        } else if self.limit.is_some_and(|limit| self.second.1 > limit) {
            Outcome::TooMany(RETRY_AFTER)
        } else {
            Outcome::Keys(self.version(now))
        };
        (now + took.max(Duration::from_nanos(1)), outcome)
    }

    /// How many rotations there were. All tokens are signed with the newest key.
    pub(super) fn version(&self, now: Time) -> u32 {
        let gone = self.rotations.iter().filter(|&&at| at <= now).count();
        u32::try_from(gone).unwrap_or(u32::MAX)
    }
}

/// What an issuer asks for that has had too many requests.
const RETRY_AFTER: Duration = Duration::from_secs(10);
