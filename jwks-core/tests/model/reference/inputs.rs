//! What happens to a cache, other than answers.

use std::time::Duration;

use jwks_core::refresh::{Miss, Time};

use super::Model;
use super::misses::place;
use super::span::{Check, Span, Tri, ns, ns_of, rule};

impl Model {
    pub(crate) fn wall_clock(&mut self, now: Time, wall: Duration) {
        self.tell(now);
        let before = self.clocks.frozen();
        self.clocks.wall(ns(wall));
        if self.clocks.frozen() > before {
            self.people.late_e = self.clocks.e();
        }
    }

    pub(crate) fn usage(&mut self, now: Time, used: u64) {
        self.tell(now);
        if used > 0 {
            self.people.seen_e = Span::at(self.clocks.e());
        }
        let e = self.clocks.e();
        if let Some(held) = &mut self.held {
            held.add_usage(used, e);
        }
    }

    /// Ignored unless a set is held and no fetch is in flight: a miss waits for that fetch first.
    pub(crate) fn miss(&mut self, now: Time, class: Miss) {
        self.tell(now);
        let late = self
            .flight
            .map_or(Tri::Yes, |flight| Tri::between(false, flight.deadline_t <= self.clocks.t));
        let serves = match self.serves() {
            Tri::No if self.held.is_some() => Tri::Maybe,
            serves => serves,
        };
        let remembered = &mut self.misses.remembered[place(class)];
        *remembered = remembered.or(late.and(serves));
    }

    pub(crate) fn demand(&mut self, now: Time, waiting: u64) {
        self.tell(now);
        if waiting > 0 {
            self.people.seen_e = Span::at(self.clocks.e());
        } else if self.people.waiting > 0 {
            self.people.seen_e.hi = self.clocks.e();
        }
        self.people.waiting = waiting;
        self.shorten_cold_pause();
    }

    /// One attempt; while a set lives there is nothing to ask for.
    pub(crate) fn ask(&mut self, now: Time) {
        self.tell(now);
        let e = self.clocks.e();
        self.people.seen_e = Span::at(e);
        let heard = match &self.held {
            Some(held) if !self.policy.background_refresh() => {
                let early = held.floor_b.over(self.clocks.b()) != Tri::Yes;
                Tri::between(!early && held.spent(&self.policy, e), held.spent(&self.policy, e))
            }
            // There are keys, and more to come without being asked for. Whether an ask counts that
            // finds their lifetime over is not said.
            Some(held) => Tri::between(false, held.spent(&self.policy, e)),
            None => Tri::Yes,
        };
        // The fetch in flight serves it; whether another attempt follows is not said.
        let heard = if self.flight.is_some() { heard.and(Tri::Maybe) } else { heard };
        self.people.asked = self.people.asked.or(heard);
        self.shorten_cold_pause();
    }

    /// Rule 1, from the moment somebody waits or asks. Whether the pause is as long as it was when
    /// nobody waits any more is not said.
    pub(crate) fn shorten_cold_pause(&mut self) {
        if self.held.is_none() && self.people.want().may() {
            let longest = self.retry.ended_e.plus(ns(self.policy.cold_retry_max()));
            let pause = self.retry.pause_e;
            self.retry.pause_e = pause.either(pause.or(longest));
        }
    }

    /// Rule 3: somebody was given the stale set, because its own budget ended.
    pub(crate) fn stale_given(&mut self, now: Time) {
        self.tell(now);
        let frozen = self.clocks.frozen();
        let e = self.clocks.e();
        let spent = self.held.as_ref().is_some_and(|held| held.spent(&self.policy, e));
        if !self.policy.background_refresh() && spent && self.serves().may() {
            // Which attempt was too slow: one for the lifetime, or whichever was in flight.
            let begun = self.flight.map_or_else(
                || Span::at(frozen),
                |flight| {
                    let latest = if flight.automatic.must() { flight.frozen } else { frozen };
                    Span::between(flight.frozen, latest)
                },
            );
            let before = self.people.beside.unwrap_or(begun);
            self.people.beside = Some(before.and(begun));
        }
    }

    /// Rule 11. Inside a `Retry-After` it is refused, until its end.
    pub(crate) fn refresh(&mut self, now: Time, result: Result<(), Time>) -> Check {
        self.tell(now);
        let until = self.clocks.when_e(Span::at(self.retry.hold.by_hand_e)).lo;
        let allowed = match result {
            Ok(()) => until <= self.clocks.t,
            Err(shown) => until > self.clocks.t && ns_of(shown) == until,
        };
        rule!(
            "rule 11: a refresh by hand is refused inside a Retry-After alone",
            allowed,
            "{result:?} at {}, held until {until}",
            self.clocks.t
        );
        if result.is_ok() {
            self.hand.refresh = Tri::Yes;
        }
        Ok(())
    }

    /// Rule 11: a fetch begun earlier publishes nothing.
    pub(crate) fn invalidate(&mut self, now: Time) {
        self.tell(now);
        if self.flight.take().is_some() {
            self.retry.ended_e.hi = self.clocks.e();
        }
        // The reload serves those who have asked.
        self.people.asked = self.people.asked.and(Tri::Maybe);
        self.lose(false);
        self.hand.reload = true;
        self.again = None;
        // The load is the hand's now; what held it before may still hold the machine's own.
        self.loads.due = self.loads.due.and(Tri::Maybe);
    }

    /// Rule 13: a reader, or the driver, saw the wall clock pass the end of trust.
    pub(crate) fn distrust(&mut self, now: Time) {
        self.tell(now);
        if self.held.is_some() {
            self.lose(true);
            self.loads.due = Tri::Yes;
            self.loads.lost_b = self.clocks.b();
        }
    }
}
