//! Refreshes by hand, invalidations and unknown kids, second by second.

use std::time::Duration;

use jwks_core::refresh::{
    Answered, FetchStart, Freshness, Machine, Policy, PolicyError, Reason, Time,
};

use crate::moments::{at, loaded};

#[test]
fn refreshes_run_at_once_then_together_at_the_end_of_the_second() {
    let mut machine = loaded(Policy::default());
    assert_eq!(machine.handle_refresh(at(100)), Ok(()));
    let first = start(&mut machine, 100);
    assert!(first.no_cache && first.reason == Reason::Refresh);
    machine.handle_success(at(150), first.id, None, true);
    for now in [200, 300, 900] {
        assert_eq!(machine.handle_refresh(at(now)), Ok(()));
        assert_eq!(machine.handle_timeout(at(now)), None);
    }
    assert_eq!(machine.next_fetch().map(|next| next.at), Some(at(1100)));
    let second = start(&mut machine, 1100);
    machine.handle_success(at(1200), second.id, None, true);
    assert_eq!(machine.handle_timeout(at(2200)), None);
}

#[test]
fn a_refresh_never_joins_a_fetch_begun_before_it() {
    let mut machine = Machine::new(Policy::default(), 0, Time::ZERO);
    let load = start(&mut machine, 0);
    assert_eq!(machine.handle_refresh(at(50)), Ok(()));
    machine.handle_success(at(200), load.id, None, true);
    let own = start(&mut machine, 200);
    assert!(own.reason == Reason::Refresh && own.conditional && own.no_cache);
}

#[test]
fn a_refresh_ignores_our_backoff_but_not_a_retry_after() {
    let mut machine = Machine::new(Policy::default(), 0, Time::ZERO);
    for now in [0, 1000, 3000] {
        let load = start(&mut machine, now);
        machine.handle_failure(at(now), load.id, None);
    }
    assert!(machine.retry_at() >= at(3500));
    assert_eq!(machine.handle_refresh(at(3001)), Ok(()));
    let own = start(&mut machine, 3001);
    machine.handle_failure(at(3002), own.id, Some(Duration::from_secs(20)));
    // An impatient operator does not lengthen the pauses of an outage.
    assert_eq!(machine.failures(), 3);
    assert_eq!(machine.handle_refresh(at(3003)), Err(at(23_002)));
    assert_eq!(machine.handle_refresh(at(23_002)), Ok(()));
}

#[test]
fn refreshes_that_wait_are_refused_when_a_retry_after_comes_in() {
    let mut machine = Machine::new(Policy::default(), 0, Time::ZERO);
    let load = start(&mut machine, 0);
    assert_eq!(machine.handle_refresh(at(10)), Ok(()));
    machine.handle_failure(at(20), load.id, Some(Duration::from_secs(5)));
    assert_eq!(machine.next_fetch().map(|next| next.reason), Some(Reason::Retry));
}

#[test]
fn invalidate_abandons_the_fetch_in_flight_and_loads_unconditionally() {
    let mut machine = loaded(Policy::default());
    assert_eq!(machine.handle_refresh(at(5000)), Ok(()));
    let old = start(&mut machine, 5000);
    machine.handle_invalidate(at(5100));
    assert_eq!(machine.freshness(at(5100)), Freshness::Missing);
    assert_eq!(machine.in_flight(), None);
    // Its second is not over: the same budget.
    assert_eq!(machine.handle_timeout(at(5100)), None);
    assert_eq!(machine.handle_success(at(5200), old.id, None, true), Answered::Ignored);
    assert_eq!(machine.handle_not_modified(at(5200), old.id, None), Answered::Ignored);
    let new = start(&mut machine, 6000);
    assert!(new.reason == Reason::Refresh && new.no_cache && !new.conditional);
    // A 304 without a set is a failure, and the next attempt is unconditional.
    assert_eq!(machine.handle_not_modified(at(6001), new.id, None), Answered::Failed);
    let again = machine.poll_timeout().map(|next| next.at).unwrap_or(Time::MAX);
    assert!(machine.handle_timeout(again).is_some_and(|start| !start.conditional));
}

#[test]
fn invalidate_loads_even_when_idle_or_without_background_refresh() -> Result<(), PolicyError> {
    let idle = Policy::builder().idle_after(Some(Duration::from_secs(1))).build()?;
    for policy in [idle, Policy::builder().background_refresh(false).build()?] {
        let mut machine = Machine::new(policy, 0, Time::ZERO);
        machine.handle_demand(Time::ZERO, 1);
        let load = start(&mut machine, 0);
        machine.handle_success(at(1), load.id, None, true);
        machine.handle_demand(at(1), 0);
        for second in 1..9 {
            assert_eq!(machine.handle_timeout(at(second * 1000)), None);
        }
        machine.handle_invalidate(at(9000));
        assert_eq!(start(&mut machine, 9000).reason, Reason::Refresh);
    }
    Ok(())
}

#[test]
fn invalidate_during_a_retry_after_loads_at_its_end() {
    let mut machine = Machine::new(Policy::default(), 0, Time::ZERO);
    let load = start(&mut machine, 0);
    machine.handle_failure(at(0), load.id, Some(Duration::from_secs(30)));
    machine.handle_invalidate(at(1000));
    assert_eq!(machine.handle_timeout(at(29_999)), None);
    let new = start(&mut machine, 30_000);
    assert!(new.no_cache);
}

#[test]
fn unknown_kids_are_counted_by_attempt_and_never_advance_the_backoff() {
    let mut machine = loaded(Policy::default());
    for attempt in 0..5 {
        let now = 10_000 * attempt + 1000;
        machine.handle_usage(at(now - 1), 0, u64::from(attempt == 0));
        let missed = start(&mut machine, now - 1);
        assert!(missed.reason == Reason::UnknownKid && missed.no_cache);
        // During the fetch, and inside the cooldown, nothing more is caused.
        machine.handle_usage(at(now), 0, 7);
        machine.handle_failure(at(now + 10), missed.id, None);
        machine.handle_usage(at(now + 20), 0, 7);
        assert_eq!(machine.handle_timeout(at(now + 20)), None);
        assert_eq!(machine.unknown_kid_opens_at(at(now + 20)), Some(at(now - 1 + 10_000)));
        assert_eq!(machine.unknown_kid_opens_at(at(now - 1 + 10_000)), None);
        assert_eq!((machine.failures(), machine.retry_at()), (0, Time::ZERO));
        machine.handle_usage(at(now - 1 + 10_000), 0, 1);
    }
}

fn start(machine: &mut Machine, now: u64) -> FetchStart {
    machine.handle_timeout(at(now)).expect("a fetch starts")
}
