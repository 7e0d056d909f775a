//! Rule 13: what an answer is worth.

use std::time::Duration;

use jwks_core::refresh::{Answered, Freshness, Reason, Response};

use crate::world::{HOUR, MINUTE, SECOND, World, aged, plain};

#[test]
fn trust_counts_from_the_sending_and_the_lifetime_from_the_answer() {
    let mut world = World::new(plain());
    let start = world.start().unwrap();
    world.pass(3 * SECOND);
    world.succeed(start, Response::default());
    assert_eq!(world.trust_left(), 80 * MINUTE - 3 * SECOND);
    assert_eq!(world.next_in(), Some(16 * MINUTE));
}

#[test]
fn an_old_answer_is_trusted_for_less_but_never_for_less_than_half() {
    for (age, left) in [(HOUR, 80 * MINUTE), (23 * HOUR, 12 * HOUR), (1000 * HOUR, 12 * HOUR)] {
        let policy = plain().interval(20 * HOUR).stale_if_error(4 * HOUR);
        let mut world = World::new(policy.usages(u64::MAX >> 3));
        let start = world.start().unwrap();
        world.succeed(start, aged(age));
        let left = if age == HOUR { 23 * HOUR } else { left };
        assert_eq!(world.trust_left(), left, "{age:?}");
        // The refresh comes before the trust ends.
        let point = world.next_in().unwrap();
        assert_eq!(point, (16 * HOUR).min(left * 4 / 5), "{age:?}");
    }
}

#[test]
fn a_service_behind_a_cache_of_any_age_keeps_serving() {
    let policy = || plain().interval(HOUR).stale_if_error(HOUR).max_trust(2 * HOUR);
    for threshold in [0.0, 0.5, 0.8, 1.0] {
        for age in [MINUTE, HOUR, 24 * HOUR, 100_000 * HOUR] {
            let mut world = World::new(policy().background_refresh_threshold(threshold));
            let start = world.start().unwrap();
            world.succeed(start, aged(age));
            for _ in 0..50 {
                let start = world.next_start();
                assert_eq!(start.reason, Reason::Ahead);
                assert!(world.serves(), "{threshold} {age:?}");
                // As late as an answer can be.
                world.pass(5 * SECOND - SECOND / 1000);
                assert!(world.serves(), "{threshold} {age:?}");
                assert_eq!(world.succeed(start, aged(age)), Answered::Confirmed);
            }
        }
    }
}

#[test]
fn a_refresh_ahead_of_a_short_trust_is_no_loop() {
    let policy = plain().interval(HOUR).stale_if_error(HOUR).max_trust(2 * HOUR);
    let mut world = World::loaded(policy.background_refresh_threshold(0.0));
    let start = world.next_start();
    world.succeed(start, aged(24 * HOUR));
    assert_eq!(world.next_in(), Some(MINUTE));
}

#[test]
fn what_is_fresh_by_lifetime_is_expired_by_trust() {
    let policy = plain().interval(20 * HOUR).stale_if_error(4 * HOUR).background_refresh(false);
    let mut world = World::new(policy);
    world.load(aged(24 * HOUR));
    world.pass(12 * HOUR - SECOND);
    assert_eq!(world.machine.freshness(world.time()), Freshness::Fresh);
    world.pass(SECOND);
    assert_eq!(world.machine.freshness(world.time()), Freshness::Expired);
}

#[test]
fn a_hydrated_set_with_little_trust_is_refreshed_before_its_end_even_after_a_failure() {
    let policy = plain().retry(SECOND, SECOND).min_refresh_interval(15 * MINUTE);
    let mut world = World::new(policy);
    let start = world.start().unwrap();
    world.fail(start, None);
    world.machine.handle_hydrate(world.time(), Duration::ZERO, 10 * MINUTE, None);
    assert_eq!(world.trust_left(), 10 * MINUTE);
    assert_eq!(world.next_in(), Some(8 * MINUTE));
}

/// All who share an answer refresh together; how long it is trusted is another matter.
#[test]
fn the_lifetime_of_a_shared_answer_counts_from_when_the_first_instance_got_it() {
    let shared = |shared_for| Response { shared_for, ..Response::default() };
    for (shared_for, next_in) in
        [(0, 800), (1, 799), (100, 700), (500, 300), (501, 300), (9999, 300)]
    {
        let mut world =
            World::new(plain().interval(1000 * SECOND).min_refresh_interval(200 * SECOND));
        world.load(shared(shared_for * SECOND));
        assert_eq!(world.next_in(), Some(next_in * SECOND), "{shared_for}");
        let own = World::loaded(plain().interval(1000 * SECOND).min_refresh_interval(200 * SECOND));
        assert_eq!(world.trust_left(), own.trust_left());
    }
    // However much has passed: no sooner than any other automatic refresh.
    let mut world = World::new(plain().interval(1000 * SECOND).min_refresh_interval(400 * SECOND));
    world.load(shared(500 * SECOND));
    assert_eq!(world.next_in(), Some(400 * SECOND));
}
