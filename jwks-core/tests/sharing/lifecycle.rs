//! The end of the driver, and of the handles; observers that misbehave.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use jwks_core::adapter::Action;
use jwks_core::cache::{Error, ErrorKind, KeyCache, Policy, Source, WeakKeyCache};
use jwks_core::refresh::{PolicyBuilder, Time};

use crate::built::built;
use crate::clocks::{Wall, secs};
use crate::issuer::Issuer;
use crate::keys::set_of;
use crate::world::{URL, World};

type Waiting = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

fn policy() -> PolicyBuilder {
    Policy::builder().jitter(0.0)
}

#[test]
fn a_dropped_driver_releases_every_waiter() {
    let mut world = World::new(policy().build().unwrap(), Issuer::new());
    let cold = world.call("a", Duration::MAX);
    let refresh = world.refresh();
    world.settle();
    // This one the driver has not seen.
    let unseen = world.call("a", Duration::MAX);
    world.stop();
    world.settle();
    for caller in [cold, refresh, unseen] {
        let error = world.outcome(caller).as_ref().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stopped);
        assert!(!error.is_retryable());
    }
    let late = [world.call("a", Duration::MAX), world.refresh()];
    for caller in late {
        assert_eq!(world.outcome(caller).as_ref().unwrap_err().kind(), ErrorKind::Stopped);
    }
    assert_eq!(world.read("a").unwrap_err().kind(), ErrorKind::Stopped);
    assert!(world.cache.status().stopped);
    // What comes late is of no use, and does no harm.
    world.flight.take().unwrap().answer_now();
    world.cache.invalidate();
    assert_eq!(world.read("a").unwrap_err().kind(), ErrorKind::Stopped);
}

#[test]
fn held_keys_outlive_the_driver_until_trust_ends() {
    for background in [true, false] {
        let policy = policy().background_refresh(background).usages(10).build().unwrap();
        let mut world = World::new(policy, Issuer::new());
        world.call("a", secs(5));
        world.run_to(secs(30));
        let unknown = world.call("x", secs(5));
        world.settle();
        world.stop();
        world.settle();
        assert_eq!(world.outcome(unknown).as_ref().unwrap_err().kind(), ErrorKind::Stopped);
        for _ in 0..50 {
            let caller = world.call("a", secs(5));
            world.outcome(caller).as_ref().unwrap();
            world.read("a").unwrap();
        }
        let unknown = world.call("x", secs(5));
        assert_eq!(world.outcome(unknown).as_ref().unwrap_err().kind(), ErrorKind::Stopped);
        assert!(world.read("x").is_err());
        world.wall.forward(secs(25 * 3600));
        let caller = world.call("a", secs(5));
        assert_eq!(world.outcome(caller).as_ref().unwrap_err().kind(), ErrorKind::Stopped);
    }
}

#[test]
fn whoever_waits_for_freshness_uses_the_held_set_when_the_driver_is_dropped() {
    let policy = policy().background_refresh(false).interval(secs(60));
    let policy = policy.min_refresh_interval(secs(1)).build().unwrap();
    let mut world = World::new(policy, Issuer::new());
    world.call("a", secs(5));
    world.run_to(secs(100));
    let waiting = world.call("a", secs(5));
    world.settle();
    // The driver has not seen this one.
    let unseen = world.call("b", secs(5));
    assert!(!world.done(waiting) && !world.done(unseen));
    world.stop();
    world.settle();
    world.outcome(waiting).as_ref().unwrap();
    world.outcome(unseen).as_ref().unwrap();
    let late = world.call("a", secs(5));
    world.outcome(late).as_ref().unwrap();
}

#[test]
fn the_last_handle_stops_the_driver() {
    let mut world = World::new(policy().build().unwrap(), Issuer::new());
    let caller = world.call("a", secs(5));
    world.settle();
    // Another cache takes the place of the handle.
    world.cache = other(Wall::new(), |_| {}).0;
    world.settle();
    assert!(!world.stopped, "a caller waits still");
    world.run_to(secs(1));
    world.outcome(caller).as_ref().unwrap();
    world.settle();
    assert!(world.stopped);
}

/// The waker of the driver's task, as that of an executor may be: the last of them drops the task.
struct Task(OnceLock<KeyCache>);

impl Wake for Task {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Task {
    fn drop(&mut self) {
        // Whatever the task held comes back to the cache.
        if let Some(cache) = self.0.get() {
            cache.invalidate();
            let _ = cache.try_with_keys("x", |_| ());
        }
    }
}

/// Wakers are an executor's code, and may come back to the cache: none is touched under a lock.
#[test]
fn a_waker_may_come_back_to_the_cache_when_it_is_dropped() {
    let (cache, mut driver) = other(Wall::new(), |_| {});
    let waker = || {
        let task = Task(OnceLock::new());
        let _ = task.0.set(cache.clone());
        Waker::from(Arc::new(task))
    };
    // The second takes the place of the first, which is dropped, and raises the flag for the second.
    let _running = driver.poll(Time::ZERO);
    for time in 0..2 {
        let _wait = driver.poll(Time::from_origin(secs(time)));
        let woken = pin!(driver.woken()).poll(&mut Context::from_waker(&waker()));
        assert_eq!(woken.is_ready(), time == 1);
    }
    let mut caller = pin!(cache.with_keys("a", |_| ()));
    for _ in 0..3 {
        assert!(caller.as_mut().poll(&mut Context::from_waker(&waker())).is_pending());
    }
    drop(driver);
    let outcome = caller.as_mut().poll(&mut Context::from_waker(&waker()));
    assert!(matches!(outcome, Poll::Ready(Err(error)) if error.kind() == ErrorKind::Stopped));
}

/// A caller, and whether it has its answer at each event.
#[derive(Default)]
struct Probe {
    caller: Option<Waiting>,
    events: Vec<(String, bool)>,
}

impl Probe {
    fn look(&mut self, event: String) {
        self.caller.take_if(|caller| {
            caller.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
        });
        self.events.push((event, self.caller.is_none()));
    }
}

/// An observer that blocks holds up nobody: callers have their answers before it is told.
#[test]
fn callers_are_released_before_an_observer_is_told() {
    let probe = Arc::new(Mutex::new(Probe::default()));
    let inside = Arc::clone(&probe);
    let (cache, mut driver) =
        other(Wall::new(), move |event| inside.lock().unwrap().look(event.kind().to_string()));
    let wait = || {
        let cache = cache.clone();
        let mut caller: Waiting = Box::pin(async move { cache.with_keys("a", |_| ()).await });
        assert!(caller.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        *probe.lock().unwrap() = Probe { caller: Some(caller), events: Vec::new() };
    };
    let Action::Fetch(fetch) = driver.poll(Time::ZERO) else { panic!("the load is due") };
    assert_eq!(probe.lock().unwrap().events, [], "a slow observer would delay the fetch");
    driver.poll(Time::ZERO);
    wait();
    fetch.reply.send(Ok(http::Response::new(set_of(&["a"]))));
    driver.poll(Time::ZERO);
    assert_eq!(probe.lock().unwrap().events[0], ("keys loaded: 1".to_owned(), true));
    cache.invalidate();
    wait();
    drop(driver);
    assert_eq!(probe.lock().unwrap().events, [("driver stopped".to_owned(), true)]);
}

/// An observer lives as long as its driver, so it holds a handle that does not count.
#[test]
fn an_observer_with_a_weak_handle_does_not_keep_its_driver_running() {
    let slot: Arc<OnceLock<WeakKeyCache>> = Arc::default();
    let (inside, wall) = (Arc::clone(&slot), Wall::new());
    let (cache, driver) = other(wall.clone(), move |_| {
        if let Some(cache) = inside.get().and_then(WeakKeyCache::upgrade) {
            let _ = cache.status();
        }
    });
    let _ = slot.set(cache.downgrade());
    let mut world = World::with(cache, driver, wall, Issuer::new(), Arc::default());
    world.run_to(secs(1));
    assert!(slot.get().unwrap().upgrade().is_some());
    world.cache = other(Wall::new(), |_| {}).0;
    world.settle();
    assert!(world.stopped);
    assert!(slot.get().unwrap().upgrade().is_none());
}

#[test]
fn an_observer_may_call_back() {
    let slot: Arc<OnceLock<KeyCache>> = Arc::default();
    let (inside, wall) = (Arc::clone(&slot), Wall::new());
    let (cache, driver) = other(wall.clone(), move |_| {
        if let Some(cache) = inside.get() {
            let _ = (cache.status(), cache.try_with_keys("x", |_| ()));
        }
    });
    let _ = slot.set(cache.clone());
    let mut world = World::with(cache, driver, wall, Issuer::new(), Arc::default());
    world.settle();
    let caller = world.call("a", secs(5));
    world.run_to(secs(100));
    world.outcome(caller).as_ref().unwrap();
}

/// What an observer does wrong is no affair of those who validate tokens.
#[test]
fn an_observer_that_panics_harms_nobody() {
    let wall = Wall::new();
    let (cache, driver) = other(wall.clone(), |event| panic!("an observer's own fault: {event}"));
    let mut world = World::with(cache, driver, wall, Issuer::new(), Arc::default());
    let callers = [world.call("a", secs(5)), world.call("b", secs(5))];
    world.run_to(secs(1));
    assert!(callers.iter().all(|caller| world.outcome(*caller).is_ok()));
    let stranger = world.call("x", secs(5));
    let refresh = world.refresh();
    world.run_to(secs(2));
    assert_eq!(world.outcome(stranger).as_ref().unwrap_err().kind(), ErrorKind::UnknownKid);
    world.outcome(refresh).as_ref().unwrap();
    let waits = world.refresh();
    world.settle();
    // The driver is dropped by an unwinding, as in a task of an executor.
    let driver = world.driver.take();
    let unwound = catch_unwind(AssertUnwindSafe(move || {
        let _driver = driver;
        panic!("the adapter's own fault");
    }));
    assert!(unwound.is_err());
    world.settle();
    assert_eq!(world.outcome(waits).as_ref().unwrap_err().kind(), ErrorKind::Stopped);
}

fn other(
    wall: Wall,
    observer: impl Fn(&jwks_core::cache::Event) + Send + Sync + 'static,
) -> (KeyCache, jwks_core::adapter::Driver) {
    let (cache, [driver]) = built(
        KeyCache::builder(Source::jwks_uri(URL).unwrap())
            .wall_clock(move || wall.now())
            .policy(policy().build().unwrap())
            .observer(observer),
    );
    (cache, driver)
}
