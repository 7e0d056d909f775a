//! Where a waiting caller receives its answer.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::{Room, Turn};
use crate::cache::Error;
use crate::cache::sync::{Mutex, lock};

/// The answer to a caller: look at the keys again, with the rest of its budget, or an error.
pub(crate) type Answer = Result<Duration, Error>;

/// A caller in the room. It completes with the caller's answer; dropping it leaves the room.
#[must_use]
pub(crate) struct Ticket<'r> {
    pub(super) room: &'r Room,
    pub(super) id: u64,
    pub(super) came: u64,
    pub(super) slot: Arc<Slot>,
}

impl Future for Ticket<'_> {
    type Output = Result<Turn, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = self.slot.poll(cx);
        answer.map(|answer| Ok(Turn { came: Some(self.came), left: answer? }))
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.room.leave(self.id);
    }
}

/// Where an answer is put, and the waker of the caller who waits for it.
///
/// No waker is cloned, dropped or woken under the lock: what a waker does is its executor's code,
/// and may come back here.
#[derive(Default)]
pub(crate) struct Slot(Mutex<State>);

#[derive(Default)]
enum State {
    Answered(Answer),
    #[default]
    Empty,
    Waiting(Waker),
}

impl Slot {
    fn poll(&self, cx: &Context<'_>) -> Poll<Answer> {
        if matches!(&*lock(&self.0), State::Waiting(waker) if waker.will_wake(cx.waker())) {
            return Poll::Pending;
        }
        let mut waker = Some(cx.waker().clone());
        let mut state = lock(&self.0);
        let next = match *state {
            State::Answered(_) => State::Empty,
            State::Empty | State::Waiting(_) => waker.take().map_or(State::Empty, State::Waiting),
        };
        let last = std::mem::replace(&mut *state, next);
        drop(state);
        match last {
            State::Answered(answer) => Poll::Ready(answer),
            State::Empty | State::Waiting(_) => Poll::Pending,
        }
    }

    /// Puts the answer there, and gives back who is to be woken for it.
    fn fill(&self, answer: Answer) -> Option<Waker> {
        let last = std::mem::replace(&mut *lock(&self.0), State::Answered(answer));
        match last {
            State::Waiting(waker) => Some(waker),
            State::Answered(_) | State::Empty => None,
        }
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").finish_non_exhaustive()
    }
}

/// Answers that are decided, to be given out when no lock is held.
#[derive(Debug, Default)]
pub(crate) struct Answers(Vec<(Arc<Slot>, Answer)>);

impl Answers {
    pub(super) fn push(&mut self, slot: Arc<Slot>, answer: Answer) {
        self.0.push((slot, answer));
    }

    /// Gives them out: all are in their places before the first caller is woken, and a waker that
    /// panics keeps none from being woken.
    pub(crate) fn give(&mut self) {
        let answers = self.0.drain(..);
        let wakers: Vec<_> = answers.filter_map(|(slot, answer)| slot.fill(answer)).collect();
        for waker in wakers {
            let _panicked = catch_unwind(AssertUnwindSafe(|| waker.wake()));
        }
    }
}
