//! The drivers of one handle. More of them come when issuers are added.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};

use super::Driver;
use super::shared::Shared;
use super::start::{BuildError, Env, Start};
use crate::cache::sync::{Mutex, lock};

/// The drivers that an adapter has to run for one handle. More of them can come later; no more come
/// after the last clone of the handle is dropped.
///
/// Take those that exist with [`take_ready`](Self::take_ready), and wait for more with
/// [`next`](Self::next). Run each of them, in its own task or [together], from the moment that you
/// take it. If you drop this value, callers of the drivers that you did not take get an error which
/// says that no driver was ever run.
///
/// [together]: crate::adapter::together
#[must_use = "without its drivers no key is ever fetched"]
pub struct Drivers {
    queue: Arc<Queue>,
    /// The caches whose drivers were taken.
    taken: Vec<Weak<Shared>>,
}

/// The sending side of [`Drivers`], kept by the handle. Dropping it ends them.
pub(crate) struct DriverSource(Arc<Queue>);

#[derive(Default)]
struct Queue(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: VecDeque<Driver>,
    /// The handle is gone: no more drivers come.
    ended: bool,
    /// The receiving side is gone: drivers are not taken any more.
    closed: bool,
    task: Option<Waker>,
}

impl Drivers {
    /// Waits for the next driver. `None` if every handle is gone, so no more will come.
    pub async fn next(&mut self) -> Option<Driver> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Like [`next`](Self::next), for futures that are written by hand.
    pub fn poll_next(&mut self, cx: &Context<'_>) -> Poll<Option<Driver>> {
        let task = cx.waker().clone();
        let (next, old) = {
            let mut state = lock(&self.queue.0);
            match state.waiting.pop_front() {
                Some(driver) => (Poll::Ready(Some(driver)), None),
                None if state.ended => (Poll::Ready(None), state.task.take()),
                None => (Poll::Pending, state.task.replace(task)),
            }
        };
        // A waker is foreign code, so it is called outside of the lock.
        drop(old);
        if let Poll::Ready(Some(driver)) = &next {
            self.note_taken(driver);
        }
        next
    }

    /// The drivers that exist now, in the order in which their issuers were configured.
    pub fn take_ready(&mut self) -> Vec<Driver> {
        let ready = std::mem::take(&mut lock(&self.queue.0).waiting);
        ready.iter().for_each(|driver| self.note_taken(driver));
        ready.into()
    }

    /// Whether no more drivers will come. For a bare key cache, this is true from the start.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        let state = lock(&self.queue.0);
        state.ended && state.waiting.is_empty()
    }

    /// The source, and where the drivers come from.
    pub(crate) fn new() -> (DriverSource, Self) {
        let queue = Arc::new(Queue::default());
        (DriverSource(Arc::clone(&queue)), Self { queue, taken: Vec::new() })
    }

    /// The caches of the drivers that were taken and live still.
    pub(crate) fn caches(&self) -> impl Iterator<Item = Arc<Shared>> {
        self.taken.iter().filter_map(Weak::upgrade)
    }

    fn note_taken(&mut self, driver: &Driver) {
        if self.taken.len() == self.taken.capacity() {
            self.taken.retain(|cache| cache.strong_count() > 0);
        }
        self.taken.extend(driver.weak());
    }
}

impl DriverSource {
    /// Gives this driver to the adapter. If there is none any more, the driver is dropped, which
    /// tells its callers.
    pub(crate) fn add(&self, driver: Driver) {
        let mut driver = Some(driver);
        let (task, over) = {
            let mut state = lock(&self.0.0);
            // Issuers may come and go while nobody takes the drivers.
            let full = state.waiting.len() == state.waiting.capacity();
            let over = if full { state.take_over() } else { Vec::new() };
            if !state.closed {
                state.waiting.extend(driver.take());
            }
            (state.task.take(), over)
        };
        drop(over);
        wake(task);
    }
}

impl State {
    /// The drivers that have nothing left to do.
    fn take_over(&mut self) -> Vec<Driver> {
        let all = std::mem::take(&mut self.waiting);
        let (over, waiting): (Vec<_>, Vec<_>) = all.into_iter().partition(Driver::is_over);
        self.waiting = waiting.into();
        over
    }
}

impl Start for Drivers {
    type Handle = ();

    fn build(self, _env: Env) -> Result<((), Drivers), BuildError> {
        Ok(((), self))
    }
}

impl Drop for DriverSource {
    fn drop(&mut self) {
        let task = {
            let mut state = lock(&self.0.0);
            state.ended = true;
            state.task.take()
        };
        wake(task);
    }
}

impl Drop for Drivers {
    fn drop(&mut self) {
        let left = {
            let mut state = lock(&self.queue.0);
            state.closed = true;
            (std::mem::take(&mut state.waiting), state.task.take())
        };
        // Outside of the lock: each tells its callers, and they are foreign code.
        drop(left);
    }
}

impl fmt::Debug for Drivers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = lock(&self.queue.0).waiting.len();
        f.debug_struct("Drivers").field("waiting", &waiting).finish_non_exhaustive()
    }
}

impl fmt::Debug for DriverSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DriverSource").finish_non_exhaustive()
    }
}

fn wake(task: Option<Waker>) {
    if let Some(task) = task {
        task.wake();
    }
}
