//! Callers who wait, as the driver receives them.

use std::time::Duration;

use futures_channel::oneshot;

use super::Error;

/// What a caller waits for.
#[derive(Clone, Debug)]
pub(crate) enum Need {
    /// The lifetime of the set of this generation is over.
    Fresh(u64),
    /// No set is held.
    Keys,
    /// The held set lacks this kid.
    Kid(Box<str>),
    /// A fetch that begins after the call.
    Refresh,
}

/// What a caller who has waited may do now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Pass {
    /// Use the held set whatever its age: the fetch has failed, or the wait was long enough.
    pub(crate) stale: bool,
    /// What is left of the caller's budget.
    pub(crate) left: Duration,
}

#[derive(Debug)]
pub(crate) struct Waiter {
    pub(crate) need: Need,
    pub(crate) budget: Duration,
    pub(crate) answer: oneshot::Sender<Result<Pass, Error>>,
}

impl Waiter {
    pub(crate) fn new(
        need: Need,
        budget: Duration,
    ) -> (Self, oneshot::Receiver<Result<Pass, Error>>) {
        let (answer, outcome) = oneshot::channel();
        (Self { need, budget, answer }, outcome)
    }
}
