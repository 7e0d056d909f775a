//! Rule 1: without keys.

use std::time::Duration;

use jwks_core::refresh::Reason;

use crate::world::{HOUR, MINUTE, SECOND, World, on_demand, plain};

fn fail_for(world: &mut World, span: Duration) {
    let mut left = span;
    while let Some(next) = world.next_in().filter(|&next| next <= left) {
        left -= next;
        world.pass(next);
        let start = world.start().unwrap();
        world.fail(start, None);
    }
}

#[test]
fn on_demand_nothing_is_due_before_anybody_asks() {
    let world = World::new(on_demand());
    assert_eq!(world.machine.poll_timeout(), None);
}

/// After 90 s of silence a cold cache stayed without keys for another 40 s.
#[test]
fn whoever_waits_need_not_bear_a_long_pause() {
    let mut world = World::new(plain());
    fail_for(&mut world, 5 * MINUTE);
    assert!(world.next_in().unwrap() > 5 * SECOND);
    world.machine.handle_demand(world.time(), 1);
    assert!(world.next_in().unwrap() <= 5 * SECOND);
    for _ in 0..20 {
        let start = world.next_start();
        world.fail(start, None);
        assert!(world.next_in().unwrap() <= 5 * SECOND);
    }
}

#[test]
fn one_who_only_asks_shortens_one_pause() {
    let mut world = World::new(plain());
    fail_for(&mut world, 5 * MINUTE);
    world.machine.handle_ask(world.time());
    assert!(world.next_in().unwrap() <= 5 * SECOND);
    let start = world.next_start();
    assert_eq!(start.reason, Reason::Retry);
    world.fail(start, None);
    assert!(world.next_in().unwrap() > 5 * SECOND);
}

#[test]
fn a_retry_after_is_borne_by_all() {
    let mut world = World::new(plain());
    let start = world.start().unwrap();
    world.fail(start, Some(40 * SECOND));
    world.machine.handle_demand(world.time(), 1);
    assert_eq!(world.next_in(), Some(40 * SECOND));
}

#[test]
fn keys_that_expire_while_somebody_waits_are_loaded_soon() {
    let mut world = World::loaded(on_demand().stale_if_error(MINUTE));
    world.pass(20 * MINUTE);
    world.start();
    // An outage, through which somebody asks now and then.
    for _ in 0..12 {
        world.machine.handle_ask(world.time());
        if let Some(start) = world.start() {
            world.fail(start, None);
        }
        world.pass(5 * SECOND);
    }
    assert!(!world.serves());
    world.machine.handle_demand(world.time(), 1);
    assert!(world.start().is_some() || world.next_in().unwrap() <= 5 * SECOND);
}

#[test]
fn without_background_refresh_retries_end_with_those_who_wait() {
    let mut world = World::new(on_demand());
    assert_eq!(world.start(), None);
    world.machine.handle_demand(world.time(), 1);
    let start = world.start().unwrap();
    world.fail(start, None);
    assert!(world.next_in().is_some());
    world.machine.handle_demand(world.time(), 0);
    assert_eq!(world.next_in(), None);
    world.pass(HOUR);
    assert_eq!(world.start(), None);
}
