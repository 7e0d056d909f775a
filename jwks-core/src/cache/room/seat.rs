//! A waiting caller: what it lacks, and for how long it waits.

use std::sync::Arc;
use std::time::Duration;

use super::ticket::{Answer, Slot};
use crate::refresh::{Miss, Time};

/// What a caller lacks in the keys it has looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Lack {
    /// A fresh set: the lifetime of the one that it looked at is over, by time or by uses.
    Fresh,
    /// A key: none has its kid, or none made the signature of its token.
    Key(Miss),
    /// Any keys: no set is held, or none that is trusted.
    Keys,
    /// A refresh by hand, which begins after the call.
    Refresh,
}

/// A caller at the door of the [`Room`](super::Room).
#[derive(Debug)]
pub(crate) struct Waiter {
    pub(crate) lack: Lack,
    /// The kid it wants a key of, if it names one.
    pub(crate) kid: Option<Box<str>>,
    /// The publication that it has looked at.
    pub(crate) generation: u64,
    pub(crate) turn: Turn,
}

/// How far a caller has come: as it comes to wait, and as it has waited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Turn {
    /// The number of the last fetch that had begun when it first came to wait; none if it has not
    /// waited yet.
    pub(crate) came: Option<u64>,
    /// What is left of its budget.
    pub(crate) left: Duration,
}

/// A caller in the room.
#[derive(Debug)]
pub(crate) struct Seat {
    /// What it lacks as things stand.
    pub(crate) lack: Lack,
    pub(crate) kid: Option<Box<str>>,
    pub(crate) generation: u64,
    /// The number of the last fetch that had begun when it came: a later one is its own.
    pub(crate) came: u64,
    /// When its budget ends; the end of time until the driver has seen it.
    pub(crate) until: Time,
    /// Whether it waits for a fetch for its kid that has not begun.
    pub(crate) undecided: bool,
    pub(super) budget: Duration,
    pub(super) slot: Arc<Slot>,
    /// The number of the last fetch that had begun when it was counted as undecided.
    pub(super) counted: Option<u64>,
}

/// How many callers lack what.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Tally {
    pub(crate) fresh: usize,
    pub(crate) keys: usize,
    pub(crate) misses: usize,
    pub(crate) refreshes: usize,
    /// Of the misses, those who wait for a fetch that has not begun.
    pub(crate) undecided: usize,
}

impl Seat {
    /// What is left of the budget.
    pub(crate) fn left(&self, now: Time) -> Duration {
        self.until.saturating_since(now)
    }
}

impl Tally {
    /// Those who wait because keys are missing, or their lifetime is over.
    pub(crate) const fn demand(&self) -> usize {
        self.fresh + self.keys
    }

    /// Asks `decide` about a caller; it stays in the tally unless it gets an answer.
    pub(super) fn decide(
        &mut self,
        seat: &mut Seat,
        begun: u64,
        decide: impl FnOnce(&mut Seat, &Self) -> Option<Answer>,
    ) -> Option<Answer> {
        self.remove(seat, begun);
        seat.undecided = false;
        let answer = decide(seat, self);
        if answer.is_none() {
            *self.count(seat.lack) += 1;
            seat.counted = seat.undecided.then_some(begun);
            self.undecided += usize::from(seat.undecided);
        }
        answer
    }

    pub(super) fn remove(&mut self, seat: &Seat, begun: u64) {
        *self.count(seat.lack) -= 1;
        self.undecided -= usize::from(seat.counted == Some(begun));
    }

    pub(super) const fn count(&mut self, lack: Lack) -> &mut usize {
        match lack {
            Lack::Fresh => &mut self.fresh,
            Lack::Key(_) => &mut self.misses,
            Lack::Keys => &mut self.keys,
            Lack::Refresh => &mut self.refreshes,
        }
    }
}
