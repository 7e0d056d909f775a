//! Wakers that count.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

#[derive(Default)]
pub(crate) struct Flag {
    wakes: AtomicUsize,
    seen: AtomicUsize,
}

impl Flag {
    pub(crate) fn waker(self: &Arc<Self>) -> Waker {
        Waker::from(Arc::clone(self))
    }

    /// How often it has been woken.
    pub(crate) fn wakes(&self) -> usize {
        self.wakes.load(Ordering::Relaxed)
    }

    /// Whether it has been woken since the last call.
    pub(crate) fn take(&self) -> bool {
        let wakes = self.wakes();
        self.seen.swap(wakes, Ordering::Relaxed) != wakes
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.wakes.fetch_add(1, Ordering::Relaxed);
    }
}
