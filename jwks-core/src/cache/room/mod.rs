//! The room where callers wait for keys.
//!
//! A caller comes in by itself, under one short lock, and leaves by itself when its future is
//! dropped, whether or not the driver is polled. The driver looks at those who have come since its
//! last look, at those whose budget ends, and at all of them only when something has happened to
//! them. Each of these costs O(log n) for each caller that is looked at.

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
    /// The last whom the driver has looked at.
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

/// At whom the driver looks.
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

    /// Asks `decide` about each of these callers; those about whom it is sure leave with their
    /// answer. The tally that it sees is of all others.
    pub(crate) fn look_at(
        &self,
        whom: Whom,
        answers: &mut Answers,
        mut decide: impl FnMut(&mut Seat, &Tally) -> Option<Answer>,
    ) {
        let mut seats = lock(&self.seats);
        for id in seats.ids(whom) {
            if let Some((slot, answer)) = seats.decide(id, whom, &mut decide) {
                answers.push(slot, answer);
            }
        }
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

    fn leave(&self, id: u64) {
        // Dropped when the lock is released.
        let _seat = lock(&self.seats).remove(id);
    }
}

impl Seats {
    fn ids(&mut self, whom: Whom) -> Vec<u64> {
        match whom {
            Whom::All => self.callers.range(..=self.seen).map(|(id, _)| *id).collect(),
            Whom::Arrivals(_) => {
                let seen = std::mem::replace(&mut self.seen, self.last);
                self.callers.range(seen + 1..).map(|(id, _)| *id).collect()
            }
            Whom::Due(at) => self.deadlines.range(..=(at, u64::MAX)).map(|(_, id)| *id).collect(),
        }
    }

    fn decide(
        &mut self,
        id: u64,
        whom: Whom,
        decide: impl FnOnce(&mut Seat, &Tally) -> Option<Answer>,
    ) -> Option<(Arc<Slot>, Answer)> {
        let seat = self.callers.get_mut(&id)?;
        if let Whom::Arrivals(now) = whom {
            seat.until = now + seat.budget;
            if seat.until < Time::MAX {
                self.deadlines.insert((seat.until, id));
            }
        }
        self.tally.remove(seat, self.begun);
        seat.undecided = false;
        let answer = decide(seat, &self.tally);
        self.tally.add(seat, self.begun);
        let answer = answer?;
        self.remove(id).map(|seat| (seat.slot, answer))
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
