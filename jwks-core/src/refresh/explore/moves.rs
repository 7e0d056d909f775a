//! One step of a walk: what happens, and what a driver does about it.

use core::fmt;
use core::time::Duration;

use crate::refresh::{Miss, Response, Time};

use super::reference::{Broken, Call, Outcome, Trial};
use super::scene::TICK;
use super::seed;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Move {
    // Time; the driver is called then.
    ToDeadline,
    /// The driver is starved for so many ticks from now.
    Ticks(u32),
    /// Wall time alone: frozen, or set.
    Wall(i64),
    // Calls, at the same instant.
    Ask,
    Demand(u64),
    Distrust,
    Hydrate {
        age: Duration,
        trust: Duration,
    },
    Invalidate,
    Miss(Miss),
    Refresh,
    StaleGiven,
    Use(u64),
    // Answers to the fetch in flight.
    Fail(Option<Duration>),
    NotModified {
        age: Duration,
    },
    Succeed {
        age: Duration,
        validators: bool,
    },
    /// A 200 at the end of the attempt's time, before the driver has noticed that end.
    SucceedLate,
}

/// A machine beside its reference, and the clocks of its world.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) trial: Trial,
    pub(super) now: Time,
    /// By how much the wall clock is ahead, where it is read.
    pub(super) wall: Option<i128>,
    /// How often it has jumped.
    pub(super) jumps: u32,
}

impl Node {
    /// Makes the move, with this choice of jitter. None if there is nothing to do it to.
    pub(super) fn step(&self, step: Move, choice: u64) -> Option<Result<Self, Broken>> {
        let mut next = self.clone();
        let call = next.prepare(step)?;
        next.trial.machine.rng = seed::drawing(choice);
        let played = next.poll(call);
        next.trial.machine.rng = seed::drawing(0);
        Some(played.map(|()| next))
    }

    /// What a driver does at a poll: the wall clock, what has happened, and what is due.
    pub(super) fn poll(&mut self, call: Call) -> Result<(), Broken> {
        let calls: Vec<_> = self.calls(call).collect();
        calls.into_iter().try_for_each(|call| self.trial.put(self.now, call).map(|_: Outcome| ()))
    }

    /// The calls of that move, and the jitter that it was given, as a recording has them.
    pub(super) fn inputs(&self, step: Move, choice: u64) -> Vec<(Time, Call)> {
        let mut next = self.clone();
        let Some(call) = next.prepare(step) else { return Vec::new() };
        let drawn = Call::Seed(seed::seed_of(choice));
        std::iter::once(drawn).chain(next.calls(call)).map(|call| (next.now, call)).collect()
    }

    fn calls(&self, call: Call) -> impl Iterator<Item = Call> + use<> {
        let shown = self.wall.map(|ahead| {
            let shown = self.now.since_origin().as_nanos().cast_signed() + ahead;
            let shown = u64::try_from(shown.max(0)).unwrap_or(u64::MAX);
            Call::WallClock(Duration::from_nanos(shown))
        });
        let call = Some(call).filter(|call| *call != Call::Timeout);
        shown.into_iter().chain(call).chain([Call::Timeout])
    }

    fn prepare(&mut self, step: Move) -> Option<Call> {
        let in_flight = self.trial.machine.in_flight();
        let deadline = self.trial.machine.poll_timeout().map(|deadline| deadline.at);
        Some(match step {
            Move::ToDeadline => {
                self.now = self.now.max(deadline?);
                Call::Timeout
            }
            Move::Ticks(count) => {
                self.now = self.now + TICK * count;
                Call::Timeout
            }
            Move::Wall(millis) => {
                self.jumps += 1;
                self.wall = Some(self.wall? + i128::from(millis) * 1_000_000);
                Call::Timeout
            }
            Move::Ask => Call::Ask,
            Move::Demand(waiting) => Call::Demand(waiting),
            Move::Distrust => Call::Distrust,
            // Before the first fetch, or not at all.
            Move::Hydrate { .. } if !self.trial.model.ids.is_empty() => return None,
            Move::Hydrate { age, trust } => Call::Hydrate { age, trust, lifetime: None },
            Move::Invalidate => Call::Invalidate,
            Move::Miss(class) => Call::Miss(class),
            Move::Refresh => Call::Refresh,
            Move::StaleGiven => Call::StaleGiven,
            // Once they are spent, more of them are nothing new.
            Move::Use(used) => {
                let held = self.trial.model.held.as_ref()?;
                let usages = self.trial.model.policy.usages().unwrap_or(u64::MAX);
                return (held.used < usages).then_some(Call::Usage(used));
            }
            Move::Fail(retry_after) => Call::Failure { id: in_flight?, retry_after },
            Move::NotModified { age } => {
                Call::NotModified { id: in_flight?, response: response(age, true) }
            }
            Move::SucceedLate => {
                let id = in_flight?;
                self.now = self.now.max(deadline?);
                Call::Success { id, response: response(Duration::ZERO, false) }
            }
            Move::Succeed { age, validators } => {
                Call::Success { id: in_flight?, response: response(age, validators) }
            }
        })
    }

    /// Whether jitter can be drawn in that move: only where an attempt ends, or a set comes.
    pub(super) fn draws(&self, step: Move) -> bool {
        self.trial.machine.in_flight().is_some() || matches!(step, Move::Hydrate { .. })
    }
}

fn response(age: Duration, validators: bool) -> Response {
    Response { age, validators, ..Response::default() }
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::ToDeadline => write!(f, "the next deadline comes"),
            Self::Ticks(count) => write!(f, "{:?} pass, then the driver runs", TICK * count),
            Self::Wall(millis) if millis < 0 => {
                write!(f, "the wall clock goes back {} ms", -millis)
            }
            Self::Wall(millis) => write!(f, "the wall clock alone goes on by {millis} ms"),
            Self::Ask => write!(f, "a caller who does not wait asks for keys"),
            Self::Demand(0) => write!(f, "nobody waits any more"),
            Self::Demand(waiting) => write!(f, "{waiting} callers wait"),
            Self::Distrust => write!(f, "the wall clock is seen past the end of trust"),
            Self::Hydrate { age, trust } => {
                write!(f, "keys are loaded, {age:?} old, trusted for {trust:?}")
            }
            Self::Invalidate => write!(f, "the keys are invalidated by hand"),
            Self::Miss(class) => write!(f, "a token misses its key ({class:?})"),
            Self::Refresh => write!(f, "a refresh by hand"),
            Self::StaleGiven => write!(f, "a caller is given the stale keys"),
            Self::Use(used) => write!(f, "{used} uses"),
            Self::Fail(None) => write!(f, "the fetch fails"),
            Self::Fail(Some(after)) => write!(f, "the fetch fails, Retry-After {after:?}"),
            Self::NotModified { age } => write!(f, "a 304, Age {age:?}"),
            Self::SucceedLate => write!(f, "the next deadline comes, and with it a 200"),
            Self::Succeed { age, validators } => {
                let etag = if validators { "with" } else { "without" };
                write!(f, "a 200 {etag} ETag, Age {age:?}")
            }
        }
    }
}
