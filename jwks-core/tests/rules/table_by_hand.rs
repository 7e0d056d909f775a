//! Refreshes by hand, invalidations and unknown kids, second by second.

use std::time::Duration;

use jwks_core::refresh::{Answered, Freshness, Machine, Miss, Policy, PolicyError, Reason, Time};

use crate::moments::{at, loaded, start, succeed, tagged};

#[test]
fn refreshes_run_at_once_then_together_at_the_end_of_the_second() {
    let mut machine = loaded(Policy::default());
    assert_eq!(machine.handle_refresh(at(100)), Ok(()));
    let first = start(&mut machine, at(100));
    assert!(first.by_hand && first.no_cache && first.reason == Reason::Refresh);
    succeed(&mut machine, at(150), first);
    for now in [200, 300, 900] {
        assert_eq!(machine.handle_refresh(at(now)), Ok(()));
        assert_eq!(machine.handle_timeout(at(now)), None);
    }
    assert_eq!(machine.next_fetch().map(|next| next.at), Some(at(1100)));
    let second = start(&mut machine, at(1100));
    succeed(&mut machine, at(1200), second);
    assert_eq!(machine.handle_timeout(at(2200)), None);
}

#[test]
fn a_refresh_never_joins_a_fetch_begun_before_it() -> Result<(), PolicyError> {
    let policy = Policy::builder().conditional_requests(true).build()?;
    let mut machine = Machine::new(policy, 0, Time::ZERO);
    let load = start(&mut machine, at(0));
    assert_eq!(machine.handle_refresh(at(50)), Ok(()));
    succeed(&mut machine, at(200), load);
    let own = start(&mut machine, at(200));
    assert!(own.reason == Reason::Refresh && !own.conditional && own.no_cache);
    Ok(())
}

#[test]
fn a_refresh_ignores_our_backoff_but_not_a_retry_after() {
    let mut machine = Machine::new(Policy::default(), 0, Time::ZERO);
    for now in [0, 1000, 3000] {
        let load = start(&mut machine, at(now));
        machine.handle_failure(at(now), load.id, None);
    }
    assert!(machine.retry_at() >= at(3500));
    assert_eq!(machine.handle_refresh(at(3001)), Ok(()));
    let own = start(&mut machine, at(3001));
    machine.handle_failure(at(3002), own.id, Some(Duration::from_secs(20)));
    // An impatient operator does not lengthen the pauses of an outage.
    assert_eq!(machine.failures(), 3);
    assert_eq!(machine.handle_refresh(at(3003)), Err(at(23_002)));
    assert_eq!(machine.handle_refresh(at(23_002)), Ok(()));
}

#[test]
fn refreshes_that_wait_are_refused_when_a_retry_after_comes_in() {
    let mut machine = Machine::new(Policy::default(), 0, Time::ZERO);
    let load = start(&mut machine, at(0));
    assert_eq!(machine.handle_refresh(at(10)), Ok(()));
    machine.handle_failure(at(20), load.id, Some(Duration::from_secs(5)));
    assert_eq!(machine.next_fetch().map(|next| next.reason), Some(Reason::Retry));
}

#[test]
fn invalidate_abandons_the_fetch_in_flight_and_loads_unconditionally() -> Result<(), PolicyError> {
    let mut machine = loaded(Policy::builder().conditional_requests(true).build()?);
    assert_eq!(machine.handle_refresh(at(5000)), Ok(()));
    let old = start(&mut machine, at(5000));
    machine.handle_invalidate(at(5100));
    assert_eq!(machine.freshness(at(5100)), Freshness::Missing);
    assert_eq!(machine.in_flight(), None);
    // Its second is not over: the same budget.
    assert_eq!(machine.handle_timeout(at(5100)), None);
    assert_eq!(machine.handle_success(at(5200), old.id, tagged()), Answered::Ignored);
    assert_eq!(machine.handle_not_modified(at(5200), old.id, tagged()), Answered::Ignored);
    let new = start(&mut machine, at(6000));
    assert!(new.reason == Reason::Refresh && new.no_cache && !new.conditional);
    // A 304 without a set is a failure, and the next attempt is unconditional.
    assert_eq!(machine.handle_not_modified(at(6001), new.id, tagged()), Answered::Failed);
    let again = machine.poll_timeout().map(|next| next.at).unwrap_or(Time::MAX);
    assert!(!start(&mut machine, again).conditional);
    Ok(())
}

#[test]
fn invalidate_loads_even_when_idle_or_without_background_refresh() -> Result<(), PolicyError> {
    let idle = Policy::builder().idle_after(Some(Duration::from_secs(1))).build()?;
    for policy in [idle, Policy::builder().background_refresh(false).build()?] {
        let mut machine = loaded(policy);
        for second in 1..9 {
            assert_eq!(machine.handle_timeout(at(second * 1000)), None);
        }
        machine.handle_invalidate(at(9000));
        assert_eq!(start(&mut machine, at(9000)).reason, Reason::Refresh);
    }
    Ok(())
}

#[test]
fn invalidate_during_a_retry_after_loads_at_its_end() {
    let mut machine = Machine::new(Policy::default(), 0, Time::ZERO);
    let load = start(&mut machine, at(0));
    machine.handle_failure(at(0), load.id, Some(Duration::from_secs(30)));
    machine.handle_invalidate(at(1000));
    assert_eq!(machine.handle_timeout(at(29_999)), None);
    let new = start(&mut machine, at(30_000));
    assert!(new.no_cache);
}

#[test]
fn unknown_kids_are_counted_by_attempt_and_never_advance_the_backoff() -> Result<(), PolicyError> {
    let mut machine = loaded(Policy::builder().unknown_kid_burst(1).build()?);
    for attempt in 0..5 {
        let begun = 10_000 * attempt + 999;
        machine.handle_miss(at(begun), Miss::Kid);
        let missed = start(&mut machine, at(begun));
        assert!(missed.reason == Reason::UnknownKid && missed.no_cache && missed.unknown_kid);
        // During the fetch a miss is none; inside the cooldown it is remembered.
        machine.handle_miss(at(begun + 1), Miss::Kid);
        assert!(!machine.wants_miss());
        machine.handle_failure(at(begun + 11), missed.id, None);
        assert_eq!(machine.handle_timeout(at(begun + 21)), None);
        let opens_at = at(begun + 10_000);
        assert_eq!(machine.miss_opens_at(at(begun + 21), Miss::Kid), Some(opens_at));
        assert_eq!(machine.miss_opens_at(opens_at, Miss::Kid), None);
        assert_eq!((machine.failures(), machine.retry_at()), (0, Time::ZERO));
    }
    Ok(())
}

#[test]
fn the_burst_comes_back_one_fetch_per_cooldown() {
    let mut machine = loaded(Policy::default());
    let fetches = |machine: &mut Machine, now: u64| {
        (0..10)
            .filter(|_| {
                machine.handle_miss(at(now), Miss::Kid);
                let started = machine.handle_timeout(at(now));
                started.inspect(|&start| succeed(machine, at(now), start)).is_some()
            })
            .count()
    };
    // After the pause, in seconds, and how many fetches a flood then causes at once; each flood also
    // leaves one remembered, which the next deadline begins.
    for (second, expected) in [(100, 3), (109, 0), (110, 1), (130, 2), (1000, 3)] {
        assert_eq!(fetches(&mut machine, second * 1000), expected, "at second {second}");
    }
}
