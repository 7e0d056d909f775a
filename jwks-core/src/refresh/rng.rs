//! Seeded randomness for jitter: the same seed replays the same trace.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// `SplitMix64` (Steele, Lea, Flood 2014). Spreads load; it guards no secret.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Rng(u64);

impl Rng {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Uniform in `[low, high)`; `low` if the range is empty.
    pub(super) fn duration(&mut self, low: Duration, high: Duration) -> Duration {
        self.draw().duration(low, high)
    }

    /// Uniform in `[low, high]`; `low` if the range is empty.
    pub(super) fn count(&mut self, low: u64, high: u64) -> u64 {
        self.draw().count(low, high)
    }

    /// A place in a range, which may be given later: the same in each.
    pub(super) fn draw(&mut self) -> Draw {
        Draw(self.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// A number drawn, uniform in whatever range it is applied to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draw(u64);

impl Draw {
    /// In `[low, high)`; `low` if the range is empty.
    pub(super) fn duration(self, low: Duration, high: Duration) -> Duration {
        let span = high.saturating_sub(low).as_nanos();
        let x = u128::from(self.0);
        // A span has at most 94 bits: past 64 of them its lowest 32 are noise to the product.
        let nanos = match u64::try_from(span) {
            Ok(span) => (u128::from(span) * x) >> 64,
            Err(_) => ((span >> 32) * x) >> 32,
        };
        low.saturating_add(from_nanos(nanos))
    }

    /// In `[low, high]`; `low` if the range is empty.
    pub(super) fn count(self, low: u64, high: u64) -> u64 {
        let choices = u128::from(high.saturating_sub(low)) + 1;
        let offset = (choices * u128::from(self.0)) >> 64;
        low.saturating_add(u64::try_from(offset).unwrap_or(u64::MAX))
    }
}

fn from_nanos(nanos: u128) -> Duration {
    const PER_SECOND: u128 = 1_000_000_000;
    let secs = u64::try_from(nanos / PER_SECOND).unwrap_or(u64::MAX);
    let rest = u32::try_from(nanos % PER_SECOND).unwrap_or(0);
    Duration::new(secs, rest)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::{any, prop_assert, proptest};

    use super::{Draw, Rng};

    #[test]
    fn a_draw_is_the_same_place_in_any_range() {
        let draw = Draw(1 << 62);
        for high in [4, 1 << 20, 1 << 40, 1 << 63].map(Duration::from_secs) {
            assert_eq!(draw.duration(Duration::ZERO, high), high / 4);
        }
    }

    proptest! {
        #![proptest_config(crate::proof::draws(256))]

        #[test]
        fn durations_stay_in_their_range(
            seed: u64,
            low in any::<Duration>(),
            high in any::<Duration>(),
        ) {
            let drawn = Rng::new(seed).duration(low, high);
            prop_assert!(drawn >= low && (drawn < high || drawn == low));
        }

        #[test]
        fn counts_stay_in_their_range(seed: u64, low: u64, high: u64) {
            let drawn = Rng::new(seed).count(low, high);
            prop_assert!(drawn >= low && drawn <= high.max(low));
        }
    }

    #[test]
    fn the_whole_range_is_used() {
        let mut rng = Rng::new(7);
        let drawn: Vec<_> = (0..1000).map(|_| rng.count(0, 9)).collect();
        for value in 0..=9 {
            let share = drawn.iter().filter(|&&d| d == value).count();
            assert!((50..200).contains(&share), "{value} drawn {share} times of 1000");
        }
    }
}
