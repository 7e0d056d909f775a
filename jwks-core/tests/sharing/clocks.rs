//! The wall clock, and lengths of time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Wall time at the world's beginning.
pub(crate) const EPOCH: Duration = Duration::from_secs(1_800_000_000);

/// A wall clock that the test sets.
#[derive(Clone)]
pub(crate) struct Wall(Arc<AtomicU64>);

impl Wall {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(u64::try_from(EPOCH.as_nanos()).unwrap())))
    }

    pub(crate) fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }

    pub(crate) fn forward(&self, by: Duration) {
        self.0.fetch_add(u64::try_from(by.as_nanos()).unwrap(), Ordering::Relaxed);
    }

    pub(crate) fn back(&self, by: Duration) {
        self.0.fetch_sub(u64::try_from(by.as_nanos()).unwrap(), Ordering::Relaxed);
    }
}

pub(crate) const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub(crate) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
