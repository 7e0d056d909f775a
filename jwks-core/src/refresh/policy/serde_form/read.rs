//! What a value means to a field. An error says, in words, what would have been allowed.

use core::num::NonZeroUsize;
use core::time::Duration;

use super::value::Value;
use crate::refresh::policy::{Kidless, Strategy};

type Read<T> = Result<T, &'static str>;

/// A whole number, also as text.
pub(super) fn count(value: &Value) -> Read<u64> {
    match value {
        Value::Count(count) => Some(*count),
        Value::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
    .ok_or("a whole number")
}

/// A duration with its unit.
pub(super) fn duration(value: &Value) -> Read<Duration> {
    match value {
        Value::Text(text) => spans(text),
        _ => None,
    }
    .ok_or("a duration with a unit, such as '30s' or '1h 30m'")
}

/// A truth value, also as the text that environment variables use for it.
pub(super) fn flag(value: &Value) -> Read<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Count(1) => Some(true),
        Value::Count(0) => Some(false),
        Value::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => None,
        },
        _ => None,
    }
    .ok_or("true or false")
}

/// A duration, or never.
pub(super) fn idle_after(value: &Value) -> Read<Option<Duration>> {
    match value {
        Value::Text(text) if is(text, NEVER) => Some(None),
        Value::Text(text) => spans(text).map(Some),
        _ => None,
    }
    .ok_or("'never' or a duration with a unit, such as '30m'")
}

/// The choice for tokens without `kid`.
pub(super) fn kidless(value: &Value) -> Read<Kidless> {
    let try_all =
        |most: u64| usize::try_from(most).ok().and_then(NonZeroUsize::new).map(Kidless::TryAll);
    match value {
        Value::Text(text) if is(text, ONLY_IF_UNIQUE) => Some(Kidless::OnlyIfUnique),
        Value::Text(text) if is(text, REJECT) => Some(Kidless::Reject),
        Value::Text(text) => text
            .split_once(':')
            .filter(|(name, _)| is(name, TRY_ALL))
            .and_then(|(_, most)| most.trim().parse().ok())
            .and_then(try_all),
        Value::Entry(name, most) if is(name, TRY_ALL) => count(most).ok().and_then(try_all),
        _ => None,
    }
    .ok_or("'reject', 'only_if_unique', or 'try_all:N' with N at least 1")
}

/// A duration whose bare number is minutes.
pub(super) fn minutes(value: &Value) -> Read<Duration> {
    counted(value, 60).ok_or("a number of minutes, or a duration with a unit, such as '90s'")
}

/// A number, also as text.
pub(super) fn number(value: &Value) -> Read<f64> {
    match value {
        Value::Count(count) => Some(*count as f64),
        Value::Number(number) => Some(*number),
        Value::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
    .ok_or("a number")
}

/// A duration whose bare number is seconds.
pub(super) fn seconds(value: &Value) -> Read<Duration> {
    counted(value, 1).ok_or("a number of seconds, or a duration with a unit, such as '90s'")
}

/// A whole number that counts things in memory.
pub(super) fn size(value: &Value) -> Read<usize> {
    let size = count(value)?;
    usize::try_from(size).map_err(|_| "a whole number that memory can hold")
}

/// A whole number that counts a few things.
pub(super) fn small(value: &Value) -> Read<u32> {
    u32::try_from(count(value)?).map_err(|_| "a whole number below 2^32")
}

/// The choice of strategy.
pub(super) fn strategy(value: &Value) -> Read<Strategy> {
    match value {
        Value::Text(text) if is(text, BOTH) => Some(Strategy::Both),
        Value::Text(text) if is(text, TIME) => Some(Strategy::Time),
        Value::Text(text) if is(text, USAGE) => Some(Strategy::Usage),
        _ => None,
    }
    .ok_or("'time', 'usage' or 'both'")
}

pub(super) const BOTH: &str = "both";
pub(super) const NEVER: &str = "never";
pub(super) const ONLY_IF_UNIQUE: &str = "only_if_unique";
pub(super) const REJECT: &str = "reject";
pub(super) const TIME: &str = "time";
pub(super) const TRY_ALL: &str = "try_all";
pub(super) const USAGE: &str = "usage";

/// A duration with its unit, or a number of units of so many seconds.
fn counted(value: &Value, unit: u32) -> Option<Duration> {
    let whole = |count: u64| count.checked_mul(u64::from(unit)).map(Duration::from_secs);
    let fraction = |number: f64| Duration::try_from_secs_f64(number * f64::from(unit)).ok();
    match value {
        Value::Count(count) => whole(*count),
        Value::Number(number) => fraction(*number),
        Value::Text(text) => {
            let text = text.trim();
            if let Ok(count) = text.parse() {
                whole(count)
            } else if let Ok(number) = text.parse() {
                fraction(number)
            } else {
                spans(text)
            }
        }
        _ => None,
    }
}

fn is(text: &str, name: &str) -> bool {
    text.trim().eq_ignore_ascii_case(name)
}

/// Reads `1h 30m` span by span.
///
/// Not at once: humantime 2.4 panics where the sum of two spans passes the largest duration by
/// less than a second, as in `18446744073709551615s 1000000000ns`.
fn spans(text: &str) -> Option<Duration> {
    let mut sum = Duration::ZERO;
    let mut rest = text.trim();
    loop {
        let mut after_unit = false;
        let end = rest.find(|c: char| {
            let starts = after_unit && c.is_ascii_digit();
            after_unit = c.is_alphabetic() || after_unit && c.is_whitespace();
            starts
        });
        let (span, next) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
        sum = sum.checked_add(humantime::parse_duration(span).ok()?)?;
        if next.is_empty() {
            return Some(sum);
        }
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spans_add_up() {
        for (text, nanos) in [
            ("0s", 0),
            ("1ns", 1),
            ("1s 1s", 2_000_000_000),
            ("1h30m", 5_400_000_000_000),
            (" 1.5s ", 1_500_000_000),
            ("2µs", 2_000),
            ("1 s", 1_000_000_000),
        ] {
            assert_eq!(spans(text), Some(Duration::from_nanos(nanos)), "{text}");
        }
        for text in ["", "s", "30", "-1s", "1s x", "1 parsec", "1.s", "1s,2s"] {
            assert_eq!(spans(text), None, "{text}");
        }
    }

    #[test]
    fn the_largest_sum_does_not_overflow() {
        assert_eq!(spans("18446744073709551615s 999999999ns"), Some(Duration::MAX));
        assert_eq!(spans("18446744073709551615s 1000000000ns"), None);
        assert_eq!(spans("999999999ns 18446744073709551615s 1ns"), None);
        assert_eq!(spans("18446744073709551615.999999999s"), Some(Duration::MAX));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,40}|[0-9. ]{0,20}(ns|us|µs|ms|s|m|h|d|w|M|y)[0-9. nsmhy]{0,30}") {
            let value = Value::Text(text);
            let _ = (count(&value), duration(&value), flag(&value), idle_after(&value));
            let _ = (kidless(&value), minutes(&value), number(&value), seconds(&value));
            let _ = strategy(&value);
        }

        #[test]
        fn written_durations_are_read(secs in any::<u64>(), nanos in 0u32..1_000_000_000) {
            for whole in [Duration::new(secs, nanos), Duration::new(secs, 0), Duration::new(0, nanos)] {
                let text = humantime::format_duration(whole).to_string();
                prop_assert_eq!(spans(&text), Some(whole));
            }
        }
    }
}
