//! Many callers: how many may wait, and what the others get.

use jwks_core::cache::{ErrorKind, Policy};
use jwks_core::refresh::PolicyBuilder;

use crate::clocks::{ms, secs};
use crate::issuer::{Issuer, Mode};
use crate::world::World;

fn policy() -> PolicyBuilder {
    Policy::builder().jitter(0.0).fetch_timeout(secs(2)).max_waiting(10)
}

#[test]
fn a_full_room_says_so_at_once_and_lets_in_whoever_comes_when_one_has_left() {
    let mut world = World::new(policy().build().unwrap(), Issuer::new());
    let waiting: Vec<_> = (0..10).map(|_| world.call("a", secs(5))).collect();
    for late in [world.call("a", secs(5)), world.refresh()] {
        let error = world.outcome(late).as_ref().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.is_retryable());
        // The fetch that all wait for has ended by then.
        assert_eq!(error.retry_at(), Some(world.wall.now() + secs(2)));
        assert_eq!(
            error.to_string(),
            "too many callers wait for keys, more than the setting `max_waiting` allows"
        );
    }
    // No poll of the driver comes between.
    world.cancel(waiting[3]);
    let next = world.call("a", secs(5));
    assert!(!world.done(next));
    assert_eq!(world.cache.status().waiting, 10);
    world.run_for(secs(1));
    for caller in waiting.into_iter().filter(|n| *n != 3).chain([next]) {
        world.outcome(caller).as_ref().unwrap();
    }
    assert_eq!(world.cache.status().waiting, 0);
}

#[test]
fn strangers_take_half_of_the_room_and_the_rest_is_undecided() {
    let mut world = World::new(policy().build().unwrap(), Issuer::new());
    world.run_to(secs(1));
    world.issuer.mode = Mode::Silent;
    let strangers: Vec<_> = (0..5).map(|n| world.call(&format!("x{n}"), secs(5))).collect();
    let late = world.call("c", secs(5));
    let error = world.outcome(late).as_ref().unwrap_err();
    assert!(error.kind() == ErrorKind::UnknownKid && error.is_undecided());
    world.run_for(ms(100));
    assert!(strangers.iter().all(|caller| !world.done(*caller)));
    // The keys are lost, and all wait for new ones: there is room for those who come.
    world.invalidate();
    let others: Vec<_> = (0..5).map(|_| world.call("a", secs(5))).collect();
    assert!(others.iter().all(|caller| !world.done(*caller)));
    world.issuer.mode = Mode::Up;
    world.run_for(secs(3));
    assert!(others.iter().all(|caller| world.outcome(*caller).is_ok()));
}

#[test]
fn strangers_who_waited_for_the_first_keys_leave_half_of_the_room_too() {
    let mut world = World::new(policy().build().unwrap(), Issuer::new());
    let strangers: Vec<_> = (0..10).map(|n| world.call(&format!("x{n}"), secs(5))).collect();
    world.run_to(ms(200));
    // The load began before they came: five wait for a fetch of their own.
    let told = strangers.iter().filter(|caller| world.done(**caller)).count();
    assert_eq!((told, world.cache.status().waiting), (5, 5));
    world.run_to(secs(5));
    let told = |last: bool| {
        let errors = strangers.iter().map(|caller| world.outcome(*caller).as_ref().unwrap_err());
        errors.filter(|error| error.is_retryable() != last).count()
    };
    assert_eq!((told(true), told(false)), (5, 5));
}

/// Its place is worth nothing to it: the held keys serve.
#[test]
fn whoever_has_a_held_kid_uses_the_held_set_when_the_room_is_full() {
    let policy = policy().background_refresh(false).interval(secs(60));
    let policy = policy.min_refresh_interval(secs(1)).build().unwrap();
    let mut world = World::new(policy, Issuer::new());
    world.call("a", secs(5));
    world.run_to(secs(100));
    let waiting: Vec<_> = (0..10).map(|_| world.call("a", secs(5))).collect();
    assert!(waiting.iter().all(|caller| !world.done(*caller)));
    let late = world.call("a", secs(5));
    world.outcome(late).as_ref().unwrap();
    world.run_for(ms(200));
    assert!(waiting.iter().all(|caller| world.outcome(*caller).is_ok()));
    assert_eq!(world.cache.status().uses, 1 + 10 + 1, "whoever waits is one use");
}

/// A flood of strangers beside the keys' lifetime: nobody with a held kid waits or is refused.
#[test]
fn a_flood_of_strangers_beside_valid_callers() {
    for mode in [Mode::Up, Mode::Silent, Mode::Status(503, Some(30))] {
        let policy = Policy::builder().jitter(0.0).interval(secs(60)).fetch_timeout(secs(2));
        let mut world = World::new(policy.max_waiting(100).build().unwrap(), Issuer::new());
        world.run_to(secs(1));
        world.issuer.mode = mode;
        for n in 0..3000_u32 {
            world.run_to(secs(1) + ms(20) * n);
            for m in 0..5 {
                world.call(&format!("x{n}-{m}"), secs(5));
            }
            let valid = world.call("a", secs(5));
            assert!(world.done(valid), "a valid caller waited");
            world.outcome(valid).as_ref().unwrap();
            world.read("b").unwrap();
            assert!(world.cache.status().waiting <= 50);
            if world.callers.len() > 500 {
                world.callers.retain(|caller| !caller.is_over());
            }
        }
    }
}
