//! How many callers wait, for all issuers together.

use std::sync::Arc;

use crate::cache::sync::{AtomicUsize, Ordering};

/// Ordering: `Relaxed`. It is a count, and no data goes with it.
#[derive(Debug)]
pub(in crate::verify) struct Seats {
    taken: AtomicUsize,
    most: usize,
}

/// One of them. Dropping it gives it back.
#[derive(Debug)]
pub(in crate::verify) struct Seat(Arc<Seats>);

impl Seats {
    pub(super) const fn new(most: usize) -> Self {
        Self { taken: AtomicUsize::new(0), most }
    }

    /// A seat, if there is one left.
    pub(in crate::verify) fn take(self: &Arc<Self>) -> Option<Seat> {
        let more = |taken: usize| (taken < self.most).then(|| taken + 1);
        let taken = self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        taken.is_ok().then(|| Seat(Arc::clone(self)))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}
