//! `handle_timeout`: what is over is noticed, and what is due begins.

use jwks_core::refresh::{FetchStart, Time};

use super::causes::Kind;
use super::retry::Failure;
use super::span::{Check, Span, Tri, ns_of, rule};
use super::{Flight, Model};

impl Model {
    pub(crate) fn timeout(&mut self, now: Time, started: Option<FetchStart>) -> Check {
        self.tell(now);
        self.notice();
        self.people.sampled_e = self.clocks.e();
        match started {
            Some(start) => self.begin(start),
            None => self.nothing_begins(),
        }
    }

    /// The ends of the attempt and of the trust, both on one instant if so.
    fn notice(&mut self) {
        if let Some(flight) = self.flight.filter(|flight| flight.deadline_t <= self.clocks.t) {
            self.flight = None;
            self.fail(flight, None);
        }
        // Where the end is not known exactly, the machine has shown it before.
        if self.held.is_some() && self.serves() == Tri::No {
            self.expire();
        }
    }

    /// Rule 13: an expiry by frozen time is one that would not have come by the adapter's.
    fn expire(&mut self) {
        let Some(held) = &self.held else { return };
        let by_itself = held.trust_e.plus(-held.frozen).over(self.clocks.t);
        let frozen = self.clocks.frozen() > held.frozen;
        let by_frozen_time = Tri::between(frozen && by_itself == Tri::No, frozen);
        self.lose(true);
        if by_frozen_time.may() {
            self.loads.due = by_frozen_time;
            self.loads.lost_b = self.clocks.b();
        }
    }

    /// The set is gone, and what depends on it.
    pub(crate) fn lose(&mut self, expired: bool) {
        self.held = None;
        self.expired = expired;
        self.misses.forget();
        self.people.beside = None;
        self.retry.lose_set(self.clocks.e());
        self.shorten_cold_pause();
    }

    pub(crate) fn fail(&mut self, flight: Flight, retry_after: Option<core::time::Duration>) {
        let e = self.clocks.e();
        let serves_for = match (&self.held, self.serves()) {
            (Some(held), serves) if serves.may() => Some(held.trust_e.hi - e),
            _ => None,
        };
        let automatic = match flight.automatic {
            // What the machine shows decides.
            Tri::Maybe => self.shown.failures > self.retry.failures,
            known => known.must(),
        };
        let missed_alone = flight.missed && !automatic && !flight.by_hand;
        self.shown.missed_alone = missed_alone;
        let failure = Failure { e, automatic, missed_alone, retry_after, serves_for };
        self.retry.fail(&self.policy, failure);
        self.shorten_cold_pause();
        if self.retry.hold.by_hand_e > e {
            // Inside a Retry-After it is refused.
            self.hand.refresh = Tri::No;
        }
        let spent = self.held.as_mut().is_some_and(|held| {
            held.failed_since = true;
            held.spent(&self.policy, e)
        });
        // Rule 3: an attempt is one for the lifetime.
        if spent && automatic && !self.policy.background_refresh() {
            self.people.beside = Some(Span::at(flight.frozen));
        }
    }

    fn nothing_begins(&self) -> Check {
        if self.flight.is_some() {
            return Ok(());
        }
        for cause in self.causes() {
            let rule = match cause.kind {
                Kind::Again => "rule 13: an outlived answer is asked for again at once",
                Kind::Automatic if self.held.is_none() => "rule 1: a load begins when it may",
                Kind::Automatic if self.policy.background_refresh() => {
                    "rule 2: a refresh ahead begins when it is due"
                }
                Kind::Automatic => "rule 3: one fetch begins when the lifetime is found over",
                Kind::ByHand => "rule 11: a refresh by hand runs as soon as it may",
                Kind::Missed => "rule 6: a miss causes a fetch as soon as its budget allows",
            };
            let due = cause.wanted.must() && cause.when_t.hi <= self.clocks.t;
            rule!(rule, !due, "nothing begins at {}, though {cause:?}", self.clocks.t);
        }
        Ok(())
    }

    pub(crate) fn tell(&mut self, now: Time) {
        let now = ns_of(now);
        if self.shown_deadline_t().is_some_and(|deadline| deadline < now) {
            self.clocks.tell(now);
            self.people.late_e = self.clocks.e();
        }
        self.clocks.tell(now);
    }
}
