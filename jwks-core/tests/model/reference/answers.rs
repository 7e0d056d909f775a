//! Answers, and what they are worth.

use std::time::Duration;

use jwks_core::refresh::{Answered, FetchId, Response, Time};

use super::held::{Held, Read, Worth};
use super::retry::Retry;
use super::span::{Check, Span, Tri, ns, rule};
use super::{Flight, Model, Served};

impl Model {
    pub(crate) fn failure(
        &mut self,
        now: Time,
        id: FetchId,
        retry_after: Option<Duration>,
        answered: Answered,
    ) -> Check {
        self.tell(now);
        let Some(flight) = self.awaited(id, answered)? else { return Ok(()) };
        rule!("a failure is one", answered == Answered::Failed, "{answered:?}");
        self.flight = None;
        self.fail(flight, retry_after);
        Ok(())
    }

    pub(crate) fn success(
        &mut self,
        now: Time,
        id: FetchId,
        response: Response,
        answered: Answered,
    ) -> Check {
        self.tell(now);
        let Some(flight) = self.awaited(id, answered)? else { return Ok(()) };
        let read = Read { sent_e: flight.sent_e, answered_e: self.clocks.e() };
        let trust = Span::at(self.trust_from(flight, response));
        self.confirm(flight, response, trust, Some(read), response.validators, answered)
    }

    pub(crate) fn not_modified(
        &mut self,
        now: Time,
        id: FetchId,
        response: Response,
        answered: Answered,
    ) -> Check {
        self.tell(now);
        let Some(flight) = self.awaited(id, answered)? else { return Ok(()) };
        let read = self.held.as_ref().filter(|_| flight.conditional).and_then(|held| held.read);
        let Some(read) = read else {
            rule!(
                "rule 9: a 304 that was not asked for is a failure",
                answered == Answered::Failed,
                "{answered:?} to {flight:?}"
            );
            self.flight = None;
            self.fail(flight, None);
            return Ok(());
        };
        // Never past `max_trust` after the last full read: since it was sent, or answered. Its `Age`
        // does not count here: a 304 that a service gets behind an `Age` must be worth something.
        let most = ns(self.policy.max_trust());
        let end = Span::between(read.sent_e + most, read.answered_e + most);
        let trust = Span::at(self.trust_from(flight, response)).or(end);
        self.confirm(flight, response, trust, Some(read), true, answered)
    }

    /// Rule 13: trust counts from when the request was sent.
    fn trust_from(&self, flight: Flight, response: Response) -> i128 {
        let lifetime = ns(self.policy.lifetime_for(response.lifetime));
        let most = ns(self.policy.max_trust());
        let by_lifetime = lifetime + ns(self.policy.stale_if_error());
        flight.sent_e + by_lifetime.min(most - ns(response.age).min(most / 2))
    }

    fn confirm(
        &mut self,
        flight: Flight,
        response: Response,
        trust_e: Span,
        read: Option<Read>,
        validators: bool,
        answered: Answered,
    ) -> Check {
        let e = self.clocks.e();
        let outlived = trust_e.over(e);
        let allowed = match answered {
            Answered::Confirmed => outlived != Tri::Yes,
            Answered::Outlived => outlived.may() && self.clocks.frozen() > flight.frozen,
            Answered::Failed => outlived.may() && self.clocks.frozen() == flight.frozen,
            _ => false,
        };
        rule!(
            "rule 13: an answer confirms unless its trust is over when it comes",
            allowed,
            "{answered:?} at {e}, {flight:?}, trusted until {trust_e:?}"
        );
        self.flight = None;
        match answered {
            Answered::Failed => self.fail(flight, None),
            Answered::Outlived => {
                self.again = Some(Served { by_hand: flight.by_hand, missed: flight.missed });
            }
            _ => {
                let first = self.is_first(flight);
                let lifetime = self.policy.lifetime_for(response.lifetime);
                self.hold(lifetime, trust_e, first, read, validators);
                if response.age.is_zero() {
                    self.misses.forget();
                }
            }
        }
        Ok(())
    }

    /// The first refresh after a cold load, a run of failures, or a fetch that was not planned.
    fn is_first(&self, flight: Flight) -> Tri {
        let cold = Tri::is(self.held.is_none()).or(match self.serves() {
            Tri::Yes => Tri::No,
            _ => Tri::Maybe,
        });
        let failed = self.held.as_ref().is_some_and(|held| held.failed_since);
        // Where another cause came before the first refresh, or saved keys before the first load, the
        // next may be the first one still.
        let again = self.held.as_ref().is_some_and(|held| {
            held.read.is_none() || (held.first.may() && !flight.automatic.must())
        });
        let unplanned = flight.by_hand || flight.missed;
        cold.or(Tri::between(self.retry.failures > 0 || unplanned, failed || again))
    }

    fn hold(
        &mut self,
        lifetime: Duration,
        trust_e: Span,
        first: Tri,
        read: Option<Read>,
        validators: bool,
    ) {
        let clocks = &mut self.clocks;
        let (confirmed_e, confirmed_b) = (clocks.e(), clocks.b());
        clocks.confirm();
        let frozen = clocks.frozen();
        let worth =
            Worth { confirmed_e, confirmed_b, frozen, lifetime, trust_e, first, read, validators };
        self.held = Some(Held::new(&self.policy, worth));
        self.retry = Retry::new();
        self.settled_by_a_set();
    }

    /// What a set that is held now has ended.
    pub(crate) fn settled_by_a_set(&mut self) {
        self.loads.due = Tri::No;
        self.people.asked = Tri::No;
        self.people.beside = None;
        self.again = None;
    }

    /// The fetch that this answers, if it is awaited still. An answer to another one, or at the
    /// deadline of its own, changes nothing.
    fn awaited(
        &self,
        id: FetchId,
        answered: Answered,
    ) -> Result<Option<Flight>, super::span::Broken> {
        let awaited =
            self.flight.filter(|flight| flight.id == id && self.clocks.t < flight.deadline_t);
        rule!(
            "rule 7: late, foreign and repeated answers are ignored",
            (answered == Answered::Ignored) == awaited.is_none(),
            "{answered:?} to {id:?}, with {:?} in flight",
            self.flight
        );
        Ok(awaited)
    }
}
