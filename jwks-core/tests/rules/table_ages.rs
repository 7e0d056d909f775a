//! Ages are half-open.

use std::time::Duration;

use jwks_core::refresh::{Freshness, Machine, Policy, PolicyError, Time};

use crate::moments::{at, just_before, loaded, start, succeed};

#[test]
fn ages_by_time_are_half_open() -> Result<(), PolicyError> {
    let machine = loaded(Policy::builder().jitter(0.0).build()?);
    let table = [
        (16, Freshness::Fresh, Freshness::Due),
        (20, Freshness::Due, Freshness::Stale),
        (80, Freshness::Stale, Freshness::Expired),
    ];
    for (minute, before, from) in table {
        let end = at(minute * 60_000);
        assert_eq!(machine.freshness(just_before(end)), before);
        assert_eq!(machine.freshness(end), from);
        assert!(machine.is_serving(just_before(end)));
        assert_eq!(machine.is_serving(end), minute < 80);
    }
    Ok(())
}

#[test]
fn ages_without_background_refresh_have_no_due() -> Result<(), PolicyError> {
    let mut machine = Machine::new(on_demand()?, 0, Time::ZERO);
    assert_eq!(machine.freshness(Time::ZERO), Freshness::Missing);
    machine.handle_demand(Time::ZERO, 1);
    let load = start(&mut machine, Time::ZERO);
    succeed(&mut machine, Time::ZERO, load);
    let end = at(20 * 60_000);
    assert_eq!(machine.freshness(just_before(end)), Freshness::Fresh);
    assert_eq!(machine.freshness(end), Freshness::Stale);
    Ok(())
}

#[test]
fn ages_by_usage_turn_stale_but_never_expired() -> Result<(), PolicyError> {
    let mut machine = loaded(Policy::builder().jitter(0.0).build()?);
    machine.handle_usage(at(60_000), 799);
    assert_eq!(machine.freshness(at(60_000)), Freshness::Fresh);
    machine.handle_usage(at(60_000), 1);
    assert_eq!(machine.freshness(at(60_000)), Freshness::Due);
    machine.handle_usage(at(60_000), 199);
    assert_eq!(machine.freshness(at(60_000)), Freshness::Due);
    machine.handle_usage(at(60_000), 1);
    assert_eq!(machine.freshness(at(60_000)), Freshness::Stale);
    machine.handle_usage(at(60_000), u64::MAX);
    assert_eq!(machine.freshness(just_before(at(80 * 60_000))), Freshness::Stale);
    Ok(())
}

#[test]
fn max_trust_is_the_hard_end_whatever_the_strategy() -> Result<(), PolicyError> {
    let day = at(24 * 3600 * 1000);
    let policy = Policy::builder().strategy(jwks_core::refresh::Strategy::Usage).build()?;
    assert_eq!(loaded(policy).trust_until(), Some(day));
    let hour = Duration::from_secs(3600);
    let policy = Policy::builder().interval(hour * 12).stale_if_error(hour * 12).build()?;
    assert_eq!(loaded(policy).trust_until(), Some(day));
    Ok(())
}

fn on_demand() -> Result<Policy, PolicyError> {
    Policy::builder().background_refresh(false).build()
}
