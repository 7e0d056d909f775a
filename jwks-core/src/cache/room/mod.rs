//! The room where callers wait for keys.
//!
//! A caller enters by itself, under one short lock, and leaves by itself when its future is
//! dropped, whether or not the driver is polled. The driver looks at new callers, at those whose
//! budget ends, and at all of them only when something has happened to all. Each of these costs
//! O(log n) per caller.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::sync::{Mutex, lock};
use crate::refresh::Time;

mod seat;
#[cfg(test)]
mod tests;
mod ticket;

pub(crate) use seat::{Lack, Seat, Tally, Turn, Waiter};
use ticket::Slot;
pub(crate) use ticket::{Answer, Answers, Ticket};

pub(crate) struct Room {
    seats: Mutex<Seats>,
    most: usize,
}

#[derive(Default)]
struct Seats {
    /// By the order of their coming.
    callers: BTreeMap<u64, Seat>,
    /// Those whose budget ends, by that time.
    deadlines: BTreeSet<(Time, u64)>,
    tally: Tally,
    /// The last who came.
    last: u64,
    /// The last caller that the driver has looked at.
    seen: u64,
    /// How many fetches have begun.
    begun: u64,
    closed: bool,
}

/// Why a caller may not come in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Refusal {
    /// The driver is gone.
    Closed,
    /// Too many wait already.
    Full,
}

/// Which callers the driver looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whom {
    /// Those who have been seen before.
    All,
    /// Those who have come since the last look; their budgets count from this time.
    Arrivals(Time),
    /// Those whose budget has ended by this time.
    Due(Time),
}

impl Room {
    /// A room for so many callers.
    pub(crate) fn new(most: usize) -> Self {
        Self { seats: Mutex::default(), most }
    }

    /// The most callers who may miss a key: half of all, so that strangers with unknown kids never
    /// take the places of those who wait for keys.
    pub(crate) const fn most_misses(&self) -> usize {
        self.most.div_ceil(2)
    }

    pub(crate) fn enter(&self, waiter: Waiter) -> Result<Ticket<'_>, Refusal> {
        let Waiter { lack, kid, generation, turn } = waiter;
        let slot = Arc::new(Slot::default());
        let mut seats = lock(&self.seats);
        if seats.closed {
            return Err(Refusal::Closed);
        }
        let crowded = matches!(lack, Lack::Key(_)) && seats.tally.misses >= self.most_misses();
        if crowded || seats.callers.len() >= self.most {
            return Err(Refusal::Full);
        }
        seats.last += 1;
        let (id, came) = (seats.last, turn.came.unwrap_or(seats.begun));
        *seats.tally.count(lack) += 1;
        let seat = Seat {
            lack,
            kid,
            generation,
            came,
            until: Time::MAX,
            undecided: false,
            budget: turn.left,
            slot: Arc::clone(&slot),
            counted: None,
        };
        seats.callers.insert(id, seat);
        drop(seats);
        Ok(Ticket { room: self, id, came, slot })
    }

    /// A fetch begins: those who are here wait for one that has begun. Gives its number.
    pub(crate) fn begin_fetch(&self) -> u64 {
        let mut seats = lock(&self.seats);
        seats.tally.undecided = 0;
        seats.begun += 1;
        seats.begun
    }

    /// Asks `decide` about each of these callers, in the order of their coming (those who are due,
    /// in that of their budgets' ends); those about whom it is sure leave with their answer. The
    /// tally that it sees is of all others.
    pub(crate) fn look_at(
        &self,
        whom: Whom,
        answers: &mut Answers,
        decide: impl FnMut(&mut Seat, &Tally) -> Option<Answer>,
    ) {
        let mut seats = lock(&self.seats);
        match whom {
            Whom::All => seats.look_at_all(answers, decide),
            Whom::Arrivals(now) => seats.look_at_arrivals(now, answers, decide),
            Whom::Due(at) => seats.look_at_due(at, answers, decide),
        }
    }

    /// The kids that callers wait for, of those that are `missing`: at most so many.
    pub(crate) fn kids(&self, most: usize, missing: impl Fn(&str) -> bool) -> BTreeSet<Box<str>> {
        let seats = lock(&self.seats);
        let mut kids = BTreeSet::new();
        for kid in seats.callers.values().filter_map(|seat| seat.kid.as_deref()) {
            if kids.len() >= most {
                break;
            }
            if missing(kid) {
                kids.insert(kid.into());
            }
        }
        kids
    }

    pub(crate) fn tally(&self) -> Tally {
        lock(&self.seats).tally
    }

    /// When the next budget ends.
    pub(crate) fn next_deadline(&self) -> Option<Time> {
        lock(&self.seats).deadlines.first().map(|(until, _)| *until)
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        lock(&self.seats).callers.len()
    }

    /// Lets nobody in any more.
    pub(crate) fn close(&self) {
        let mut seats = lock(&self.seats);
        seats.closed = true;
        seats.seen = seats.last;
    }

    /// Lets nobody in any more, and gives all who are here this answer.
    pub(crate) fn dismiss(&self, answers: &mut Answers, mut answer: impl FnMut() -> Answer) {
        let mut seats = lock(&self.seats);
        seats.closed = true;
        seats.seen = seats.last;
        seats.look_at_all(answers, |_, _| Some(answer()));
    }

    fn leave(&self, id: u64) {
        // Dropped when the lock is released.
        let _seat = lock(&self.seats).remove(id);
    }
}

impl Seats {
    fn look_at_arrivals(
        &mut self,
        now: Time,
        answers: &mut Answers,
        mut decide: impl FnMut(&mut Seat, &Tally) -> Option<Answer>,
    ) {
        let Self { callers, deadlines, tally, begun, last, seen, .. } = self;
        let mut leaving = Vec::new();
        for (id, seat) in callers.range_mut(*seen + 1..) {
            seat.until = now + seat.budget;
            match tally.decide(seat, *begun, &mut decide) {
                Some(answer) => leaving.push((*id, answer)),
                None if seat.until < Time::MAX => _ = deadlines.insert((seat.until, *id)),
                None => {}
            }
        }
        *seen = *last;
        for (id, answer) in leaving {
            if let Some(seat) = self.callers.remove(&id) {
                answers.push(seat.slot, answer);
            }
        }
    }

    /// Most leave, so that those who stay are put together anew.
    fn look_at_all(
        &mut self,
        answers: &mut Answers,
        mut decide: impl FnMut(&mut Seat, &Tally) -> Option<Answer>,
    ) {
        let unseen = self.callers.split_off(&(self.seen + 1));
        let (mut staying, mut deadlines) = (Vec::new(), Vec::new());
        for (id, mut seat) in std::mem::take(&mut self.callers) {
            match self.tally.decide(&mut seat, self.begun, &mut decide) {
                Some(answer) => answers.push(seat.slot, answer),
                None => {
                    if seat.until < Time::MAX {
                        deadlines.push((seat.until, id));
                    }
                    staying.push((id, seat));
                }
            }
        }
        self.callers = staying.into_iter().chain(unseen).collect();
        self.deadlines = deadlines.into_iter().collect();
    }

    fn look_at_due(
        &mut self,
        at: Time,
        answers: &mut Answers,
        mut decide: impl FnMut(&mut Seat, &Tally) -> Option<Answer>,
    ) {
        let later = self.deadlines.split_off(&(at, u64::MAX));
        let due = std::mem::replace(&mut self.deadlines, later);
        for (until, id) in due {
            let Some(seat) = self.callers.get_mut(&id) else { continue };
            match self.tally.decide(seat, self.begun, &mut decide) {
                Some(answer) => {
                    if let Some(seat) = self.callers.remove(&id) {
                        answers.push(seat.slot, answer);
                    }
                }
                None => _ = self.deadlines.insert((until, id)),
            }
        }
    }

    fn remove(&mut self, id: u64) -> Option<Seat> {
        let seat = self.callers.remove(&id)?;
        self.deadlines.remove(&(seat.until, id));
        self.tally.remove(&seat, self.begun);
        Some(seat)
    }
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room").field("tally", &self.tally()).finish_non_exhaustive()
    }
}
