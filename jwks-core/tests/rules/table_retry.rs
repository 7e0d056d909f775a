//! Exact pauses: our backoff, and the caps of `Retry-After`.

use std::time::Duration;

use jwks_core::refresh::{Answered, Machine, Policy, PolicyError, Reason, Time};

use crate::moments::{at, loaded, start, succeed};

#[test]
fn backoff_doubles_from_a_quarter_second_to_a_minute() -> Result<(), PolicyError> {
    let wholes = [250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000];
    let mut pauses = vec![Vec::new(); wholes.len()];
    for seed in 0..300 {
        let mut machine = Machine::new(Policy::default(), seed, Time::ZERO);
        let mut now = Time::ZERO;
        for (earlier, &whole) in wholes.iter().enumerate() {
            fail(&mut machine, now, None);
            let pause = machine.retry_at().saturating_since(now).as_micros();
            assert!(pause >= whole * 500 && pause <= whole * 1000, "{pause} µs of {whole} ms");
            pauses[earlier].push(pause);
            now = machine.retry_at();
            assert_eq!(
                machine.next_fetch().map(|next| (next.at, next.reason)),
                Some((now, Reason::Retry))
            );
        }
        assert_eq!(machine.failures(), 10);
    }
    for (pauses, whole) in pauses.iter().zip(wholes) {
        // Uniform: both ends are nearly reached.
        assert!(pauses.iter().any(|&pause| pause < whole * 550));
        assert!(pauses.iter().any(|&pause| pause > whole * 950));
    }
    Ok(())
}

#[test]
fn backoff_reaches_the_largest_pause_that_can_be_set() -> Result<(), PolicyError> {
    let least = Duration::from_millis(1);
    let policy = Policy::builder().retry(least, Duration::MAX).build()?;
    let mut machine = Machine::new(policy, 0, Time::ZERO);
    let mut now = Time::ZERO;
    for earlier in 0..63 {
        fail(&mut machine, now, None);
        let whole = Duration::from_nanos(1_000_000).saturating_mul(1 << earlier.min(31));
        let whole = whole.saturating_mul(1 << earlier.max(31_u32).saturating_sub(31));
        assert!(machine.retry_at() >= now + whole / 2, "failure {earlier}");
        assert!(machine.retry_at() <= now + whole, "failure {earlier}");
        now = machine.retry_at();
    }
    Ok(())
}

#[test]
fn retry_after_caps() -> Result<(), PolicyError> {
    // Without a set: a minute.
    for (asked, held) in [(30, 30), (60, 60), (61, 60), (u64::MAX, 60)] {
        let mut machine = Machine::new(Policy::default(), 0, Time::ZERO);
        fail(&mut machine, Time::ZERO, Some(Duration::from_secs(asked)));
        assert_eq!(machine.retry_at(), at(held * 1000), "asked for {asked} s");
    }
    // With one: half of what is left of 80 minutes at minute 16, and an hour at most.
    for (asked, held) in [(60, 60), (1920, 1920), (1921, 1920), (u64::MAX, 1920)] {
        let mut machine = loaded(Policy::builder().jitter(0.0).build()?);
        fail(&mut machine, at(960_000), Some(Duration::from_secs(asked)));
        assert_eq!(machine.retry_at(), at(960_000 + held * 1000), "asked for {asked} s");
    }
    let day = Duration::from_secs(24 * 3600);
    let policy = Policy::builder().jitter(0.0).stale_if_error(day).max_trust(day * 2).build()?;
    let mut machine = loaded(policy);
    fail(&mut machine, at(960_000), Some(day));
    assert_eq!(machine.retry_at(), at(960_000 + 3_600_000));
    Ok(())
}

#[test]
fn retry_after_of_a_set_that_has_stopped_serving_is_that_of_no_set() -> Result<(), PolicyError> {
    let policy = Policy::builder().jitter(0.0).stale_if_error(Duration::from_secs(10));
    let mut machine = loaded(policy.fetch_timeout(Duration::from_secs(120)).build()?);
    let begun = start(&mut machine, at(960_000));
    machine.handle_failure(at(1_070_000), begun.id, None);
    let begun = start(&mut machine, at(1_200_000));
    // The answer comes after the end of trust, before anybody has noticed that end.
    let answer = machine.handle_failure(at(1_210_000), begun.id, Some(Duration::from_secs(45)));
    assert_eq!(answer, Answered::Failed);
    machine.handle_timeout(at(1_210_000));
    assert_eq!(machine.retry_at(), at(1_255_000));
    Ok(())
}

#[test]
fn retry_after_never_shortens_our_own_pause_and_zero_is_no_tight_loop() -> Result<(), PolicyError> {
    for asked in [Duration::ZERO, Duration::from_nanos(1), Duration::from_millis(1)] {
        let mut machine = Machine::new(Policy::default(), 7, Time::ZERO);
        let mut plain = machine.clone();
        fail(&mut machine, Time::ZERO, Some(asked));
        fail(&mut plain, Time::ZERO, None);
        assert_eq!(machine.retry_at(), plain.retry_at());
        assert!(machine.retry_at() >= at(125));
        assert_eq!(machine.handle_timeout(at(124)), None);
    }
    Ok(())
}

#[test]
fn a_hold_that_a_set_allowed_is_shortened_when_the_set_goes() -> Result<(), PolicyError> {
    for by_hand in [true, false] {
        let mut machine = loaded(Policy::builder().jitter(0.0).build()?);
        fail(&mut machine, at(960_000), Some(Duration::from_secs(1800)));
        if by_hand {
            machine.handle_invalidate(at(1_000_000));
        } else {
            machine.handle_distrust(at(1_000_000));
        }
        assert_eq!(machine.retry_at(), at(1_060_000));
        // What is done by hand was held for a minute from the start.
        assert_eq!(machine.handle_refresh(at(1_000_000)), Err(at(1_020_000)));
    }
    Ok(())
}

#[test]
fn distrust_never_delays_the_load_by_more_than_min_refresh_interval() -> Result<(), PolicyError> {
    // A wall clock that jumps about, and an operator who refreshes each time.
    let mut machine = loaded(Policy::default());
    for second in 1..20 {
        let now = at(second * 1000);
        machine.handle_distrust(now);
        let next = machine.next_fetch().map(|next| next.at);
        assert!(next.is_some_and(|next| next <= now + Duration::from_secs(60)), "{next:?}");
        assert_eq!(machine.handle_refresh(now), Ok(()));
        let start = start(&mut machine, now);
        succeed(&mut machine, now, start);
    }
    Ok(())
}

fn fail(machine: &mut Machine, now: Time, retry_after: Option<Duration>) {
    let start = start(machine, now);
    assert_eq!(machine.handle_failure(now, start.id, retry_after), Answered::Failed);
}
