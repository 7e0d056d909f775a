//! The refresh machine: what became of a fetch.

use std::time::Duration;

use super::lease::Lease;
use super::machine::Flight;
use super::retry::Retry;
use super::{FetchId, Machine, Time};

/// What became of an answer given to the machine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Answered {
    /// The set is confirmed, from now.
    Confirmed,
    /// The attempt has failed.
    Failed,
    /// Nobody waits for this answer any more; nothing changed.
    Ignored,
}

impl Machine {
    /// A new set is committed. `lifetime` is the response's own (`max-age` less `Age`); it counts
    /// only when `http_freshness` is on. `validators`: whether a later fetch can be conditional.
    pub fn handle_success(
        &mut self,
        now: Time,
        id: FetchId,
        lifetime: Option<Duration>,
        validators: bool,
    ) -> Answered {
        let now = self.advance(now);
        match self.land(now, id) {
            Some(_) => self.confirm(now, lifetime, validators),
            None => Answered::Ignored,
        }
    }

    /// The held set is confirmed by a 304 (RFC 9110, 15.4.5). A failure if there is no held set,
    /// or the fetch was not conditional.
    pub fn handle_not_modified(
        &mut self,
        now: Time,
        id: FetchId,
        lifetime: Option<Duration>,
    ) -> Answered {
        let now = self.advance(now);
        let Some(flight) = self.land(now, id) else { return Answered::Ignored };
        let held = self.lease.as_ref().is_some_and(|lease| now < lease.trust_until);
        if held && flight.conditional {
            self.confirm(now, lifetime, true)
        } else {
            self.fail(now, &flight, None);
            Answered::Failed
        }
    }

    /// The attempt has failed, was refused, or was abandoned.
    pub fn handle_failure(
        &mut self,
        now: Time,
        id: FetchId,
        retry_after: Option<Duration>,
    ) -> Answered {
        let now = self.advance(now);
        let Some(flight) = self.land(now, id) else { return Answered::Ignored };
        self.fail(now, &flight, retry_after);
        Answered::Failed
    }

    /// Takes the flight that `id` names, unless its deadline has passed.
    fn land(&mut self, now: Time, id: FetchId) -> Option<Flight> {
        self.flight.take_if(|flight| flight.id == id && now < flight.deadline)
    }

    fn confirm(&mut self, now: Time, lifetime: Option<Duration>, validators: bool) -> Answered {
        let unconfirmed = self.lease.as_ref().is_none_or(|lease| lease.hydrated);
        let first = unconfirmed || self.retry.failing;
        let lifetime = self.policy.lifetime_for(lifetime);
        let lease = Lease::new(&self.policy, &mut self.rng, now, lifetime, first, validators);
        self.lease = Some(lease);
        self.expired = false;
        self.retry = Retry::default();
        self.demand.asked = false;
        self.floor = None;
        self.distrusted = false;
        Answered::Confirmed
    }

    pub(super) fn fail(&mut self, now: Time, flight: &Flight, retry_after: Option<Duration>) {
        self.retry.failing = true;
        if flight.automatic {
            self.retry.back_off(&self.policy, &mut self.rng, now);
        }
        if let Some(retry_after) = retry_after {
            let trust_until = self.lease.as_ref().map(|lease| lease.trust_until);
            self.retry.hold(now, retry_after, trust_until.filter(|&until| now < until));
            if self.retry.held(now).is_some() {
                self.manual.refresh = None;
            }
        }
    }
}
