//! `retry`: how far a `Retry-After` reaches, by what has earned it.

use std::time::Duration;

use jwks_core::refresh::{Miss, Response};

use crate::world::{HOUR, MINUTE, SECOND, World, plain};

/// What an unknown kid's fetch has earned holds the planned refreshes for a minute at most; it was
/// an hour.
#[test]
fn a_strangers_kid_does_not_hold_the_planned_refreshes() {
    let mut world = World::loaded(plain());
    world.pass(15 * MINUTE + 30 * SECOND);
    world.miss(Miss::Kid);
    let start = world.start().unwrap();
    assert!(start.unknown_kid && !start.by_hand);
    world.fail(start, Some(10 * HOUR));
    assert_eq!(world.machine.retry_at().saturating_since(world.time()), MINUTE);
    assert_eq!(world.next_in(), Some(MINUTE));
}

#[test]
fn a_planned_refresh_is_held_for_half_of_what_is_left_and_an_hour_at_most() {
    let mut world = World::loaded(plain());
    let start = world.next_start();
    world.fail(start, Some(10 * HOUR));
    assert_eq!(world.next_in(), Some(32 * MINUTE), "half of 64 minutes");

    let mut world = World::loaded(plain().stale_if_error(20 * HOUR));
    let start = world.next_start();
    world.fail(start, Some(10 * HOUR));
    assert_eq!(world.next_in(), Some(HOUR));
}

#[test]
fn by_hand_and_without_a_set_a_minute_is_the_most() {
    let mut world = World::loaded(plain());
    let start = world.next_start();
    world.fail(start, Some(10 * HOUR));
    let opens_at = world.machine.handle_refresh(world.time()).unwrap_err();
    assert_eq!(opens_at.saturating_since(world.time()), MINUTE);
    world.pass(MINUTE);
    assert_eq!(world.machine.handle_refresh(world.time()), Ok(()));
    assert!(world.start().unwrap().by_hand);

    let mut world = World::new(plain());
    let start = world.start().unwrap();
    world.fail(start, Some(10 * HOUR));
    assert_eq!(world.next_in(), Some(MINUTE));
}

#[test]
fn a_short_one_shortens_nothing() {
    let mut world = World::new(plain().retry(MINUTE, MINUTE).cold_retry_max(HOUR));
    let start = world.start().unwrap();
    world.fail(start, Some(SECOND));
    assert!(world.next_in().unwrap() >= MINUTE / 2);
}

#[test]
fn repeated_ones_double_the_hold_on_unknown_kids_until_a_success() {
    let mut world = World::loaded(plain().interval(20 * HOUR).stale_if_error(HOUR));
    let held = |world: &mut World| -> Duration {
        world.miss(Miss::Kid);
        let start = world.start().unwrap();
        world.fail(start, Some(10 * HOUR));
        let opens_at = world.machine.miss_opens_at(world.time(), Miss::Kid).unwrap();
        let held = opens_at.saturating_since(world.time());
        assert_eq!(world.machine.retry_at().saturating_since(world.time()), MINUTE);
        world.pass(held);
        held
    };
    for minutes in [1, 2, 4, 8, 10, 10] {
        assert_eq!(held(&mut world), minutes * MINUTE);
    }
    world.machine.handle_refresh(world.time()).unwrap();
    let start = world.start().unwrap();
    world.succeed(start, Response::default());
    assert_eq!(held(&mut world), MINUTE);
}

/// Keys that are taken in from elsewhere do not wait for a hold that those before them have earned.
#[test]
fn a_hold_on_unknown_kids_that_outlives_the_set_is_a_minute_at_most() {
    let mut world = World::loaded(plain().interval(20 * HOUR).stale_if_error(HOUR));
    let opens_in = |world: &World| {
        let opens_at = world.machine.miss_opens_at(world.time(), Miss::Kid);
        opens_at.map_or(Duration::ZERO, |at| at.saturating_since(world.time()))
    };
    for minutes in [1, 2, 4] {
        world.miss(Miss::Kid);
        let start = world.start().unwrap();
        world.fail(start, Some(10 * HOUR));
        assert_eq!(opens_in(&world), minutes * MINUTE);
        if minutes < 4 {
            world.pass(minutes * MINUTE);
        }
    }
    world.machine.handle_invalidate(world.time());
    assert_eq!(opens_in(&world), MINUTE);
}
