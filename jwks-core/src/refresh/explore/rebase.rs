//! The reference as seen from now, so that states repeat.

use super::reference::clocks::Clocks;
use super::reference::held::Held;
use super::reference::misses::Misses;
use super::reference::people::People;
use super::reference::retry::{Holds, Retry};
use super::reference::span::{LONG_AGO, MINUTE, Ns, SECOND, Span, Tri, ns};
use super::reference::{Flight, Hand, Loads, Model};
use super::scene::FAILURES;

/// What of it decides about the future, with every moment counted from now.
pub(super) fn of(model: &Model) -> String {
    let policy = &model.policy;
    let (t, e, b) = (model.clocks.t, model.clocks.e(), model.clocks.b());
    let frozen = model.clocks.frozen();
    let held = model.held.clone().map(|held| rebased_held(held, e, b, frozen));
    // Only conditional requests depend on when a response was read.
    let held = held.map(|held| match policy.conditional_requests() {
        true => held,
        false => Held { read: None, validators: false, ..held },
    });
    let flight = model.flight.map(|flight| rebased_flight(flight, t, e, frozen));
    let Hand { refresh, reload, begun_b } = model.hand;
    let hand = (refresh, reload, past(begun_b.plus(SECOND - b)));
    let loads = rebased_loads(model.loads, b, ns(policy.min_refresh_interval()));
    let mut people = rebased_people(model.people.clone(), e, frozen);
    if policy.idle_after().is_none() {
        (people.seen_e, people.late_e, people.sampled_e) = (Span::OVER, 0, 0);
    }
    let retry = rebased_retry(model.retry.clone(), e);
    let misses = rebased_misses(model.misses.clone(), b);
    let clocks = rebased_clocks(model.clocks);
    let (expired, again) = (model.expired, model.again);
    format!(
        "{clocks:?} {held:?} {expired} {flight:?} {hand:?} {loads:?} {misses:?} {again:?} {people:?} \
         {retry:?}"
    )
}

/// How far the wall clock is below its marks still matters.
fn rebased_clocks(clocks: Clocks) -> Clocks {
    let Clocks { t: _, first, last, base, mark, closed: _, high } = clocks;
    let below = last - first.unwrap_or(last);
    let (first, base, high) = (first.map(|_| 0), base - last, high - below);
    Clocks { t: 0, first, last: 0, base, mark, closed: 0, high }
}

fn rebased_held(held: Held, e: Ns, b: Ns, frozen: Ns) -> Held {
    let Held {
        frozen: then,
        lifetime_end_e,
        trust_e,
        point_e,
        floor_b,
        usage_floor_b,
        usage_due_e,
        read,
        ..
    } = held;
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
        usage_floor_b: past(usage_floor_b.plus(-b)),
        usage_due_e: past(usage_due_e.plus(-e)),
        confirmed_b: 0,
        read,
        ..held
    }
}

fn rebased_flight(flight: Flight, t: Ns, e: Ns, frozen: Ns) -> (Ns, Ns, Ns, Tri, [bool; 3]) {
    let Flight { id: _, deadline_t, sent_e, automatic, by_hand, missed, conditional, .. } = flight;
    let flags = [by_hand, missed, conditional];
    (deadline_t - t, sent_e - e, flight.frozen - frozen, automatic, flags)
}

fn rebased_loads(loads: Loads, b: Ns, least: Ns) -> Loads {
    let Loads { due, lost_b, begun_b } = loads;
    let lost_b = if due.may() { lost_b - b } else { 0 };
    Loads { due, lost_b, begun_b: past(begun_b.plus(least - b)) }
}

fn rebased_misses(misses: Misses, b: Ns) -> Misses {
    let Misses { remembered, paid_b, begun_b } = misses;
    let begun_b = begun_b.map(|begun| past(begun.plus(MINUTE - b)));
    Misses { remembered, paid_b: past(paid_b.plus(-b)), begun_b }
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
    Retry { failures: failures.min(FAILURES), pause_e, ended_e, hold, strikes }
}

/// What is over is over, however long.
fn past(span: Span) -> Span {
    let end = |moment: Ns| if moment <= 0 { LONG_AGO } else { moment };
    Span { lo: end(span.lo), hi: end(span.hi) }
}
