//! Plays a script to a machine, and shows every call to a rule.

use std::cell::{Cell, OnceCell, RefCell};
use std::fmt::Debug;
use std::num::NonZeroU64;
use std::time::Duration;

use jwks_core::refresh::{FetchId, FetchStart, Machine, Policy, Reason, Time};
use proptest::strategy::Strategy as Any;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::calls::{Call, Look, Outcome, look, put};
use crate::ledger::Ledger;
use crate::moments::just_before;
use crate::script::{Case, Op, Pace, Reply};

/// What a rule says of one step.
pub(crate) type Verdict = Result<(), TestCaseError>;

/// One call, with the world before and after it.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    after: OnceCell<Look>,
    before: OnceCell<Look>,
    pub(crate) call: Call,
    /// The reference after the call.
    pub(crate) is: &'a Ledger,
    machine: &'a Machine,
    machine_before: &'a Machine,
    /// The largest time that the machine has been told.
    pub(crate) now: Time,
    pub(crate) outcome: Outcome,
    pub(crate) policy: &'a Policy,
    /// The reference before the call.
    pub(crate) was: &'a Ledger,
    seen: &'a Cell<usize>,
}

impl Step<'_> {
    pub(crate) fn after(&self) -> Look {
        *self.after.get_or_init(|| look(self.machine, self.now))
    }

    /// What the machine showed at the time of the call, before it: told the time, and no more.
    pub(crate) fn before(&self) -> Look {
        *self.before.get_or_init(|| {
            let mut machine = self.machine_before.clone();
            machine.handle_usage(self.now, 0, 0);
            look(&machine, self.now)
        })
    }

    /// The fetch that this call started.
    pub(crate) fn started(&self) -> Option<FetchStart> {
        match self.outcome {
            Outcome::Start(start) => start,
            _ => None,
        }
    }

    /// The fetch that this call started for a cause of the machine's own.
    pub(crate) fn started_automatically(&self) -> Option<FetchStart> {
        self.started().filter(|start| is_automatic(start.reason))
    }

    /// Whether a punctual driver would sleep now: `handle_timeout` has just been called.
    pub(crate) fn is_settled(&self) -> bool {
        self.call == Call::Timeout && self.now < Time::MAX
    }

    /// The rule's premise was met: a property that never says so proves nothing.
    pub(crate) fn seen(&self) {
        self.seen.set(self.seen.get() + 1);
    }
}

pub(crate) fn is_automatic(reason: Reason) -> bool {
    !matches!(reason, Reason::Refresh | Reason::UnknownKid)
}

/// Checks that the rule holds at each step of each case, and that its premise was met.
pub(crate) fn always(cases: impl Any<Value = Case>, rule: impl Fn(&Step<'_>) -> Verdict) {
    let seen = Cell::new(0);
    check(cases, |case| play(case, &seen, &rule));
    assert!(seen.get() >= CASES as usize / 50, "the premise was met only {} times", seen.get());
}

/// Checks each case as a whole.
pub(crate) fn check<C: Debug>(cases: impl Any<Value = C>, rule: impl Fn(&C) -> Verdict) {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let config = Config { max_shrink_iters: 20_000, ..config };
    let result = TestRunner::new(config).run(&cases, |case| rule(&case));
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// What the machine did and showed at each call of the script.
pub(crate) fn trace(case: &Case) -> Result<Vec<(Time, Outcome, Look)>, TestCaseError> {
    let trace = RefCell::new(Vec::new());
    play(case, &Cell::new(0), &|step| {
        trace.borrow_mut().push((step.now, step.outcome, step.after()));
        Ok(())
    })?;
    Ok(trace.into_inner())
}

/// The fetches that the machine started.
pub(crate) fn starts(case: &Case) -> Result<Vec<(Time, FetchStart)>, TestCaseError> {
    let started = |(at, outcome, _): &(Time, Outcome, Look)| match *outcome {
        Outcome::Start(Some(start)) => Some((*at, start)),
        _ => None,
    };
    Ok(trace(case)?.iter().filter_map(started).collect())
}

/// Plays one case, and checks the rule at each step.
pub(crate) fn play(
    case: &Case,
    seen: &Cell<usize>,
    rule: &dyn Fn(&Step<'_>) -> Verdict,
) -> Verdict {
    let mut world = World {
        case,
        clock: Time::ZERO,
        ids: Vec::new(),
        lag: Duration::ZERO,
        ledger: Ledger::default(),
        machine: Machine::new(case.policy.clone(), case.seed, Time::ZERO),
        rule,
        seen,
    };
    world.call(Call::Timeout)?;
    for &op in &case.script {
        world.play(op)?;
    }
    Ok(())
}

struct World<'a> {
    case: &'a Case,
    /// What the caller's clock shows.
    clock: Time,
    ids: Vec<FetchId>,
    /// How far the next call's time is behind the clock.
    lag: Duration,
    ledger: Ledger,
    machine: Machine,
    rule: &'a dyn Fn(&Step<'_>) -> Verdict,
    seen: &'a Cell<usize>,
}

impl World<'_> {
    fn play(&mut self, op: Op) -> Verdict {
        let policy = &self.case.policy;
        let punctual = self.case.pace == Pace::Punctual;
        let announced = self.machine.poll_usage().map_or(1, NonZeroU64::get);
        let missed = 0;
        match op {
            Op::Sleep(span) => self.sleep(self.clock + span.of(policy)),
            Op::Jump(span) if punctual => self.sleep(self.clock + span.of(policy)),
            Op::Jump(span) => {
                self.clock = self.clock + span.of(policy);
                self.react(Call::Timeout)
            }
            Op::ToDeadline => self.deadline(|at| at),
            Op::JustBeforeDeadline => self.deadline(just_before),
            Op::JustAfterDeadline if punctual => self.deadline(|at| at),
            Op::JustAfterDeadline => self.deadline(|at| at + Duration::from_nanos(1)),
            Op::Back(_) if punctual => Ok(()),
            Op::Back(span) => {
                self.lag = span.of(policy);
                Ok(())
            }
            Op::Timeout => self.react(Call::Timeout),
            Op::Use(used) => self.react(Call::Usage { used, missed }),
            Op::UseAll => self.react(Call::Usage { used: announced, missed }),
            Op::UseAllButOne => self.react(Call::Usage { used: announced - 1, missed }),
            Op::Miss(missed) => self.react(Call::Usage { used: 0, missed }),
            Op::Ask => self.react(Call::Ask),
            Op::Demand(waiting) => self.react(Call::Demand(waiting)),
            Op::Refresh => self.react(Call::Refresh),
            Op::Invalidate => self.react(Call::Invalidate),
            Op::Distrust => self.react(Call::Distrust),
            Op::Answer(reply) => match self.machine.in_flight() {
                Some(id) => self.react(self.answer(id, reply)),
                None => Ok(()),
            },
            Op::AnswerAfter(span, reply) => match self.machine.in_flight() {
                Some(id) if !punctual => {
                    self.clock = self.clock + span.of(policy);
                    self.react(self.answer(id, reply))
                }
                _ => Ok(()),
            },
            Op::AnswerLate(reply) => match self.ledger.flight {
                Some(flight) if !punctual => {
                    self.clock = self.clock.max(flight.start.deadline);
                    self.react(self.answer(flight.start.id, reply))
                }
                _ => Ok(()),
            },
            Op::AnswerOld(which, reply) => match self.ids.len() {
                0 => Ok(()),
                count => self.react(self.answer(self.ids[which % count], reply)),
            },
        }
    }

    fn answer(&self, id: FetchId, reply: Reply) -> Call {
        let policy = &self.case.policy;
        match reply {
            Reply::Failure { retry_after } => {
                Call::Failure { id, retry_after: retry_after.map(|span| span.of(policy)) }
            }
            Reply::NotModified { lifetime } => {
                Call::NotModified { id, lifetime: lifetime.map(|span| span.of(policy)) }
            }
            Reply::Success { lifetime, validators } => {
                Call::Success { id, lifetime: lifetime.map(|span| span.of(policy)), validators }
            }
        }
    }

    fn deadline(&mut self, place: impl Fn(Time) -> Time) -> Verdict {
        if let Some(deadline) = self.machine.poll_timeout() {
            self.clock = self.clock.max(place(deadline.at));
            self.call(Call::Timeout)?;
        }
        Ok(())
    }

    /// Through each deadline on the way; stops early where there are very many.
    fn sleep(&mut self, until: Time) -> Verdict {
        for _ in 0..40 {
            match self.machine.poll_timeout() {
                Some(deadline) if deadline.at <= until => {
                    self.clock = self.clock.max(deadline.at);
                    self.call(Call::Timeout)?;
                }
                _ => {
                    self.clock = until;
                    break;
                }
            }
        }
        Ok(())
    }

    /// A call, and what the driver does right after it.
    fn react(&mut self, call: Call) -> Verdict {
        self.call(call)?;
        let now = self.ledger.now;
        let due = self.machine.poll_timeout().is_some_and(|deadline| deadline.at <= now);
        if due && call != Call::Timeout && self.case.pace != Pace::Careless {
            self.call(Call::Timeout)?;
        }
        Ok(())
    }

    fn call(&mut self, call: Call) -> Verdict {
        let given = self.clock.saturating_since(Time::ZERO).saturating_sub(self.lag);
        let given = Time::from_origin(given);
        self.lag = Duration::ZERO;
        let now = self.ledger.now.max(given);
        let machine_before = self.machine.clone();
        let was = self.ledger.clone();
        let outcome = put(&mut self.machine, given, call);
        if let Outcome::Start(Some(start)) = outcome {
            self.ids.push(start.id);
        }
        self.ledger.note(&self.case.policy, now, call, outcome, self.machine.failures());
        let step = Step {
            after: OnceCell::new(),
            before: OnceCell::new(),
            call,
            is: &self.ledger,
            machine: &self.machine,
            machine_before: &machine_before,
            now,
            outcome,
            policy: &self.case.policy,
            seen: self.seen,
            was: &was,
        };
        (self.rule)(&step).map_err(|error| match error {
            TestCaseError::Fail(why) => {
                // Both looks are part of the report.
                let _ = (step.before(), step.after());
                TestCaseError::fail(format!("{why}\nat {step:#?}"))
            }
            reject @ TestCaseError::Reject(_) => reject,
        })
    }
}

const CASES: u32 = 2000;
