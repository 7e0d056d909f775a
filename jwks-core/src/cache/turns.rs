//! The fetches of a group of caches, in turns: so many at once, and in a second.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::shared::Shared;
use crate::cache::sync::{Mutex, lock};
use crate::refresh::throttle::{Bounds, Throttle, Wish};
use crate::refresh::{FetchId, Time};

/// Shared by the drivers of the group. It goes by the wall clock, because each driver's time has an
/// origin of its own. One that is set back or forward lets so many fetches begin once more.
pub(crate) struct Turns(Mutex<State>);

struct State {
    throttle: Throttle,
    members: BTreeMap<u64, Weak<Shared>>,
    came: u64,
    now: Time,
}

/// A driver's part in it. Dropping it lets others go on.
pub(super) struct Member {
    turns: Arc<Turns>,
    number: u64,
    /// The fetch that has begun with this turn.
    began: Option<FetchId>,
}

impl Turns {
    pub(crate) fn new(bounds: Bounds) -> Self {
        let (throttle, members) = (Throttle::new(bounds), BTreeMap::new());
        Self(Mutex::new(State { throttle, members, came: 0, now: Time::ZERO }))
    }

    pub(super) fn join(self: &Arc<Self>, shared: &Arc<Shared>) -> Member {
        let mut state = lock(&self.0);
        state.came += 1;
        let number = state.came;
        state.members.insert(number, Arc::downgrade(shared));
        drop(state);
        Member { turns: Arc::clone(self), number, began: None }
    }

    /// Changes something, and wakes those whose turn it is then.
    fn change<R>(&self, now: Option<SystemTime>, change: impl FnOnce(&mut State) -> R) -> R {
        let mut state = lock(&self.0);
        if let Some(now) = now {
            let since_1970 = now.duration_since(UNIX_EPOCH).unwrap_or_default();
            state.now = Time::from_origin(since_1970);
        }
        let result = change(&mut state);
        let now = state.now;
        let granted = state.throttle.handle_timeout(now);
        let granted: Vec<_> =
            granted.iter().filter_map(|number| state.members.get(number)?.upgrade()).collect();
        drop(state);
        granted.iter().for_each(|shared| shared.wake.raise());
        result
    }
}

impl Member {
    /// A fetch is due. None: it may begin. Otherwise, the time after which to ask again, if it is
    /// not told before.
    pub(super) fn want(&mut self, wish: Wish, now: SystemTime) -> Option<Option<Duration>> {
        let number = self.number;
        self.turns.change(Some(now), |state| state.throttle.want(number, wish));
        let state = lock(&self.turns.0);
        let next = state.throttle.poll_timeout().map(|at| at.saturating_since(state.now));
        (!state.throttle.is_running(number)).then_some(next)
    }

    /// This fetch has begun.
    pub(super) const fn begins(&mut self, fetch: FetchId) {
        self.began = Some(fetch);
    }

    /// This fetch runs now, or none. `due`: another one is wanted.
    pub(super) fn settle(&mut self, running: Option<FetchId>, due: bool, now: SystemTime) {
        let has_ended = self.began.is_some() && self.began != running;
        let number = self.number;
        if has_ended {
            self.began = None;
        }
        let unused = self.began.is_none() && !due && running.is_none();
        if has_ended || unused {
            let state = lock(&self.turns.0);
            let known = state.throttle.knows(number);
            drop(state);
            if known {
                self.turns.change(Some(now), |state| {
                    state.throttle.release(number);
                    state.throttle.forget(number);
                });
            }
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let number = self.number;
        self.turns.change(None, |state| {
            state.members.remove(&number);
            state.throttle.forget(number);
            state.throttle.release(number);
        });
    }
}

impl fmt::Debug for Turns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turns").finish_non_exhaustive()
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").field("number", &self.number).finish_non_exhaustive()
    }
}
