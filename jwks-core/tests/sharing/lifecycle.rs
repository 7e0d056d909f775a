//! The end of the driver, and of the handles; observers that misbehave.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use jwks_core::cache::{ErrorKind, KeyCache, Policy, Source};
use jwks_core::refresh::PolicyBuilder;

use crate::clocks::{Wall, secs};
use crate::issuer::Issuer;
use crate::world::{URL, World};

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

#[test]
fn an_observer_may_call_back() {
    let slot: Arc<std::sync::OnceLock<KeyCache>> = Arc::default();
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
) -> (KeyCache, jwks_core::cache::Driver) {
    KeyCache::builder(Source::jwks_uri(URL).unwrap(), move || wall.now())
        .policy(policy().build().unwrap())
        .observer(observer)
        .build()
}
