//! The events of a cache, to be counted and waited for.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use jwks_core::cache::{Event, EventKind, FetchError};

use super::LONG;

/// All events so far. A clone is the same log.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    changed: Condvar,
    events: Mutex<Vec<Event>>,
}

impl Log {
    /// Notes events, as `Issuer::observer` wants it.
    pub fn observer(&self) -> impl Fn(&Event) + Send + Sync + 'static {
        let shared = Arc::clone(&self.0);
        move |event| {
            shared.lock().push(event.clone());
            shared.changed.notify_all();
        }
    }

    /// All of them, in order.
    pub fn events(&self) -> Vec<Event> {
        self.0.lock().clone()
    }

    /// How many were such.
    pub fn count(&self, is: impl Fn(&Event) -> bool) -> usize {
        self.0.lock().iter().filter(|event| is(event)).count()
    }

    /// Blocks until `count` events were such; panics if that takes [`LONG`](super::LONG).
    ///
    /// # Panics
    ///
    /// When they do not come in time.
    pub fn wait_for(&self, count: usize, is: impl Fn(&Event) -> bool) {
        let few = |events: &mut Vec<Event>| events.iter().filter(|event| is(event)).count() < count;
        let waited = self.0.changed.wait_timeout_while(self.0.lock(), LONG, few);
        let (events, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "not seen {count} times: {events:#?}");
    }

    /// Asserts that `count` events were such, and no more. Those of the last poll may still be on
    /// their way: callers get their answers before the observer is told.
    ///
    /// # Panics
    ///
    /// When there are others, or when they do not come in time.
    pub fn exactly(&self, count: usize, is: impl Fn(&Event) -> bool) {
        self.wait_for(count, &is);
        assert_eq!(self.count(&is), count, "{:#?}", self.events());
    }

    /// Why fetches have failed, in order.
    pub fn failures(&self) -> Vec<FetchError> {
        let failure = |event: &Event| match event.kind() {
            EventKind::RefreshFailed { error, .. } => Some(error.clone()),
            _ => None,
        };
        self.0.lock().iter().filter_map(failure).collect()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Vec<Event>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A refresh, or a confirmation, has come.
pub fn completed(event: &Event) -> bool {
    matches!(event.kind(), EventKind::RefreshCompleted { .. })
}

/// A fetch has failed.
pub fn failed(event: &Event) -> bool {
    matches!(event.kind(), EventKind::RefreshFailed { .. })
}

/// Keys are held, where none were before.
pub fn loaded(event: &Event) -> bool {
    matches!(event.kind(), EventKind::Loaded { .. })
}

/// The issuer was taken out of its verifier.
pub fn withdrawn(event: &Event) -> bool {
    matches!(event.kind(), EventKind::Withdrawn { .. })
}

/// The driver has stopped.
pub fn stopped(event: &Event) -> bool {
    matches!(event.kind(), EventKind::Stopped { .. })
}
