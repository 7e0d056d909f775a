//! Rule 13: time that only the wall clock has shown.

use std::time::Duration;

use jwks_core::refresh::{Answered, Freshness, Gate, Machine, Miss, Reason, Response, Time};

use crate::world::{HOUR, MINUTE, SECOND, World, on_demand, plain};

#[test]
fn a_thawed_machine_knows_how_old_its_set_is() {
    let mut world = World::loaded(plain());
    world.freeze(17 * MINUTE);
    assert_eq!(world.machine.freshness(world.time()), Freshness::Due);
    world.freeze(4 * MINUTE);
    assert_eq!(world.machine.freshness(world.time()), Freshness::Stale);
    world.freeze(HOUR);
    assert_eq!(world.machine.freshness(world.time()), Freshness::Expired);
    assert_eq!(world.start().unwrap().reason, Reason::Load);
}

#[test]
fn a_freeze_in_the_middle_of_a_fetch_is_no_confirmation_of_now() {
    let mut world = World::new(plain());
    let start = world.start().unwrap();
    world.freeze(79 * MINUTE);
    assert_eq!(world.succeed(start, Response::default()), Answered::Confirmed);
    assert_eq!(world.trust_left(), MINUTE);

    let mut world = World::new(plain());
    let start = world.start().unwrap();
    world.freeze(80 * MINUTE);
    assert_eq!(world.succeed(start, Response::default()), Answered::Outlived);
    assert!(!world.serves());
    // At once, and without a pause.
    let again = world.start().unwrap();
    assert_eq!((again.reason, world.machine.failures()), (Reason::Load, 0));
    assert_eq!(world.succeed(again, Response::default()), Answered::Confirmed);
}

/// Trust cannot last past the end of time. That is no freeze, or it would be asked for again at once.
#[test]
fn an_answer_at_the_end_of_time_is_a_failure() {
    let mut machine = Machine::new(plain().build().unwrap(), 7, Time::ZERO);
    machine.handle_wall_clock(Time::ZERO, Duration::ZERO);
    let now = Time::from_origin(Duration::MAX - HOUR - SECOND);
    machine.handle_wall_clock(now, Duration::MAX - SECOND);
    let start = machine.handle_timeout(now).unwrap();
    let answered = machine.handle_success(now + SECOND, start.id, Response::default());
    assert_eq!(answered, Answered::Failed);
}

#[test]
fn an_answer_that_is_outlived_again_and_again_is_asked_for_again_for_all_its_causes() {
    let mut world = World::loaded(on_demand());
    world.machine.handle_refresh(world.time()).unwrap();
    let mut start = world.start().unwrap();
    for _ in 0..3 {
        assert!(start.by_hand && start.no_cache);
        world.freeze(2 * HOUR);
        assert_eq!(world.succeed(start, Response::default()), Answered::Outlived);
        start = world.start().unwrap();
    }
    assert_eq!(world.succeed(start, Response::default()), Answered::Confirmed);
    assert_eq!(world.start(), None);
}

/// Also where the same cause has come up again meanwhile.
#[test]
fn an_outlived_answer_is_asked_for_again_for_a_cause_that_is_also_new() {
    let mut world = World::loaded(on_demand());
    world.machine.handle_refresh(world.time()).unwrap();
    let start = world.start().unwrap();
    world.machine.handle_refresh(world.time()).unwrap();
    world.freeze(2 * HOUR);
    assert_eq!(world.succeed(start, Response::default()), Answered::Outlived);
    let start = world.start().unwrap();
    assert!(start.by_hand && start.no_cache);
    assert_eq!(world.succeed(start, Response::default()), Answered::Confirmed);
    assert_eq!(world.next_in(), None, "one fetch for both");

    // The set may be trusted for longer than the answer.
    let mut world = World::new(plain().http_freshness(true));
    world.load(Response { lifetime: Some(10 * HOUR), ..Response::default() });
    world.miss(Miss::Kid);
    let start = world.start().unwrap();
    world.freeze(2 * HOUR);
    assert_eq!(world.succeed(start, Response::default()), Answered::Outlived);
    assert!(world.serves());
    world.miss(Miss::Kid);
    let start = world.start().unwrap();
    assert!(start.unknown_kid && start.no_cache && !start.by_hand);
}

#[test]
fn a_step_of_the_clock_at_boot_times_nothing_out() {
    let mut world = World::new(plain());
    let start = world.start().unwrap();
    world.freeze(5 * SECOND);
    assert_eq!(world.start(), None);
    assert_eq!(world.machine.in_flight(), Some(start.id));
    world.pass(4 * SECOND);
    assert_eq!(world.succeed(start, Response::default()), Answered::Confirmed);
}

#[test]
fn a_clock_that_was_decades_behind_costs_one_more_fetch() {
    let mut world = World::new(plain());
    let start = world.start().unwrap();
    world.freeze(56 * 365 * 24 * HOUR);
    assert_eq!(world.succeed(start, Response::default()), Answered::Outlived);
    let start = world.start().unwrap();
    assert_eq!(world.succeed(start, Response::default()), Answered::Confirmed);
    assert_eq!(world.next_in(), Some(16 * MINUTE));
}

#[test]
fn a_clock_that_goes_up_and_down_buys_no_fetches() {
    let mut world = World::loaded(plain());
    let mut fetches = 0;
    for _ in 0..600 {
        // Ten minutes of an hour up, an hour down, each second.
        world.freeze(HOUR);
        if let Some(start) = world.start() {
            fetches += 1;
            world.step_back(HOUR);
            world.succeed(start, Response::default());
        } else {
            world.step_back(HOUR);
        }
        world.pass(SECOND);
    }
    // The first step is news; from then on, one per min_refresh_interval.
    assert!((2..=11).contains(&fetches), "{fetches} fetches in ten minutes");
    assert!(world.serves());
}

#[test]
fn a_clock_that_goes_up_and_down_does_not_race_the_pauses() {
    let mut world = World::new(plain().retry(MINUTE, MINUTE).cold_retry_max(MINUTE));
    let mut fetches = 0;
    for _ in 0..600 {
        world.freeze(HOUR);
        if let Some(start) = world.start() {
            fetches += 1;
            world.fail(start, None);
        }
        world.step_back(HOUR);
        world.pass(SECOND);
    }
    assert!((10..=22).contains(&fetches), "{fetches} fetches in ten minutes");
}

#[test]
fn expiry_by_a_jumping_clock_loads_once_per_least_interval() {
    let mut world = World::loaded(plain());
    let mut fetches = 0;
    for _ in 0..600 {
        world.freeze(3 * HOUR);
        world.machine.handle_distrust(world.time());
        world.step_back(3 * HOUR);
        if let Some(start) = world.start() {
            fetches += 1;
            world.succeed(start, Response::default());
        }
        world.pass(SECOND);
    }
    assert!((9..=12).contains(&fetches), "{fetches} fetches in ten minutes");
}

#[test]
fn a_freeze_ends_pauses_and_cooldowns() {
    let mut world = World::loaded(plain().unknown_kid_burst(1).retry(MINUTE, MINUTE));
    world.miss(Miss::Kid);
    let start = world.start().unwrap();
    world.fail(start, Some(MINUTE));
    assert!(world.machine.miss_opens_at(world.time(), Miss::Kid).is_some());
    world.freeze(MINUTE);
    assert_eq!(world.machine.miss_opens_at(world.time(), Miss::Kid), None);
}

#[test]
fn less_than_a_second_is_the_clocks_own_difference() {
    let mut world = World::loaded(plain());
    world.freeze(SECOND);
    assert_eq!(world.next_in(), Some(16 * MINUTE));
    world.freeze(SECOND / 1000);
    assert_eq!(world.next_in(), Some(16 * MINUTE - SECOND - SECOND / 1000));
}

#[test]
fn a_freeze_ends_the_state_in_which_nobody_waits() {
    let mut world = World::loaded(on_demand().retry(SECOND, SECOND));
    world.pass(20 * MINUTE);
    world.start();
    assert_eq!(world.machine.gate(world.time()), Gate::Closed);
    world.machine.handle_demand(world.time(), 1);
    let start = world.start().unwrap();
    world.fail(start, None);
    world.machine.handle_demand(world.time(), 0);
    assert_eq!(world.machine.gate(world.time()), Gate::Asking);
    world.freeze(10 * MINUTE);
    world.start();
    assert_eq!(world.machine.gate(world.time()), Gate::Closed);
}
