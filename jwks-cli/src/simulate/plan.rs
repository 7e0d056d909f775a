//! The scenarios: what happens when.

use std::time::Duration;

use clap::ValueEnum;
use jwks_core::refresh::{Policy, Time};

use super::arrivals::gap;

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Scenario {
    /// A fleet that runs for long, started bit by bit
    Steady,
    /// All instances start within one second, without keys
    Deploy,
    /// The issuer cannot be reached for a while, then it can
    Outage,
    /// The issuer signs all tokens with a new key, from one moment on
    Rotation,
    /// Strangers send tokens with made-up `kid`s to all instances
    Flood,
    /// 24 hours: deployed at once at 0:00, a rotation at 6:00, an outage at 12:00, a flood at 16:00,
    /// all restarted at 20:00
    Day,
}

impl Scenario {
    pub(super) const ALL: [Self; 6] =
        [Self::Steady, Self::Deploy, Self::Outage, Self::Rotation, Self::Flood, Self::Day];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::Deploy => "deploy",
            Self::Outage => "outage",
            Self::Rotation => "rotation",
            Self::Flood => "flood",
            Self::Day => "day",
        }
    }
}

/// A stretch of time, half-open.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Span {
    pub(super) from: Time,
    pub(super) to: Time,
}

impl Span {
    pub(super) fn has(self, at: Time) -> bool {
        self.from <= at && at < self.to
    }
}

/// How large the incidents are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Incidents {
    pub(super) outage: Duration,
    pub(super) flood: Duration,
}

/// A scenario, for one policy. All times count from its beginning, but those that are handed out:
/// they count from the origin, and the warm-up comes before.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) scenario: Scenario,
    /// Instances start within this time.
    pub(super) start_within: Duration,
    /// What comes before, and is not counted.
    pub(super) warm_up: Duration,
    pub(super) length: Duration,
    /// From here on the fetches should be even again.
    pub(super) settled: Duration,
    outage: Option<(Duration, Duration)>,
    flood: Option<(Duration, Duration)>,
    rotation: Option<Duration>,
    pub(super) restart: Option<Duration>,
}

impl Plan {
    pub(super) fn new(
        scenario: Scenario,
        policy: &Policy,
        per_instance: f64,
        incidents: Incidents,
    ) -> Self {
        let period = period(policy, per_instance);
        let least = policy.min_refresh_interval();
        let plan = Self {
            scenario,
            start_within: period,
            warm_up: 3 * period,
            length: (4 * period).max(HOUR),
            settled: Duration::ZERO,
            outage: None,
            flood: None,
            rotation: None,
            restart: None,
        };
        let (soon, lull) = (10 * MINUTE, (3 * period).max(HOUR));
        match scenario {
            Scenario::Steady => plan,
            Scenario::Deploy => {
                Self { start_within: SECOND, warm_up: Duration::ZERO, settled: least, ..plan }
            }
            Scenario::Outage => Self {
                outage: Some((soon, incidents.outage)),
                length: soon + incidents.outage + lull,
                settled: soon + incidents.outage + longest_pause(policy),
                ..plan
            },
            Scenario::Rotation => {
                Self { rotation: Some(soon), length: soon + lull, settled: soon + least, ..plan }
            }
            Scenario::Flood => Self {
                flood: Some((soon, incidents.flood)),
                length: soon + incidents.flood + lull,
                settled: soon + incidents.flood + least,
                ..plan
            },
            Scenario::Day => Self {
                start_within: SECOND,
                warm_up: Duration::ZERO,
                length: 24 * HOUR,
                settled: least,
                rotation: Some(6 * HOUR),
                outage: Some((12 * HOUR, incidents.outage)),
                flood: Some((16 * HOUR, incidents.flood)),
                restart: Some(20 * HOUR),
                ..plan
            },
        }
    }

    pub(super) fn begins(&self) -> Time {
        Time::from_origin(self.warm_up)
    }

    pub(super) fn ends(&self) -> Time {
        self.at(self.length)
    }

    /// From the origin, what is so long after the beginning.
    pub(super) fn at(&self, after: Duration) -> Time {
        self.begins() + after
    }

    pub(super) fn outages(&self) -> Vec<Span> {
        self.spans(self.outage)
    }

    pub(super) fn floods(&self) -> Vec<Span> {
        self.spans(self.flood)
    }

    pub(super) fn rotations(&self) -> Vec<Time> {
        self.rotation.map(|at| self.at(at)).into_iter().collect()
    }

    /// What happens when, in words; from the origin.
    pub(super) fn story(&self) -> Vec<(Time, String)> {
        let mut story = vec![];
        let shown = |span| humantime::format_duration(span);
        if let Some((at, span)) = self.outage {
            story.push((self.at(at), format!("the issuer is away for {}", shown(span))));
        }
        if let Some(at) = self.rotation {
            story.push((self.at(at), "all tokens are signed with a new key".to_owned()));
        }
        if let Some((at, span)) = self.flood {
            story.push((self.at(at), format!("made-up kids for {}", shown(span))));
        }
        if let Some(at) = self.restart {
            story.push((self.at(at), "all instances restart".to_owned()));
        }
        story.sort_by_key(|&(at, _)| at);
        story
    }

    fn spans(&self, span: Option<(Duration, Duration)>) -> Vec<Span> {
        let span = span.map(|(at, length)| Span { from: self.at(at), to: self.at(at + length) });
        span.into_iter().collect()
    }
}

/// From one refresh ahead to the next, at this rate of requests.
fn period(policy: &Policy, per_instance: f64) -> Duration {
    let by_time = if policy.background_refresh() {
        policy.threshold_point(policy.lifetime())
    } else {
        policy.lifetime()
    };
    let count =
        if policy.background_refresh() { policy.usage_threshold() } else { policy.usages() };
    let by_usage = count.map_or(Duration::MAX, |count| {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        gap(per_instance).saturating_mul(count)
    });
    by_time.min(by_usage).max(policy.min_refresh_interval())
}

fn longest_pause(policy: &Policy) -> Duration {
    policy.retry_max().max(policy.cold_retry_max())
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
