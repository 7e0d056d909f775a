//! What is compared.

use std::str::FromStr;
use std::time::Duration;

use anyhow::{Result, ensure};
use jwks_core::refresh::{Policy, Strategy as Lifetime};
use serde::Serialize;

use crate::exit::{Exit, Stopped};
use crate::span;

/// The same for all strategies.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Plan {
    pub(super) requests: u32,
    pub(super) rps: u32,
    pub(super) latency: Latency,
}

/// How long the issuer takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub(super) struct Latency {
    #[serde(rename = "from_s", serialize_with = "seconds")]
    pub(super) from: Duration,
    #[serde(rename = "to_s", serialize_with = "seconds")]
    pub(super) to: Duration,
}

/// One way to get keys.
#[derive(Clone, Debug)]
pub(super) struct Strategy {
    pub(super) name: String,
    /// None: nothing is kept from one token to the next.
    pub(super) policy: Option<Policy>,
}

impl Plan {
    pub(super) fn new(
        requests: Option<u32>,
        seconds: u32,
        rps: u32,
        latency: Latency,
    ) -> Result<Self> {
        let requests = requests.unwrap_or_else(|| seconds.saturating_mul(rps));
        let few = format!("{requests} requests are too few to compare: let it be 10 at least");
        ensure!(requests >= 10, Stopped(Exit::Usage, few));
        let most = format!("{requests} requests are too many to be remembered: {MOST} at most");
        ensure!(requests <= MOST, Stopped(Exit::Usage, most));
        Ok(Self { requests, rps, latency })
    }

    /// How long the requests of one strategy take to be made.
    pub(super) fn length(&self) -> Duration {
        self.pause().saturating_mul(self.requests)
    }

    /// From one request to the next.
    pub(super) fn pause(&self) -> Duration {
        Duration::from_secs(1) / self.rps.max(1)
    }

    /// A fifth of the run.
    pub(super) fn interval(&self) -> Duration {
        self.length() / LIFETIMES
    }

    /// A fifth of the requests.
    pub(super) fn usages(&self) -> u32 {
        (self.requests / LIFETIMES).max(1)
    }

    pub(super) fn strategies(&self, own: Option<Policy>) -> Result<Vec<Strategy>> {
        let interval = self.interval();
        // Half of it is the default where time counts.
        let builder = || Policy::builder().min_refresh_interval((interval / 2).max(LEAST));
        let by_time = builder().strategy(Lifetime::Time).interval(interval);
        let by_usage = builder().strategy(Lifetime::Usage).usages(self.usages().into());
        let both = builder().interval(interval).usages(self.usages().into());
        let own = own.map(|policy| Strategy::new("your settings", Some(policy)));
        let ours = [
            Strategy::new("no cache: a fetch for each token", None),
            Strategy::new(
                "by time, no background",
                Some(by_time.background_refresh(false).build()?),
            ),
            Strategy::new(
                "by usage, no background",
                Some(by_usage.background_refresh(false).build()?),
            ),
            Strategy::new("both, with background refresh", Some(both.build()?)),
        ];
        Ok(ours.into_iter().chain(own).collect())
    }
}

impl Strategy {
    fn new(name: &str, policy: Option<Policy>) -> Self {
        Self { name: name.to_owned(), policy }
    }

    /// When time makes it fetch again, if so many uses do not.
    pub(super) fn first_refresh(&self, uses: u32) -> Option<Duration> {
        let policy = self.policy.as_ref()?;
        if policy.usages().is_some_and(|usages| usages <= uses.into()) {
            return None;
        }
        let lifetime = policy.lifetime();
        let ahead = policy.background_refresh();
        Some(if ahead { policy.threshold_point(lifetime) } else { lifetime })
    }
}

impl Latency {
    /// The time of the `n`th answer: spread evenly, and the same in each run.
    pub(super) fn of(&self, n: u32) -> Duration {
        let part = (f64::from(n) * GOLDEN).fract();
        self.from + self.to.saturating_sub(self.from).mul_f64(part)
    }
}

impl FromStr for Latency {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        let [from, to] = [from, to].map(|text| span::parse(text.trim()));
        let latency = Self { from: from?, to: to? };
        if latency.to < latency.from {
            return Err("the second time is shorter than the first".to_owned());
        }
        if latency.to > LONGEST {
            return Err(format!("at most {}, the time limit of a fetch", span::shown(LONGEST)));
        }
        Ok(latency)
    }
}

fn seconds<S: serde::Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(span.as_secs_f64())
}

/// Its multiples fill the unit interval more evenly than random numbers do.
const GOLDEN: f64 = 0.618_033_988_749_894_9;
const LEAST: Duration = Duration::from_millis(1);
const LIFETIMES: u32 = 5;
const LONGEST: Duration = Duration::from_secs(5);
const MOST: u32 = 10_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_fill_their_span() {
        let latency: Latency = "100ms..200ms".parse().unwrap();
        let mut tenths = [0; 10];
        for n in 0..1000 {
            let above = latency.of(n).checked_sub(latency.from).unwrap();
            tenths[usize::try_from(above.as_micros() / 10_000).unwrap().min(9)] += 1;
        }
        assert!(tenths.iter().all(|count| (95..=105).contains(count)), "{tenths:?}");
        assert_eq!("5ms".parse::<Latency>().unwrap().of(7), Duration::from_millis(5));
        for wrong in ["", "5", "2s..1s", "..", "1s..6s", "0s..1s"] {
            assert!(wrong.parse::<Latency>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn lifetimes_end_within_the_run() {
        let plan =
            |requests, seconds, rps| Plan::new(requests, seconds, rps, "1ms".parse().unwrap());
        let usual = plan(None, 15, 50).unwrap();
        assert_eq!((usual.requests, usual.usages()), (750, 150));
        assert_eq!(usual.interval(), Duration::from_secs(3));
        // Of them all only the user's own settings may come too late for the run.
        let late =
            |strategy: &Strategy| strategy.first_refresh(usual.requests) > Some(usual.length());
        let strategies = usual.strategies(Some(Policy::default())).unwrap();
        let late: Vec<_> = strategies.iter().filter(|it| late(it)).map(|it| &*it.name).collect();
        assert_eq!(late, ["your settings"]);
        assert!(plan(Some(9), 15, 50).is_err() && plan(None, 86_400, 100_000).is_err());
        for (requests, rps) in [(10, 1), (10, 100_000), (1_000, 7)] {
            let plan = plan(Some(requests), 1, rps).unwrap();
            let strategies = plan.strategies(Some(Policy::default()));
            assert_eq!(strategies.map(|all| all.len()).ok(), (rps < 100_000).then_some(5));
        }
    }
}
