//! The model as seen from now, so that states repeat.

use super::misses::past;
use super::people::People;
use super::retry::{Holds, Retry};
use super::span::{LONG_AGO, Ns, Span, Tri};
use super::{Flight, Hand, Held, Loads, Model};

impl Model {
    /// What decides about the future, with every moment counted from now.
    pub(crate) fn fingerprint(&self) -> String {
        let (t, e, b) = (self.clocks.t, self.clocks.e(), self.clocks.b());
        let frozen = self.clocks.frozen();
        let held = self.held.clone().map(|held| rebased_held(held, e, b, frozen));
        let held = held.map(|held| match self.policy.conditional_requests() {
            true => held,
            false => Held { read: None, validators: false, ..held },
        });
        let flight = self.flight.map(|flight| rebased_flight(flight, t, e, frozen));
        let Hand { refresh, reload, begun_b } = self.hand;
        let begun = past(begun_b.plus(super::span::SECOND - b));
        let loads = rebased_loads(self.loads, b, super::ns(self.policy.min_refresh_interval()));
        let mut people = rebased_people(self.people.clone(), e, frozen);
        if self.policy.idle_after().is_none() {
            (people.seen_e, people.late_e, people.sampled_e) = (Span::OVER, 0, 0);
        }
        let retry = rebased_retry(self.retry.clone(), e);
        let misses = self.misses.rebased(b);
        format!(
            "{:?} {held:?} {} {flight:?} {refresh:?} {reload} {begun:?} {loads:?} {misses:?} {} \
             {people:?} {retry:?}",
            self.clocks.rebased(),
            self.expired,
            self.again,
        )
    }
}

fn rebased_held(held: Held, e: Ns, b: Ns, frozen: Ns) -> Held {
    let Held { frozen: then, lifetime_end_e, trust_e, point_e, floor_b, read, .. } = held;
    let read = read.map(|mut read| {
        read.sent_e -= e;
        read.answered_e -= e;
        read
    });
    Held {
        frozen: then - frozen,
        lifetime_end_e: (lifetime_end_e - e).max(0),
        trust_e: trust_e.plus(-e),
        point_e: past(point_e.plus(-e)),
        floor_b: past(floor_b.plus(-b)),
        confirmed_b: 0,
        read,
        ..held
    }
}

fn rebased_flight(flight: Flight, t: Ns, e: Ns, frozen: Ns) -> (Ns, Ns, Ns, Tri, [bool; 3]) {
    let Flight { id: _, deadline_t, sent_e, frozen: then, automatic, by_hand, missed, conditional } =
        flight;
    (deadline_t - t, sent_e - e, then - frozen, automatic, [by_hand, missed, conditional])
}

fn rebased_loads(loads: Loads, b: Ns, least: Ns) -> Loads {
    let Loads { due, lost_b, begun_b } = loads;
    let lost_b = if due.may() { lost_b - b } else { 0 };
    Loads { due, lost_b, begun_b: past(begun_b.plus(least - b)) }
}

fn rebased_people(people: People, e: Ns, frozen: Ns) -> People {
    let People { waiting, asked, beside, seen_e, late_e, sampled_e } = people;
    // Frozen time has ended it, or may still.
    let beside = beside.map(|then| then.plus(-frozen)).filter(|then| then.hi >= 0);
    let (late_e, sampled_e) = (late_e - e, sampled_e - e);
    People { waiting, asked, beside, seen_e: seen_e.plus(-e), late_e, sampled_e }
}

fn rebased_retry(retry: Retry, e: Ns) -> Retry {
    let Retry { failures, pause_e, ended_e, hold, strikes } = retry;
    let Holds { automatic_e, by_hand_e, missed_e } = hold;
    let over = |moment: Ns| if moment <= e { LONG_AGO } else { moment - e };
    let pause_e = past(pause_e.plus(-e));
    let hold = Holds {
        automatic_e: over(automatic_e),
        by_hand_e: over(by_hand_e),
        missed_e: past(missed_e.plus(-e)),
    };
    let ended_e = if pause_e == Span::OVER { Span::OVER } else { ended_e.plus(-e) };
    Retry { failures, pause_e, ended_e, hold, strikes }
}
