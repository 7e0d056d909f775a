//! The time that issuers and verifiers of a test go by.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use jwks_core::refresh::Time;

/// A wall clock for issuers and verifiers: the system's, or one that only a test moves.
///
/// A clone is the same clock.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<Mutex<Hands>>>);

/// One clock for dates, one that never runs back.
#[derive(Debug)]
struct Hands {
    elapsed: Duration,
    wall: SystemTime,
}

impl Clock {
    /// The system's clock.
    pub const fn system() -> Self {
        Self(None)
    }

    /// A clock that shows the present, in whole seconds, and stands still until it is moved.
    ///
    /// Tokens made by it are therefore good for code that reads the system's clock, too.
    pub fn by_hand() -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::standing_at(UNIX_EPOCH + Duration::from_secs(since_1970.as_secs()))
    }

    /// A clock that stands at `time` until it is moved.
    pub fn standing_at(time: SystemTime) -> Self {
        Self(Some(Arc::new(Mutex::new(Hands { elapsed: Duration::ZERO, wall: time }))))
    }

    /// What it shows.
    pub fn now(&self) -> SystemTime {
        self.hands().map_or_else(SystemTime::now, |hands| hands.wall)
    }

    /// [`now`](Self::now) as a function, for whatever wants a wall clock.
    pub fn reader(&self) -> impl Fn() -> SystemTime + Clone + Send + Sync + 'static {
        let clock = self.clone();
        move || clock.now()
    }

    /// Steps the wall clock forward, but not the monotonic one that drivers go by: what a process
    /// sees after the machine was suspended. To let time pass use
    /// [`InMemory::advance`](crate::InMemory::advance), which lets happen what is due on the way.
    ///
    /// # Panics
    ///
    /// When this is the system's clock.
    pub fn suspend(&self, time: Duration) {
        self.hands().expect("a clock that is moved by hand").wall += time;
    }

    pub(crate) const fn is_moved_by_hand(&self) -> bool {
        self.0.is_some()
    }

    /// How long ago it was made, on a clock that never runs back.
    pub(crate) fn elapsed(&self) -> Time {
        self.hands().map_or(Time::ZERO, |hands| Time::from_origin(hands.elapsed))
    }

    /// Moves both clocks on; nothing happens if it is later already.
    pub(crate) fn move_to(&self, time: Time) {
        if let Some(mut hands) = self.hands() {
            let step = time.since_origin().saturating_sub(hands.elapsed);
            hands.elapsed += step;
            hands.wall += step;
        }
    }

    fn hands(&self) -> Option<MutexGuard<'_, Hands>> {
        self.0.as_ref().map(|hands| hands.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
