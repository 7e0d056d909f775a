//! Rule 6: how often tokens that find no key cause a fetch.

use std::time::Duration;

use jwks_core::refresh::{Miss, Reason, Response};

use crate::world::{HOUR, MINUTE, SECOND, World, aged, plain};

/// Fetches that such misses cause, one miss a tenth of a second, each answered at once.
fn fetches(world: &mut World, misses: &[Miss], span: Duration) -> usize {
    let end = world.time() + span;
    let mut fetches = 0;
    while world.time() < end {
        misses.iter().for_each(|&miss| world.miss(miss));
        if let Some(start) = world.start() {
            fetches += usize::from(start.unknown_kid);
            world.succeed(start, Response::default());
        }
        world.pass(SECOND / 10);
    }
    fetches
}

#[test]
fn a_flood_costs_the_burst_and_then_one_fetch_per_cooldown() {
    let mut world = World::loaded(plain());
    assert_eq!(fetches(&mut world, &[Miss::Kid], SECOND), 3);
    assert_eq!(fetches(&mut world, &[Miss::Kid], 100 * SECOND), 10);
    world.pass(30 * SECOND);
    assert_eq!(fetches(&mut world, &[Miss::Kid], SECOND), 3, "the burst is back");
}

#[test]
fn tokens_without_kid_never_take_the_burst() {
    let mut world = World::loaded(plain());
    assert_eq!(fetches(&mut world, &[Miss::Kidless], SECOND), 1);
    assert_eq!(fetches(&mut world, &[Miss::Kid], SECOND), 2, "what the steady rate left");
    let mut world = World::loaded(plain());
    assert_eq!(fetches(&mut world, &[Miss::Kidless], 100 * SECOND), 10);
}

#[test]
fn bad_signatures_and_skipped_keys_cost_one_fetch_a_minute() {
    for miss in [Miss::Signature, Miss::Skipped] {
        let mut world = World::loaded(plain());
        assert_eq!(fetches(&mut world, &[miss], 10 * MINUTE), 10, "{miss:?}");
    }
}

#[test]
fn all_classes_together_cost_no_more() {
    let mut world = World::loaded(plain().interval(20 * HOUR).usages(u64::MAX >> 3));
    let all = [Miss::Kid, Miss::Kidless, Miss::Signature, Miss::Skipped];
    assert_eq!(fetches(&mut world, &all, 100 * SECOND), 3 + 9);
}

#[test]
fn a_miss_with_the_budget_spent_is_remembered() {
    let mut world = World::loaded(plain().unknown_kid_burst(1));
    world.miss(Miss::Kid);
    let start = world.start().unwrap();
    world.succeed(start, Response::default());
    world.miss(Miss::Kid);
    assert!(world.machine.wants_miss());
    assert_eq!(world.start(), None);
    let start = world.next_start();
    assert_eq!((start.reason, world.time().since_origin()), (Reason::UnknownKid, 10 * SECOND));
}

#[test]
fn the_machine_says_when_unknown_kids_may_ask_again() {
    let mut world = World::loaded(plain().unknown_kid_burst(1));
    world.miss(Miss::Kid);
    let start = world.start().unwrap();
    world.succeed(start, Response::default());
    let next = world.machine.poll_timeout().map(|next| (next.at.since_origin(), next.reason));
    assert_eq!(next, Some((10 * SECOND, Reason::UnknownKidOpens)));
}

#[test]
fn failures_count_like_successes_and_leave_the_backoff_alone() {
    let mut world = World::loaded(plain());
    let mut fetches = 0;
    for _ in 0..1000 {
        world.miss(Miss::Kid);
        if let Some(start) = world.start() {
            fetches += 1;
            world.fail(start, None);
        }
        world.pass(SECOND / 10);
    }
    assert_eq!(fetches, 3 + 9);
    assert_eq!(world.machine.failures(), 0);
}

#[test]
fn a_planned_refresh_takes_a_remembered_miss_along_on_nobodys_budget() {
    for age in [Duration::ZERO, MINUTE] {
        let mut world = World::loaded(plain().unknown_kid_burst(1).unknown_kid_cooldown(HOUR));
        world.miss(Miss::Kid);
        let start = world.start().unwrap();
        world.succeed(start, Response::default());
        world.pass(16 * MINUTE - SECOND);
        world.miss(Miss::Kid);
        let start = world.next_start();
        assert!(start.reason == Reason::Ahead && start.no_cache && start.unknown_kid);
        world.succeed(start, aged(age));
        assert!(!world.machine.wants_miss());
        let opens_at = world.machine.miss_opens_at(world.time(), Miss::Kid).unwrap();
        assert_eq!(opens_at.since_origin(), HOUR);
    }
}
