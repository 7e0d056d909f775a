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

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::task::{Context, Waker};

    use http::Response;

    use super::*;
    use crate::built::built;
    use crate::cache::{Action, Driver, KeyCache, Source};
    use crate::keys::testing::{ED25519, set_json};
    use crate::refresh::Policy;

    /// Caches that take turns, by one clock.
    struct Group {
        turns: Arc<Turns>,
        second: Arc<AtomicU64>,
    }

    impl Group {
        fn new(bounds: Bounds) -> Self {
            Self { turns: Arc::new(Turns::new(bounds)), second: Arc::default() }
        }

        fn cache(&self, interval: u64) -> (KeyCache, Driver) {
            let second = Arc::clone(&self.second);
            let clock = move || UNIX_EPOCH + Duration::from_secs(second.load(Ordering::Relaxed));
            let policy = Policy::builder().jitter(0.0).interval(Duration::from_secs(interval));
            let source = Source::jwks_uri("https://id.example.com/keys").unwrap();
            let builder = KeyCache::builder(source).policy(policy.build().unwrap());
            let (cache, [driver]) = built(builder.wall_clock(clock).in_turns(&self.turns));
            (cache, driver)
        }

        /// Whether it has begun a fetch, which gets its answer.
        fn fetches(&self, driver: &mut Driver) -> bool {
            let now = Time::from_origin(Duration::from_secs(self.second.load(Ordering::Relaxed)));
            let Action::Fetch(fetch) = driver.poll(now) else { return false };
            fetch.reply.send(Ok(Response::new(set_json(&[ED25519.jwk(r#""kid":"a""#)]))));
            assert!(matches!(driver.poll(now), Action::Wait(_)));
            true
        }

        fn at(&self, second: u64) {
            self.second.store(second, Ordering::Relaxed);
        }
    }

    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    enum Due {
        Planned,
        Load,
        UnknownKid,
    }

    #[test]
    fn planned_refreshes_come_first_and_fetches_for_unknown_kids_last() {
        for (sooner, later) in [
            (Due::Planned, Due::Load),
            (Due::Planned, Due::UnknownKid),
            (Due::Load, Due::UnknownKid),
        ] {
            let bounds = Bounds { per_second: 1, loads_per_second: 9, loads: 9, per_host: 9 };
            let group = Group::new(bounds);
            let mut second = 0;
            let mut pair = [later, sooner].map(|due| {
                let interval = if due == Due::Planned { 1000 } else { 9000 };
                let (cache, mut driver) = group.cache(interval);
                second += 2;
                group.at(second);
                assert!(due == Due::Load || group.fetches(&mut driver));
                (due, cache, driver)
            });
            group.at(950);
            let (_cache, mut other) = group.cache(1000);
            assert!(group.fetches(&mut other), "no turn is taken");
            for (due, cache, driver) in &mut pair {
                if *due == Due::UnknownKid {
                    cache.try_with_keys("b", |_| ()).unwrap_err();
                }
                assert!(!group.fetches(driver), "{due:?} begins within a second of another");
            }
            let [(_, _later, later_driver), (_, _sooner, sooner_driver)] = &mut pair;
            group.at(951);
            assert!(!group.fetches(later_driver), "{later:?} before {sooner:?}");
            assert!(group.fetches(sooner_driver));
            group.at(952);
            assert!(group.fetches(later_driver));
        }
    }

    #[test]
    fn a_fetch_that_is_due_as_another_one_ends_takes_a_turn_of_its_own() {
        let group =
            Group::new(Bounds { per_second: 1, loads_per_second: 9, loads: 9, per_host: 9 });
        let (cache, mut driver) = group.cache(1000);
        let Action::Fetch(fetch) = driver.poll(Time::ZERO) else { panic!("a load") };
        let mut refresh = pin!(cache.refresh());
        assert!(refresh.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert!(!group.fetches(&mut driver), "one is in flight");
        fetch.reply.send(Ok(Response::new(set_json(&[ED25519.jwk(r#""kid":"a""#)]))));
        assert!(!group.fetches(&mut driver), "two within a second");
        group.at(1);
        assert!(group.fetches(&mut driver));
    }

    #[test]
    fn a_driver_that_goes_leaves_its_turn_and_its_place_to_others() {
        let group =
            Group::new(Bounds { per_second: 9, loads_per_second: 9, loads: 1, per_host: 9 });
        let [(_first, mut runs), (_second, mut goes), (_third, mut stays)] =
            [(); 3].map(|()| group.cache(1000));
        let Action::Fetch(_unanswered) = runs.poll(Time::ZERO) else { panic!("a load") };
        assert!(!group.fetches(&mut goes) && !group.fetches(&mut stays));
        let woken = |driver: &Driver| {
            pin!(driver.woken()).poll(&mut Context::from_waker(Waker::noop())).is_ready()
        };
        drop(goes);
        assert!(!woken(&stays));
        drop(runs);
        assert!(woken(&stays) && group.fetches(&mut stays));
        assert_eq!(lock(&group.turns.0).members.len(), 1, "nothing is kept of those who went");
    }
}
