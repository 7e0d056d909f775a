//! Exact points and ranges of the refresh ahead.

use std::time::Duration;

use jwks_core::refresh::{
    Machine, Miss, Policy, PolicyBuilder, PolicyError, Reason, Response, Strategy, Time,
};

use crate::moments::{at, loaded, loaded_by};

#[test]
fn threshold_points_of_twenty_minutes() -> Result<(), PolicyError> {
    for (threshold, minute) in [(0.8, 16), (0.9, 18), (0.5, 10), (1.0, 20)] {
        let policy = base().background_refresh_threshold(threshold).jitter(0.0).build()?;
        let next = loaded(policy).poll_timeout().map(|next| (next.at, next.reason));
        assert_eq!(next, Some((at(minute * 60_000), Reason::Ahead)), "threshold {threshold}");
    }
    Ok(())
}

#[test]
fn a_threshold_of_nothing_is_min_refresh_interval() -> Result<(), PolicyError> {
    let policy = base().background_refresh_threshold(0.0).jitter(0.0).build()?;
    assert_eq!(loaded(policy).next_fetch().map(|next| next.at), Some(at(60_000)));
    Ok(())
}

#[test]
fn usage_points_round_up_and_are_at_least_one() -> Result<(), PolicyError> {
    let table =
        [(1000, 0.8, 800), (10, 0.75, 8), (3, 0.5, 2), (5, 0.0, 1), (7, 1.0, 7), (1, 0.5, 1)];
    for (usages, threshold, point) in table {
        let policy = base().usages(usages).background_refresh_threshold(threshold).jitter(0.0);
        let machine = loaded(policy.build()?);
        assert_eq!(machine.poll_usage().map(|count| count.get()), Some(point));
    }
    Ok(())
}

#[test]
fn usages_never_refresh_before_min_refresh_interval() -> Result<(), PolicyError> {
    let mut machine = loaded(base().build()?);
    machine.handle_usage(at(1000), 1000);
    assert_eq!(machine.handle_timeout(at(1000)), None);
    let next = machine.poll_timeout().map(|next| (next.at, next.reason));
    assert_eq!(next, Some((at(60_000), Reason::AheadByUsage)));
    Ok(())
}

#[test]
fn jitter_spreads_over_its_part_of_what_is_left() -> Result<(), PolicyError> {
    let policy = base().build()?;
    let points: Vec<_> =
        (0..2000).filter_map(|seed| loaded_by(policy.clone(), seed).next_fetch()).collect();
    let times = points.iter().map(|next| next.at);
    // 16 minutes and a fifth of the other four.
    uniform(times.collect(), at(960_000), at(1_008_000));
    let uses = (0..2000).filter_map(|seed| loaded_by(policy.clone(), seed).poll_usage());
    let uses: Vec<_> = uses.map(|count| count.get()).collect();
    assert_eq!((uses.iter().min(), uses.iter().max()), (Some(&800), Some(&840)));
    Ok(())
}

#[test]
fn whole_jitter_reaches_the_end_of_the_lifetime() -> Result<(), PolicyError> {
    let policy = base().jitter(1.0).build()?;
    let times = (0..2000).filter_map(|seed| loaded_by(policy.clone(), seed).next_fetch());
    uniform(times.map(|next| next.at).collect(), at(960_000), at(1_200_000));
    Ok(())
}

#[test]
fn the_first_refresh_is_spread_from_min_refresh_interval_to_the_threshold()
-> Result<(), PolicyError> {
    let policy = base().spread_first_refresh(true).build()?;
    let times = (0..2000).filter_map(|seed| loaded_by(policy.clone(), seed).next_fetch());
    uniform(times.map(|next| next.at).collect(), at(60_000), at(960_000));
    Ok(())
}

#[test]
fn the_first_refresh_by_usage_is_spread_over_one_period_of_it() -> Result<(), PolicyError> {
    // 800 uses within a second: no period is shorter than `min_refresh_interval`.
    let policy = base().spread_first_refresh(true).build()?;
    let times = (0..2000).filter_map(|seed| {
        let mut machine = loaded_by(policy.clone(), seed);
        machine.handle_usage(at(1000), 800);
        machine.next_fetch()
    });
    uniform(times.map(|next| next.at).collect(), at(60_000), at(120_000));
    // One use a second: 800 seconds. The points are spread, and due `min_refresh_interval` after.
    let counts: Vec<_> = (0..2000)
        .filter_map(|seed| loaded_by(policy.clone(), seed).poll_usage())
        .map(|count| at(count.get() * 1000))
        .collect();
    uniform(counts, at(1000), at(801_000));
    let mut machine = loaded_by(policy, 1);
    let count = machine.poll_usage().map_or(0, |count| count.get());
    machine.handle_usage(at(count * 1000), count);
    let next = machine.next_fetch().map(|next| (next.at, next.reason));
    assert_eq!(next, Some((at((count + 60) * 1000), Reason::AheadByUsage)));
    Ok(())
}

#[test]
fn what_all_have_fetched_at_once_is_spread_too() -> Result<(), PolicyError> {
    for by_hand in [true, false] {
        let policy = base().spread_first_refresh(true).build()?;
        let times = (0..2000).filter_map(|seed| {
            let mut machine = loaded_by(policy.clone(), seed);
            let first = machine.next_fetch()?.at;
            refresh(&mut machine, first, true);
            let now = first + Duration::from_secs(1);
            match by_hand {
                true => machine.handle_refresh(now).ok()?,
                false => machine.handle_miss(now, Miss::Kid),
            }
            refresh(&mut machine, now, true);
            Some(at(0) + machine.next_fetch()?.at.saturating_since(now))
        });
        uniform(times.collect(), at(60_000), at(960_000));
    }
    Ok(())
}

#[test]
fn only_the_first_refresh_is_spread() -> Result<(), PolicyError> {
    let policy = base().spread_first_refresh(true).build()?;
    for seed in 0..200 {
        let mut machine = loaded_by(policy.clone(), seed);
        let first = machine.next_fetch().map(|next| next.at).unwrap_or(Time::MAX);
        // A second success: after the threshold.
        refresh(&mut machine, first, true);
        let second = machine.next_fetch().map(|next| next.at).unwrap_or(Time::MAX);
        assert!(second >= first + MINUTE * 16);
        // A failure, and the success that ends it: spread again.
        refresh(&mut machine, second, false);
        let retry = machine.next_fetch().map(|next| next.at).unwrap_or(Time::MAX);
        refresh(&mut machine, retry, true);
        let third = machine.next_fetch().map(|next| next.at).unwrap_or(Time::MAX);
        assert!(third >= retry + MINUTE && third < retry + MINUTE * 16);
    }
    Ok(())
}

#[test]
fn usage_only_is_refreshed_ahead_of_its_trust() -> Result<(), PolicyError> {
    // 24 hours less 1, at 0.8: 18.4 hours.
    let policy = base().strategy(Strategy::Usage).jitter(0.0).build()?;
    let next = loaded(policy).next_fetch().map(|next| next.at);
    assert_eq!(next, Some(at(18_400 * 3600)));
    Ok(())
}

#[test]
fn the_response_replaces_the_lifetime_inside_the_clamp() -> Result<(), PolicyError> {
    let policy = base().http_freshness(true).jitter(0.0).build()?;
    let hour = 3600 * 1000;
    let table = [
        (None, 16 * 60_000),
        (Some(0), 16 * 60_000),
        (Some(1000), 24_000),
        (Some(hour), hour / 10 * 8),
        (Some(100 * hour), 12 * hour / 10 * 8),
    ];
    for (given, point) in table {
        let mut machine = Machine::new(policy.clone(), 0, Time::ZERO);
        let lifetime = given.map(Duration::from_millis);
        if let Some(start) = machine.handle_timeout(Time::ZERO) {
            let response = Response { lifetime, ..Response::default() };
            machine.handle_success(Time::ZERO, start.id, response);
        }
        assert_eq!(machine.next_fetch().map(|next| next.at), Some(at(point)), "{given:?}");
    }
    Ok(())
}

fn base() -> PolicyBuilder {
    Policy::builder()
}

fn refresh(machine: &mut Machine, now: Time, succeeds: bool) {
    if let Some(start) = machine.handle_timeout(now) {
        if succeeds {
            machine.handle_success(now, start.id, Response::default());
        } else {
            machine.handle_failure(now, start.id, None);
        }
    }
}

/// All inside the half-open range, and each tenth of it used.
fn uniform(times: Vec<Time>, low: Time, high: Time) {
    assert_eq!(times.len(), 2000);
    let span = high.saturating_since(low);
    let mut tenths = [0; 10];
    for time in times {
        assert!(time >= low && time < high, "{time:?}");
        let place = time.saturating_since(low).as_nanos() * 10 / span.as_nanos();
        tenths[usize::try_from(place).unwrap_or(0)] += 1;
    }
    assert!(tenths.iter().all(|count| (140..260).contains(count)), "{tenths:?}");
}

const MINUTE: Duration = Duration::from_secs(60);
