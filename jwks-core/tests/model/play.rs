//! Plays a script to a machine and to the reference beside it.

use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use jwks_core::refresh::record::Recording;
use jwks_core::refresh::{FetchId, FetchStart, Response, Time};

use crate::reference::span::just_before;
use crate::reference::{Broken, Call, Outcome, Trial};
use crate::script::{Case, Op, Pace, Reply, Span};
use crate::window::Windows;

/// What was called, and when.
pub(crate) type Calls = Vec<(Time, Call)>;

pub(crate) struct World<'a> {
    case: &'a Case,
    /// What the caller's clock shows, and by how much the wall clock is ahead of it.
    pub(crate) clock: Time,
    wall_ahead: i128,
    reads_wall: bool,
    ids: Vec<FetchId>,
    /// How far the next call's time is behind the clock.
    lag: Duration,
    pub(crate) trial: Trial,
    pub(crate) calls: Calls,
    pub(crate) starts: Vec<(Time, FetchStart)>,
    windows: Windows,
    /// Or none was wanted any more.
    had_a_set: bool,
}

impl<'a> World<'a> {
    pub(crate) fn new(case: &'a Case) -> Self {
        Self {
            case,
            clock: Time::ZERO,
            wall_ahead: 0,
            reads_wall: case.wall,
            ids: Vec::new(),
            lag: Duration::ZERO,
            trial: Trial::new(&case.policy, case.seed, Time::ZERO),
            calls: Vec::new(),
            starts: Vec::new(),
            windows: Windows::default(),
            had_a_set: false,
        }
    }

    /// The calls of the case up to the one that breaks a rule, or panics.
    pub(crate) fn recording(mut self) -> Recording {
        // Whatever it is: the case has failed before, and is to be saved.
        let _outcome = catch_unwind(AssertUnwindSafe(|| self.play_script().is_ok()));
        let calls = self.calls.into_iter();
        Recording::script(self.case.policy.clone(), self.case.seed, Time::ZERO, calls)
    }

    fn play_script(&mut self) -> Result<(), Broken> {
        let case = self.case;
        self.poll(Call::Timeout)?;
        case.script.iter().try_for_each(|&op| self.play(op))
    }

    pub(crate) fn play_all(mut self) -> Result<Self, (Broken, Calls)> {
        let played = self.play_script();
        match played.and_then(|()| self.windows.check(&self.case.policy)) {
            Ok(()) => Ok(self),
            Err(broken) => Err((broken, self.calls)),
        }
    }

    fn play(&mut self, op: Op) -> Result<(), Broken> {
        let policy = &self.case.policy;
        let punctual = self.case.pace == Pace::Punctual;
        let announced = self.trial.machine.poll_usage().map_or(1, NonZeroU64::get);
        let call = match op {
            Op::Sleep(span) => return self.sleep(self.clock + span.of(policy)),
            Op::Jump(span) if punctual => return self.sleep(self.clock + span.of(policy)),
            Op::Jump(span) => {
                self.clock = self.clock + span.of(policy);
                Call::Timeout
            }
            Op::ToDeadline => return self.reach_deadline(|at| at),
            Op::JustBeforeDeadline => return self.reach_deadline(just_before),
            Op::JustAfterDeadline if punctual => return self.reach_deadline(|at| at),
            Op::JustAfterDeadline => return self.reach_deadline(|at| at + Duration::from_nanos(1)),
            Op::Back(_) if punctual => return Ok(()),
            Op::Back(span) => {
                self.lag = span.of(policy);
                return Ok(());
            }
            Op::Timeout => Call::Timeout,
            Op::WallForward(span) => return self.set_wall(nanos(span.of(policy))),
            Op::WallBack(span) => return self.set_wall(-nanos(span.of(policy))),
            Op::WallEpoch => return self.set_wall(nanos(NOW)),
            Op::WallRead(reads) => {
                self.reads_wall = reads;
                return Ok(());
            }
            Op::Use(used) => Call::Usage(used),
            Op::UseAll => Call::Usage(announced),
            Op::UseAllButOne => Call::Usage(announced - 1),
            Op::Miss(class) => Call::Miss(class),
            Op::Ask => Call::Ask,
            Op::Demand(waiting) => Call::Demand(waiting),
            Op::StaleGiven => Call::StaleGiven,
            Op::Refresh => Call::Refresh,
            Op::Invalidate => Call::Invalidate,
            Op::Distrust => Call::Distrust,
            // Saved keys are loaded before any others, and between fetches, or not at all.
            Op::Hydrate { .. } if self.had_a_set || self.trial.machine.in_flight().is_some() => {
                return Ok(());
            }
            Op::Hydrate { age, trust, lifetime } => Call::Hydrate {
                age: age.of(policy),
                trust: trust.of(policy),
                lifetime: lifetime.map(|span| span.of(policy)),
            },
            Op::Answer(reply) => match self.trial.machine.in_flight() {
                Some(id) => self.answer(id, reply),
                None => return Ok(()),
            },
            Op::AnswerAfter(span, reply) => match self.trial.machine.in_flight() {
                Some(id) if !punctual => {
                    self.clock = self.clock + span.of(policy);
                    self.answer(id, reply)
                }
                _ => return Ok(()),
            },
            Op::AnswerLate(reply) => match self.starts.last() {
                Some(&(_, start)) if !punctual => {
                    self.clock = self.clock.max(start.deadline);
                    self.answer(start.id, reply)
                }
                _ => return Ok(()),
            },
            Op::AnswerOld(which, reply) => match self.ids.len() {
                0 => return Ok(()),
                count => self.answer(self.ids[which % count], reply),
            },
        };
        self.poll(call)
    }

    fn answer(&self, id: FetchId, reply: Reply) -> Call {
        let policy = &self.case.policy;
        let of = |span: Option<Span>| span.map(|span| span.of(policy));
        match reply {
            Reply::Failure { retry_after } => Call::Failure { id, retry_after: of(retry_after) },
            Reply::NotModified { lifetime, age } => {
                Call::NotModified { id, response: response(of(lifetime), of(age), true) }
            }
            Reply::Success { lifetime, age, validators } => {
                Call::Success { id, response: response(of(lifetime), of(age), validators) }
            }
        }
    }

    fn set_wall(&mut self, by: i128) -> Result<(), Broken> {
        self.wall_ahead = (self.wall_ahead + by).clamp(-nanos(Duration::MAX), nanos(Duration::MAX));
        self.poll(Call::Timeout)
    }

    fn reach_deadline(&mut self, place: impl Fn(Time) -> Time) -> Result<(), Broken> {
        if let Some(deadline) = self.trial.machine.poll_timeout() {
            self.clock = self.clock.max(place(deadline.at));
            self.poll(Call::Timeout)?;
        }
        Ok(())
    }

    /// Through each deadline on the way; stops early where there are very many.
    fn sleep(&mut self, until: Time) -> Result<(), Broken> {
        for _ in 0..40 {
            match self.trial.machine.poll_timeout() {
                Some(deadline) if deadline.at <= until => {
                    self.clock = self.clock.max(deadline.at);
                    self.poll(Call::Timeout)?;
                }
                _ => {
                    self.clock = until;
                    break;
                }
            }
        }
        Ok(())
    }

    /// What a driver does at a poll: the wall clock, what has happened, and what is due.
    fn poll(&mut self, call: Call) -> Result<(), Broken> {
        if self.reads_wall {
            let shown = nanos(self.clock.since_origin()) + self.wall_ahead;
            self.call(Call::WallClock(duration(shown)))?;
        }
        self.call(call)?;
        if call != Call::Timeout && self.case.pace != Pace::Careless {
            self.call(Call::Timeout)?;
        }
        Ok(())
    }

    fn call(&mut self, call: Call) -> Result<(), Broken> {
        let given = self.clock.saturating_since(Time::ZERO).saturating_sub(self.lag);
        self.lag = Duration::ZERO;
        let now = Time::from_origin(given);
        self.calls.push((now, call));
        let was = self.trial.model.clone();
        let outcome = self.trial.put(now, call)?;
        self.had_a_set |= call == Call::Invalidate
            || self.trial.model.again.is_some()
            || self.trial.machine.trust_until().is_some();
        if !self.trial.beyond {
            self.windows.note(&was, &self.trial.model, call, outcome);
        }
        if let Outcome::Start(Some(start)) = outcome {
            self.ids.push(start.id);
            self.starts.push((self.clock, start));
        }
        Ok(())
    }
}

pub(crate) fn response(
    lifetime: Option<Duration>,
    age: Option<Duration>,
    validators: bool,
) -> Response {
    Response { lifetime, age: age.unwrap_or_default(), validators, ..Response::default() }
}

fn nanos(duration: Duration) -> i128 {
    i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX)
}

fn duration(nanos: i128) -> Duration {
    let nanos = nanos.max(0).unsigned_abs();
    let seconds = u64::try_from(nanos / 1_000_000_000).unwrap_or(u64::MAX);
    Duration::new(seconds, u32::try_from(nanos % 1_000_000_000).unwrap_or(0))
}

/// Some day in 2025.
const NOW: Duration = Duration::from_secs(1_750_000_000);
