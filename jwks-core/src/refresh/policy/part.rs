//! A part of a whole, exact in decimals.

use core::time::Duration;

/// A number in [0, 1] in parts of 10^15.
///
/// As a binary fraction, 0.7 is a little less than 0.7, and 0.7 of 20 minutes is a nanosecond less
/// than 14 minutes. The author of a setting means the decimal number, so that is stored: every
/// decimal of up to 15 places is exact.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Part(u64);

impl Part {
    /// The nearest part; what is below 0 or not a number becomes 0, what is above 1 becomes 1.
    pub(super) const fn new(number: f64) -> Self {
        let parts = (number * WHOLE as f64 + 0.5) as u64;
        if parts > WHOLE { Self(WHOLE) } else { Self(parts) }
    }

    pub(super) const fn get(self) -> f64 {
        self.0 as f64 / WHOLE as f64
    }

    /// This part of a duration, rounded down to a nanosecond.
    pub(super) fn of_duration(self, whole: Duration) -> Duration {
        let nanos = whole.as_nanos();
        let (parts, scale) = (u128::from(self.0), u128::from(WHOLE));
        // In two steps, because the product of the largest duration and 10^15 has 145 bits.
        let share = nanos / scale * parts + nanos % scale * parts / scale;
        let seconds = u64::try_from(share / NANOS).unwrap_or(u64::MAX);
        Duration::from_secs(seconds)
            .saturating_add(Duration::from_nanos(u64::try_from(share % NANOS).unwrap_or(0)))
    }

    /// This part of a count, rounded up.
    pub(super) fn of_count(self, whole: u64) -> u64 {
        let share = (u128::from(whole) * u128::from(self.0)).div_ceil(u128::from(WHOLE));
        u64::try_from(share).unwrap_or(whole)
    }
}

const NANOS: u128 = 1_000_000_000;
const WHOLE: u64 = 1_000_000_000_000_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(crate::proof::draws(256))]

        #[test]
        fn decimals_are_exact(digits in 0u64..=WHOLE) {
            let written: f64 = format!("{}.{:015}", digits / WHOLE, digits % WHOLE).parse().unwrap();
            prop_assert_eq!(Part::new(written), Part(digits));
            prop_assert_eq!(Part::new(written).get(), written);
        }

        #[test]
        fn a_part_is_never_more_than_the_whole(
            number in 0.0..=1.0,
            secs in any::<u64>(),
            nanos in 0u32..1_000_000_000,
            count in 0..=1u64 << 61,
        ) {
            let (part, whole) = (Part::new(number), Duration::new(secs, nanos));
            prop_assert!(part.of_duration(whole) <= whole);
            prop_assert!(part.of_count(count) <= count);
        }
    }

    #[test]
    fn ends_are_exact() {
        let (none, all) = (Part::new(0.0), Part::new(1.0));
        assert_eq!(none.of_duration(Duration::MAX), Duration::ZERO);
        assert_eq!(all.of_duration(Duration::MAX), Duration::MAX);
        assert_eq!(none.of_count(1 << 61), 0);
        assert_eq!(all.of_count(1 << 61), 1 << 61);
    }

    #[test]
    fn a_part_of_a_huge_count_is_exact() {
        // As f64, 0.9 x (2^61 - 1) is off by 52.
        let count = (1u64 << 61) - 1;
        let exact = (u128::from(count) * 9).div_ceil(10);
        assert_eq!(u128::from(Part::new(0.9).of_count(count)), exact);
    }
}
