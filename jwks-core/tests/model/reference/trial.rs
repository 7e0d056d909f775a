//! A machine and its reference, told the same.

use std::time::Duration;

pub(crate) use jwks_core::refresh::record::Operation as Call;

use jwks_core::refresh::record;
use jwks_core::refresh::{Answered, FetchStart, Machine, Policy, Time};

use super::span::{Broken, Check, just_before, rule};
use super::{Look, Model, Ns, ns, ns_of};

/// What the machine returned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Outcome {
    Answered(Answered),
    None,
    Refresh(Result<(), Time>),
    Start(Option<FetchStart>),
}

#[derive(Clone, Debug)]
pub(crate) struct Trial {
    pub(crate) machine: Machine,
    pub(crate) model: Model,
    /// The largest time that the machine was told.
    pub(crate) now: Time,
    /// The clocks have gone where arithmetic saturates: from now on there is no reference, and all
    /// that is asked is that the machine neither panics nor has two fetches in flight.
    pub(crate) beyond: bool,
}

impl Trial {
    pub(crate) fn new(policy: &Policy, seed: u64, now: Time) -> Self {
        let machine = Machine::new(policy.clone(), seed, now);
        Self { machine, model: Model::new(policy.clone(), now), now, beyond: false }
    }

    /// The call, and everything that the rules say of it.
    pub(crate) fn put(&mut self, now: Time, call: Call) -> Result<Outcome, Broken> {
        self.compare(now, call).map_err(|Broken { rule, why }| Broken {
            rule,
            why: format!("{why}\nknown: {}", self.model.known()),
        })
    }

    fn compare(&mut self, now: Time, call: Call) -> Result<Outcome, Broken> {
        let mut before = self.machine.clone();
        let outcome = put(&mut self.machine, now, call);
        self.beyond |= self.model.clocks.after(ns_of(now), wall_of(call)).beyond();
        if self.beyond {
            return self.beside_one_in_flight(&before, outcome);
        }
        self.model.shown.failures = self.machine.failures();
        self.tell(now, call, outcome)?;
        // The largest time seen counts.
        let now = self.now.max(now);
        self.now = now;
        let settled = call == Call::Timeout && now < Time::MAX;
        let look = Look::at(&self.machine, now);
        self.model.look(&look, settled)?;
        if settled {
            self.before_the_deadline(now, &look)?;
        }
        // As it was, told the time and no more.
        before.handle_usage(now, 0);
        self.changes_little(call, outcome, &Look::at(&before, now), &look)?;
        Ok(outcome)
    }

    fn beside_one_in_flight(&self, before: &Machine, outcome: Outcome) -> Result<Outcome, Broken> {
        let started = matches!(outcome, Outcome::Start(Some(_)));
        rule!(
            "rule 7: one fetch in flight at a time",
            !started
                || before.in_flight().is_none()
                || before.in_flight() != self.machine.in_flight(),
            "{outcome:?} beside {:?}",
            before.in_flight()
        );
        Ok(outcome)
    }

    fn tell(&mut self, now: Time, call: Call, outcome: Outcome) -> Check {
        let model = &mut self.model;
        match (call, outcome) {
            (Call::Ask, _) => model.ask(now),
            (Call::Demand(waiting), _) => model.demand(now, waiting),
            (Call::Distrust, _) => model.distrust(now),
            (Call::Failure { id, retry_after }, Outcome::Answered(answered)) => {
                return model.failure(now, id, retry_after, answered);
            }
            (Call::Hydrate { age, trust, lifetime }, Outcome::Answered(answered)) => {
                return model.hydrate(now, age, trust, lifetime, answered);
            }
            (Call::Invalidate, _) => model.invalidate(now),
            (Call::Miss(class), _) => model.miss(now, class),
            (Call::NotModified { id, response }, Outcome::Answered(answered)) => {
                return model.not_modified(now, id, response, answered);
            }
            (Call::Refresh, Outcome::Refresh(result)) => return model.refresh(now, result),
            // What is drawn is within the bounds that the model knows, whatever the seed.
            (Call::Seed(_), _) => {}
            (Call::StaleGiven, _) => model.stale_given(now),
            (Call::Success { id, response }, Outcome::Answered(answered)) => {
                return model.success(now, id, response, answered);
            }
            (Call::Timeout, Outcome::Start(start)) => return model.timeout(now, start),
            (Call::Usage(used), _) => model.usage(now, used),
            (Call::WallClock(wall), _) => model.wall_clock(now, wall),
            (call, outcome) => unreachable!("{call:?} returned {outcome:?}"),
        }
        Ok(())
    }

    /// What a call must not change.
    fn changes_little(&self, call: Call, outcome: Outcome, was: &Look, is: &Look) -> Check {
        if outcome == Outcome::Answered(Answered::Ignored) {
            rule!(
                "rule 7: late, foreign and repeated answers change nothing",
                was == is,
                "{was:#?} became {is:#?}"
            );
        }
        if let Call::Miss(class) = call {
            rule!(
                "rule 6: a miss never withholds a held key",
                (was.gate, was.serving) == (is.gate, is.serving),
                "{class:?}: {was:#?} became {is:#?}"
            );
        }
        let missed_alone = self.model.shown.missed_alone;
        if let (Call::Failure { .. }, Outcome::Answered(Answered::Failed)) = (call, outcome)
            && missed_alone
        {
            let most = self.now + Duration::from_secs(60);
            rule!(
                "retry: what an unknown kid's fetch earns holds automatic refreshes for 60 s at most",
                is.retry_at <= most.max(was.retry_at),
                "{:?} became {:?} at {:?}",
                was.retry_at,
                is.retry_at,
                self.now
            );
        }
        Ok(())
    }

    /// Before the next deadline nothing happens, and readers see the same as now.
    fn before_the_deadline(&self, now: Time, look: &Look) -> Check {
        let Some(deadline) = look.deadline else { return Ok(()) };
        let early = just_before(deadline.at);
        if early <= now {
            return Ok(());
        }
        let then = Look::at(&self.machine, early);
        self.model.readers_need_no_clock(look, &then)?;
        let mut machine = self.machine.clone();
        let started = machine.handle_timeout(early);
        rule!("rule 12: nothing happens before the deadline", started.is_none(), "{started:?}");
        let later = Look::at(&machine, early);
        rule!(
            "rule 12: nothing happens before the deadline",
            later == then,
            "{then:#?} became {later:#?} at {early:?}"
        );
        let again = machine.handle_timeout(now);
        rule!("rule 12: spurious calls change nothing", again.is_none(), "{again:?}");
        Ok(())
    }
}

fn wall_of(call: Call) -> Option<Ns> {
    match call {
        Call::WallClock(wall) => Some(ns(wall)),
        _ => None,
    }
}

fn put(machine: &mut Machine, now: Time, call: Call) -> Outcome {
    match (machine.handle(now, call), call) {
        (record::Outcome::Answered(answered), _) => Outcome::Answered(answered),
        (record::Outcome::Started(start), _) => Outcome::Start(Some(start)),
        (record::Outcome::Refused(until), _) => Outcome::Refresh(Err(until)),
        (_, Call::Refresh) => Outcome::Refresh(Ok(())),
        (_, Call::Timeout) => Outcome::Start(None),
        _ => Outcome::None,
    }
}
