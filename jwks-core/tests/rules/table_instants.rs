//! Deadlines that fall on one instant, idle periods, and the ends of time.

use std::time::Duration;

use jwks_core::refresh::{
    Answered, Freshness, Machine, Miss, Policy, PolicyError, Reason, Response, Time,
};

use crate::moments::{at, just_before, loaded, start, succeed, tagged};

#[test]
fn expiry_fetch_timeout_and_a_due_load_on_one_instant() -> Result<(), PolicyError> {
    // Refreshed ahead at 8 s and again from 9 s on: the second attempt and the trust both end at 10 s.
    let seconds = Duration::from_secs;
    let policy = Policy::builder()
        .interval(seconds(10))
        .background_refresh_threshold(0.8)
        .jitter(0.0)
        .stale_if_error(Duration::ZERO)
        .fetch_timeout(seconds(1))
        .build()?;
    let mut machine = loaded(policy);
    let ahead = start(&mut machine, at(8000));
    machine.handle_failure(at(8500), ahead.id, Some(seconds(1) / 2));
    let again = start(&mut machine, at(9000));
    machine.handle_usage(at(9000), 5);
    assert_eq!(machine.poll_timeout().map(|next| next.at), Some(at(10_000)));
    // The failed attempt pauses the load, the expiry is not lost.
    assert_eq!(machine.handle_timeout(at(10_000)), None);
    assert_eq!(machine.freshness(at(10_000)), Freshness::Expired);
    assert_eq!(machine.trust_until(), None);
    assert_eq!(machine.failures(), 2);
    assert_eq!(machine.handle_success(at(10_000), again.id, tagged()), Answered::Ignored);
    let next = machine.poll_timeout().expect("a retry");
    assert!(next.reason == Reason::Retry && next.at >= at(10_250) && next.at <= at(10_500));
    Ok(())
}

#[test]
fn expiry_and_a_wanted_refresh_on_one_instant() -> Result<(), PolicyError> {
    let mut machine = loaded(Policy::builder().jitter(0.0).build()?);
    let end = at(80 * 60_000);
    machine.handle_usage(at(11_000), 1);
    machine.handle_miss(at(11_000), Miss::Kid);
    assert_eq!(machine.handle_refresh(at(11_000)), Ok(()));
    // A driver that slept through all of it: ahead, lifetime, trust; by hand and for a kid.
    let start = start(&mut machine, end);
    assert!(start.by_hand && start.no_cache && !start.conditional);
    // The set that the token missed its key in is gone, and with it the miss.
    assert!(!start.unknown_kid && !machine.wants_miss());
    assert_eq!(machine.freshness(end), Freshness::Expired);
    assert!(machine.poll_timeout().is_some_and(|next| next.at == start.deadline));
    Ok(())
}

#[test]
fn an_answer_at_its_deadline_is_too_late() {
    let mut machine = Machine::new(Policy::default(), 0, Time::ZERO);
    let load = machine.handle_timeout(Time::ZERO).expect("the first load");
    assert_eq!(load.deadline, at(5000));
    let mut late = machine.clone();
    assert_eq!(late.handle_success(at(5000), load.id, tagged()), Answered::Ignored);
    assert_eq!(late.freshness(at(5000)), Freshness::Missing);
    let in_time = just_before(at(5000));
    assert_eq!(machine.handle_success(in_time, load.id, tagged()), Answered::Confirmed);
    assert_eq!(machine.handle_success(in_time, load.id, tagged()), Answered::Ignored);
}

#[test]
fn idle_is_seen_between_one_and_two_periods() -> Result<(), PolicyError> {
    let minute = Duration::from_secs(60);
    let policy = Policy::builder().jitter(0.0).idle_after(Some(minute * 10)).build()?;
    let mut machine = loaded(policy);
    machine.handle_usage(at(60_000), 1);
    let check = machine.poll_timeout().map(|next| (next.at, next.reason));
    assert_eq!(check, Some((at(600_000), Reason::IdleCheck)));
    // Used in this period.
    assert_eq!(machine.handle_timeout(at(600_000)), None);
    assert_eq!(machine.poll_timeout().map(|next| next.at), Some(at(960_000)));
    let refresh = machine.handle_timeout(at(960_000)).expect("not idle yet");
    succeed(&mut machine, at(960_000), refresh);
    // Not used in the next: idle, and nothing but the ends of lifetime and trust is armed.
    assert_eq!(machine.handle_timeout(at(1_200_000)), None);
    assert_eq!(machine.next_fetch(), None);
    let ends = [(960 + 1200, Reason::LifetimeEnd), (960 + 4800, Reason::Expiry)];
    for (second, reason) in ends {
        let next = machine.poll_timeout().map(|next| (next.at, next.reason));
        assert_eq!(next, Some((at(second * 1000), reason)));
        assert_eq!(machine.handle_timeout(at(second * 1000)), None);
    }
    assert_eq!(machine.freshness(at(5_760_000)), Freshness::Expired);
    // The next validation is announced, and wakes it.
    assert_eq!(machine.poll_usage().map(|count| count.get()), Some(1));
    machine.handle_demand(at(6_000_000), 1);
    let load = machine.handle_timeout(at(6_000_000)).map(|start| start.reason);
    assert_eq!(load, Some(Reason::Load));
    Ok(())
}

#[test]
fn idle_wakes_with_a_use_of_the_held_set() -> Result<(), PolicyError> {
    let policy = Policy::builder().idle_after(Some(Duration::from_secs(60))).build()?;
    let mut machine = loaded(policy);
    assert_eq!(machine.handle_timeout(at(60_000)), None);
    assert_eq!(machine.handle_timeout(at(1_100_000)), None);
    // A refused token is no validation.
    machine.handle_usage(at(1_100_001), 0);
    assert_eq!(machine.handle_timeout(at(1_100_001)), None);
    machine.handle_usage(at(1_100_002), 1);
    let refresh = machine.handle_timeout(at(1_100_002)).map(|start| start.reason);
    assert_eq!(refresh, Some(Reason::Ahead));
    Ok(())
}

#[test]
fn nothing_is_due_at_the_end_of_time() {
    let mut machine = loaded(Policy::default());
    assert_eq!(machine.handle_timeout(Time::MAX), None);
    assert_eq!(machine.freshness(Time::MAX), Freshness::Expired);
    machine.handle_ask(Time::MAX);
    machine.handle_demand(Time::MAX, 1);
    assert_eq!(machine.handle_refresh(Time::MAX), Ok(()));
    machine.handle_invalidate(Time::MAX);
    machine.handle_distrust(Time::MAX);
    assert_eq!(machine.handle_timeout(Time::MAX), None);
    assert_eq!(machine.poll_timeout(), None);
}

#[test]
fn the_longest_durations_neither_overflow_nor_spin() -> Result<(), PolicyError> {
    let policy = Policy::builder()
        .interval(Duration::MAX)
        .stale_if_error(Duration::ZERO)
        .max_trust(Duration::MAX)
        .cold_retry_max(Duration::MAX)
        .unknown_kid_cooldown(Duration::MAX)
        .fetch_timeout(Duration::MAX)
        .retry(Duration::MAX, Duration::MAX)
        .background_refresh(false)
        .build()?;
    let mut machine = Machine::new(policy, 0, Time::ZERO);
    machine.handle_demand(Time::ZERO, u64::MAX);
    let load = machine.handle_timeout(Time::ZERO).expect("the first load");
    assert_eq!((load.deadline, machine.poll_timeout()), (Time::MAX, None));
    let longest = Some(Duration::MAX);
    let response = Response {
        lifetime: longest,
        age: Duration::MAX,
        shared_for: Duration::MAX,
        validators: true,
    };
    assert_eq!(machine.handle_success(at(1), load.id, response), Answered::Confirmed);
    machine.handle_usage(at(1), u64::MAX);
    machine.handle_usage(at(1), u64::MAX);
    machine.handle_miss(at(1), Miss::Kid);
    let missed = machine.handle_timeout(at(1)).expect("a fetch for the unknown kid");
    assert_eq!(machine.handle_failure(at(2), missed.id, longest), Answered::Failed);
    let mut rounds = 0;
    while let Some(next) = machine.poll_timeout() {
        rounds += 1;
        assert!(rounds < 20, "still {next:?}");
        machine.handle_timeout(next.at);
    }
    Ok(())
}
