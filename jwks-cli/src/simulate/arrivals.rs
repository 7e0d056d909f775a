//! Requests in bulk: when they come, without an event for each of them.

use std::time::Duration;

use jwks_core::refresh::Time;

/// Requests at even distances.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrivals {
    first: Time,
    gap: Duration,
}

impl Arrivals {
    /// So many a second, the first of them at `first`.
    pub(super) fn new(first: Time, per_second: f64) -> Self {
        Self { first, gap: gap(per_second) }
    }

    /// How many have come at `at`, one that comes at this very moment among them.
    pub(super) fn until(&self, at: Time) -> u64 {
        if at < self.first {
            return 0;
        }
        let passed = at.saturating_since(self.first).as_nanos();
        let after_first = passed / self.gap.as_nanos().max(1);
        u64::try_from(after_first).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// When the one of this number comes; they are counted from 1.
    pub(super) fn at(&self, number: u64) -> Time {
        let nanos = self.gap.as_nanos().saturating_mul(u128::from(number.saturating_sub(1)));
        match u64::try_from(nanos) {
            Ok(nanos) => self.first + Duration::from_nanos(nanos),
            Err(_) => Time::MAX,
        }
    }
}

/// The time between two requests: from a nanosecond up to the end of time.
pub(super) fn gap(per_second: f64) -> Duration {
    let gap = Duration::try_from_secs_f64(per_second.recip()).unwrap_or(Duration::MAX);
    gap.max(Duration::from_nanos(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Time {
        Time::from_origin(Duration::from_millis(millis))
    }

    #[test]
    fn what_has_come_and_when_agree() {
        let arrivals = Arrivals::new(at(1500), 2.0);
        for (millis, number) in [(0, 0), (1499, 0), (1500, 1), (1999, 1), (2000, 2), (11_500, 21)] {
            assert_eq!(arrivals.until(at(millis)), number, "{millis} ms");
        }
        for number in 1..100 {
            assert_eq!(arrivals.until(arrivals.at(number)), number);
        }
        assert_eq!(Arrivals::new(at(0), 1e-300).at(2), Time::MAX);
        assert_eq!(Arrivals::new(at(0), 1e300).until(at(1)), 1_000_001);
    }
}
