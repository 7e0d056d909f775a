//! What of a machine decides about its future.

use std::borrow::Cow;

use crate::refresh::{Machine, Time};

/// All that the machine remembers, with every moment counted from now, and without the numbers of
/// its fetches. Two machines of the same text behave alike.
///
/// Made from the `Debug` text, so that no field can be forgotten.
pub(super) fn of(machine: &Machine, now: Time, horizon: i128) -> String {
    let mut machine = machine.clone();
    machine.retry.failures = machine.retry.failures.min(super::scene::FAILURES);
    let text = format!("{machine:?}");
    // The settings are the same everywhere, and the draws to come are a choice of the walk.
    let start = text.find("clock: Clock").unwrap_or(0);
    let text = text.get(start..).unwrap_or_default();
    let (before, after) = text.split_once("last_id: ").unwrap_or((text, ""));
    let text = format!("{before}{}", after.trim_start_matches(|c: char| c.is_ascii_digit()));
    let mut rest = text.as_str();
    let now = nanos(now.since_origin());
    let mut canonical = String::with_capacity(rest.len());
    while let Some(at) = rest.find(['(', '{']) {
        let (before, after) = rest.split_at(at + 1);
        let (before, after) = if let Some(before) = before.strip_suffix("FetchId(") {
            (Cow::Borrowed(before), after.split_once(')').map_or("", |(_, after)| after))
        } else if let Some(before) = before.strip_suffix("Reading {") {
            let (inner, after) = after.split_once('}').unwrap_or((after, ""));
            canonical.push_str(before);
            (Cow::Owned(offset(inner).to_string()), after)
        } else if let Some(before) = before.strip_suffix("Time(") {
            let (inner, after) = after.split_once(')').unwrap_or((after, ""));
            canonical.push_str(before);
            // Of a deadline it counts no more how long it is over.
            let oldest = if AGES.iter().any(|age| before.ends_with(age)) { -horizon } else { 0 };
            (Cow::Owned((parse(inner) - now).max(oldest).to_string()), after)
        } else {
            (Cow::Borrowed(before), after)
        };
        canonical.push_str(&before);
        rest = after;
    }
    canonical.push_str(rest);
    canonical
}

/// Moments whose age counts.
const AGES: [&str; 4] = ["ended_at: ", "granted: (", "sent_at: ", "validated_from: Some("];

/// Of a reading, ` at: Time(5s), wall: 7s `: how far the wall clock was ahead. No more counts.
fn offset(inner: &str) -> i128 {
    let inner = inner.trim().trim_start_matches("at: Time(");
    let (at, wall) = inner.split_once("), wall: ").expect("a reading of both clocks");
    parse(wall) - parse(at)
}

/// A `Debug` text of a duration.
fn parse(text: &str) -> i128 {
    let (number, unit) = [("ns", 0), ("µs", 3), ("ms", 6), ("s", 9)]
        .iter()
        .find_map(|&(unit, places)| Some((text.strip_suffix(unit)?, places)))
        .expect("a duration");
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{part:0<unit$}");
    digits.parse().expect("digits")
}

fn nanos(duration: core::time::Duration) -> i128 {
    i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX)
}

#[test]
fn durations_are_read_exactly() {
    for (text, expected) in
        [("0ns", 0), ("12s", 12_000_000_000), ("1.5s", 1_500_000_000), ("2.000001ms", 2_000_001)]
    {
        assert_eq!(parse(text), expected);
    }
}

#[test]
fn a_machine_is_the_same_at_any_time() {
    use crate::refresh::{Policy, Response};
    use core::time::Duration;
    let seen_at = |seconds: u64, used: u64| {
        let at = |more: u64| Time::from_origin(Duration::from_secs(seconds + more));
        let mut machine = Machine::new(Policy::default(), 1, at(0));
        for earlier in 0..seconds % 5 {
            let start = machine.handle_timeout(at(10 * earlier)).expect("an attempt");
            machine.handle_failure(at(10 * earlier), start.id, None);
        }
        machine.handle_wall_clock(at(100), Duration::from_secs(7000 + seconds));
        let start = machine.handle_timeout(at(100)).expect("a load");
        machine.rng = super::seed::drawing(0);
        machine.handle_success(at(101), start.id, Response::default());
        machine.rng = super::seed::drawing(0);
        machine.handle_usage(at(101), used);
        of(&machine, at(101), 1_000_000_000)
    };
    assert_eq!(seen_at(3, 7), seen_at(3000, 7));
    assert_ne!(seen_at(3, 7), seen_at(3, 8));
}
