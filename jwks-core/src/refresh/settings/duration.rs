//! Durations as people write them.

use core::time::Duration;

use super::form::Form;

/// A duration with its unit. Zero needs none.
pub(super) fn with_unit(value: &Form) -> Option<Duration> {
    match value {
        Form::Count(0) => Some(Duration::ZERO),
        Form::Text(text) if text.trim() == "0" => Some(Duration::ZERO),
        Form::Text(text) => spans(text),
        _ => None,
    }
}

/// A duration with its unit, or a number of units of so many seconds.
pub(super) fn counted(value: &Form, unit: u32) -> Option<Duration> {
    let whole = |count: u64| count.checked_mul(u64::from(unit)).map(Duration::from_secs);
    let fraction = |number: f64| Duration::try_from_secs_f64(number * f64::from(unit)).ok();
    match value {
        Form::Count(count) => whole(*count),
        Form::Number(number) => fraction(*number),
        Form::Text(text) => {
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
        #![proptest_config(crate::proof::draws(256))]

        #[test]
        fn written_durations_are_read(secs in any::<u64>(), nanos in 0u32..1_000_000_000) {
            for whole in [Duration::new(secs, nanos), Duration::new(secs, 0), Duration::new(0, nanos)] {
                let text = humantime::format_duration(whole).to_string();
                prop_assert_eq!(spans(&text), Some(whole));
            }
        }
    }
}
