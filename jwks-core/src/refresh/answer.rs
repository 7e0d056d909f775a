//! The refresh machine: what became of a fetch.

use std::time::Duration;

use super::fetch::{Again, Flight};
use super::lease::{Grant, Lease};
use super::retry::Retry;
use super::{FetchId, Machine, Time};

/// What an answer says besides its keys.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "made by adapters' tests and by the driver")]
pub struct Response {
    /// Its own lifetime (`max-age` less `Age`); counts only with `http_freshness`.
    pub lifetime: Option<Duration>,
    /// How long it was in caches on the way (`Age`, RFC 9111, section 5.1).
    pub age: Duration,
    /// How long ago the issuer gave it to another instance, which shares it: the lifetime counts from
    /// then, so that all who share an answer refresh together. At most half of the lifetime counts.
    pub shared_for: Duration,
    /// Whether a later fetch can be conditional on it: it has an `ETag`.
    pub validators: bool,
}

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
    /// The process was frozen for so long during the fetch that the trust in the answer was over
    /// when it came: it confirms nothing, and the next fetch is due at once.
    Outlived,
}

impl Machine {
    /// A new set is committed (a 200).
    pub fn handle_success(&mut self, now: Time, id: FetchId, response: Response) -> Answered {
        self.clock.advance(now);
        match self.take_flight(id) {
            Some(flight) => self.confirm(&flight, response, None),
            None => Answered::Ignored,
        }
    }

    /// The held set is confirmed by a 304 (RFC 9110, 15.4.5). A failure if there is no held set,
    /// or the fetch was not conditional.
    pub fn handle_not_modified(&mut self, now: Time, id: FetchId, response: Response) -> Answered {
        self.clock.advance(now);
        let Some(flight) = self.take_flight(id) else { return Answered::Ignored };
        let now = self.clock.effective();
        let held = self.lease.as_ref().filter(|lease| now < lease.trust_until);
        match held.filter(|_| flight.conditional) {
            Some(held) => {
                let read = Reading { at: held.validated_from, hard_end: held.hard_end };
                self.confirm(&flight, response, Some(read))
            }
            None => {
                self.fail(&flight, None);
                Answered::Failed
            }
        }
    }

    /// The attempt has failed, was refused, or was abandoned.
    pub fn handle_failure(
        &mut self,
        now: Time,
        id: FetchId,
        retry_after: Option<Duration>,
    ) -> Answered {
        self.clock.advance(now);
        let Some(flight) = self.take_flight(id) else { return Answered::Ignored };
        self.fail(&flight, retry_after);
        Answered::Failed
    }

    /// Takes the flight that `id` names, unless its deadline has passed.
    fn take_flight(&mut self, id: FetchId) -> Option<Flight> {
        let now = self.clock.adapter();
        self.flight.take_if(|flight| flight.id == id && now < flight.deadline)
    }

    /// `read`: the last full reading, if this is a 304. Trust counts from when the request was
    /// sent, the lifetime from now.
    fn confirm(&mut self, flight: &Flight, response: Response, read: Option<Reading>) -> Answered {
        let now = self.clock.moment();
        let lifetime = self.policy.lifetime_for(response.lifetime);
        let max_trust = self.policy.max_trust();
        let worth = max_trust.saturating_sub(response.age.min(max_trust / 2));
        let hard_end = read.map_or(flight.sent_at + max_trust, |read| read.hard_end);
        let trust_until = flight.sent_at + self.policy.trust_for(lifetime).min(worth);
        let trust_until = trust_until.min(hard_end);
        if trust_until <= now.effective {
            return self.outlived(flight);
        }
        let unconfirmed = self.lease.as_ref().is_none_or(|lease| lease.hydrated);
        let grant = Grant {
            now,
            lifetime,
            trust_until,
            hard_end,
            validated_from: match read {
                Some(read) => read.at,
                None => response.validators.then_some(flight.sent_at),
            },
            first: unconfirmed || self.retry.failing || !flight.causes.is_planned(),
        };
        let lease = Lease::new(&self.policy, &mut self.rng, grant);
        self.lease = Some(lease.sooner(now, response.shared_for.min(lifetime / 2)));
        self.clock.close_mark();
        self.expired = false;
        self.retry = Retry::default();
        self.misses.release();
        self.demand.asked = false;
        self.beside = None;
        self.floor = None;
        self.distrusted = false;
        Answered::Confirmed
    }

    /// The answer is older than its trust. Through a freeze: that says nothing of the issuer.
    fn outlived(&mut self, flight: &Flight) -> Answered {
        if self.clock.frozen() > flight.frozen {
            self.again = Some(Again { causes: flight.causes, reason: flight.reason });
            return Answered::Outlived;
        }
        self.fail(flight, None);
        Answered::Failed
    }

    pub(super) fn fail(&mut self, flight: &Flight, retry_after: Option<Duration>) {
        let now = self.clock.effective();
        let automatic = flight.causes.automatic;
        self.retry.fail(&self.policy, &mut self.rng, now, automatic);
        if automatic && self.lease.is_some() && !self.policy.background_refresh() {
            self.beside = Some(flight.frozen);
        }
        if let Some(retry_after) = retry_after {
            let earned = flight.causes.only_misses();
            let trust_until = self.lease.as_ref().map(|lease| lease.trust_until);
            let serving_until = trust_until.filter(|&until| now < until);
            self.retry.obey_retry_after(now, retry_after, serving_until, earned);
            self.misses.obey_retry_after(now, retry_after, earned);
            if self.retry.manual_hold_until > now {
                self.manual.refresh = None;
            }
        }
        self.limit_cold_pause();
    }
}

/// What the last full reading of the held set allows.
#[derive(Clone, Copy, Debug)]
struct Reading {
    at: Option<Time>,
    hard_end: Time,
}
