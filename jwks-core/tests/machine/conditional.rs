//! Rule 9: how far a host's validators are believed.

use std::time::Duration;

use jwks_core::refresh::{Answered, FetchStart, Miss, Response};

use crate::world::{HOUR, MINUTE, SECOND, World, plain, tagged};

fn conditional() -> World {
    let mut world = World::new(plain().conditional_requests(true));
    world.load(tagged());
    world
}

#[test]
fn they_are_believed_only_where_that_is_asked_for() {
    let mut world = World::new(plain());
    world.load(tagged());
    assert!(!world.next_start().conditional);
    assert!(conditional().next_start().conditional);
}

/// A host with one mtime for all files confirmed a revoked key for ever.
#[test]
fn a_full_reading_comes_before_half_of_the_greatest_trust_is_over() {
    let mut world = conditional();
    let mut last_full = world.time();
    let mut full = 0;
    while world.time().since_origin() < 10 * 24 * HOUR {
        let start = world.next_start();
        if start.conditional {
            world.machine.handle_not_modified(world.time(), start.id, tagged());
        } else {
            assert!(world.time().saturating_since(last_full) < 13 * HOUR);
            last_full = world.time();
            full += 1;
            world.succeed(start, tagged());
        }
        assert!(world.serves());
    }
    assert!(full >= 19, "{full} full readings in ten days");
}

#[test]
fn a_304_does_not_extend_trust_past_the_greatest_after_the_last_full_reading() {
    let policy = plain().conditional_requests(true).interval(10 * HOUR).stale_if_error(14 * HOUR);
    let mut world = World::new(policy);
    world.load(tagged());
    let start = world.next_start();
    assert!(start.conditional);
    assert_eq!(world.time().since_origin(), 8 * HOUR);
    world.machine.handle_not_modified(world.time(), start.id, tagged());
    assert_eq!(world.trust_left(), 16 * HOUR);
}

#[test]
fn a_304_confirms_no_set_whose_trust_ends_at_that_instant() {
    for (late, answered) in
        [(SECOND / 1000, Answered::Confirmed), (Duration::ZERO, Answered::Failed)]
    {
        let mut world = conditional();
        world.pass(world.trust_left() - SECOND);
        let start = world.start().unwrap();
        assert!(start.conditional);
        world.pass(SECOND - late);
        let now = world.time();
        assert_eq!(world.machine.handle_not_modified(now, start.id, tagged()), answered);
    }
}

#[test]
fn never_after_a_failed_attempt_of_any_cause() {
    let causes: [fn(&mut World) -> FetchStart; 3] = [
        World::next_start,
        |world| {
            world.miss(Miss::Kid);
            world.start().unwrap()
        },
        |world| {
            world.machine.handle_refresh(world.time()).unwrap();
            world.start().unwrap()
        },
    ];
    for begin in causes {
        let mut world = conditional();
        let start = begin(&mut world);
        world.fail(start, None);
        assert!(!world.next_start().conditional);
    }
}

#[test]
fn never_for_a_kid_by_hand_after_an_invalidation_or_after_hydrating() {
    let mut world = conditional();
    world.miss(Miss::Kid);
    let start = world.start().unwrap();
    assert!(!start.conditional && start.no_cache);

    let mut world = conditional();
    world.machine.handle_refresh(world.time()).unwrap();
    let start = world.start().unwrap();
    assert!(!start.conditional && start.no_cache);

    let mut world = conditional();
    world.machine.handle_invalidate(world.time());
    assert!(!world.start().unwrap().conditional);

    let mut world = World::new(plain().conditional_requests(true));
    world.machine.handle_hydrate(world.time(), MINUTE, HOUR, None);
    assert!(!world.next_start().conditional);
}

#[test]
fn a_304_that_was_not_asked_for_is_a_failure() {
    let mut world = World::loaded(plain());
    let start = world.next_start();
    let answered = world.machine.handle_not_modified(world.time(), start.id, Response::default());
    assert_eq!(answered, Answered::Failed);
    assert!(world.next_in().unwrap() <= SECOND);
}

#[test]
fn an_old_304_shortens_its_own_trust_and_no_later_one() {
    let policy = plain().conditional_requests(true).interval(4 * HOUR).stale_if_error(20 * HOUR);
    let mut world = World::new(policy);
    world.load(tagged());
    let start = world.next_start();
    let old = Response { age: 24 * HOUR, ..tagged() };
    world.machine.handle_not_modified(world.time(), start.id, old);
    assert_eq!(world.trust_left(), 12 * HOUR);
    let start = world.next_start();
    world.machine.handle_not_modified(world.time(), start.id, tagged());
    let full_reading_ends = 24 * HOUR - world.time().since_origin();
    assert_eq!(world.trust_left(), full_reading_ends);
}

/// The age of a full reading once counted against every 304 after it.
#[test]
fn behind_a_cache_of_any_age_304s_keep_a_service_going() {
    let policy = || plain().conditional_requests(true).interval(7 * HOUR).stale_if_error(17 * HOUR);
    for age in [HOUR, 13 * HOUR, 1000 * HOUR] {
        let mut world = World::new(policy().max_trust(33 * HOUR));
        world.load(Response { age, ..tagged() });
        for _ in 0..100 {
            let start = world.next_start();
            assert!(world.serves(), "{age:?}");
            if start.conditional {
                world.machine.handle_not_modified(world.time(), start.id, tagged());
            } else {
                world.succeed(start, Response { age, ..tagged() });
            }
        }
        // As calmly as ever: not faster and faster towards an end that no 304 moves.
        assert!(world.time().since_origin() > 400 * HOUR, "{age:?}");
    }
}
