//! Latencies: recorded one by one, merged over tasks, summed up at the end.

use std::time::Duration;

use hdrhistogram::Histogram;

/// A histogram of latencies from 1 ns to 60 s, with three significant digits.
///
/// Each task records into its own and merges at the end, so that recording takes no lock.
#[derive(Clone, Debug)]
pub(crate) struct Latencies {
    histogram: Histogram<u64>,
    max: Duration,
}

impl Latencies {
    /// An empty histogram; its memory is taken here, recording allocates nothing.
    pub(crate) fn new() -> Self {
        let histogram = Histogram::new_with_bounds(1, HIGHEST_NANOS, 3)
            .expect("constant bounds that the histogram allows");
        Self { histogram, max: Duration::ZERO }
    }

    /// Adds one latency. Longer ones than 60 s count as 60 s in the percentiles, whole in `max`.
    pub(crate) fn record(&mut self, latency: Duration) {
        let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.histogram.saturating_record(nanos.clamp(1, HIGHEST_NANOS));
        self.max = self.max.max(latency);
    }

    /// Adds all latencies of `other`.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.histogram.add(&other.histogram).expect("all histograms here have the same bounds");
        self.max = self.max.max(other.max);
    }

    /// The latency that this part of all recorded ones did not exceed; `part` in [0, 1].
    ///
    /// Zero when nothing was recorded.
    pub(crate) fn quantile(&self, part: f64) -> Duration {
        Duration::from_nanos(self.histogram.value_at_quantile(part)).min(self.max)
    }

    /// Count, median, 99th percentile and maximum of what was recorded so far.
    pub(crate) fn summary(&self) -> Summary {
        Summary {
            count: self.histogram.len(),
            max: self.max,
            p50: self.quantile(0.5),
            p99: self.quantile(0.99),
        }
    }
}

impl Default for Latencies {
    fn default() -> Self {
        Self::new()
    }
}

/// What [`Latencies::summary`] says; all zero when nothing was recorded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Summary {
    /// How many latencies were recorded.
    pub(crate) count: u64,
    /// The longest, exact.
    pub(crate) max: Duration,
    /// The median, to three digits.
    pub(crate) p50: Duration,
    /// The 99th percentile, to three digits.
    pub(crate) p99: Duration,
}

const HIGHEST_NANOS: u64 = 60_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_one_to_a_hundred_milliseconds() {
        let mut latencies = Latencies::new();
        for millis in 1..=100 {
            latencies.record(Duration::from_millis(millis));
        }
        let summary = latencies.summary();
        assert_eq!(summary.count, 100);
        assert_eq!(summary.max, Duration::from_millis(100));
        assert!(close(summary.p50, 50.0), "{summary:?}");
        assert!(close(summary.p99, 99.0), "{summary:?}");
    }

    #[test]
    fn merged_is_as_recorded_together() {
        let (mut left, mut right, mut both) =
            (Latencies::new(), Latencies::new(), Latencies::new());
        for micros in 1..=1000 {
            let latency = Duration::from_micros(micros);
            if micros % 3 == 0 {
                left.record(latency)
            } else {
                right.record(latency)
            }
            both.record(latency);
        }
        left.merge(&right);
        assert_eq!(left.summary(), both.summary());
    }

    #[test]
    fn extremes() {
        assert_eq!(Latencies::default().summary().max, Duration::ZERO);
        assert_eq!(Latencies::default().summary().p99, Duration::ZERO);
        let mut latencies = Latencies::new();
        latencies.record(Duration::ZERO);
        assert_eq!(latencies.summary().p50, Duration::ZERO);
        latencies.record(Duration::MAX);
        assert_eq!(latencies.summary().max, Duration::MAX);
        assert!(close(latencies.summary().p99, 60_000.0));
    }

    fn close(duration: Duration, millis: f64) -> bool {
        (duration.as_secs_f64() * 1000.0 / millis - 1.0).abs() < 0.002
    }
}
