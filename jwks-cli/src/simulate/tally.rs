//! What is counted in a scenario.

use std::time::Duration;

use jwks_core::refresh::Time;

use super::plan::Plan;

/// The width of a bin.
pub(super) const BIN: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
pub(super) struct Tally {
    begins: Time,
    ends: Time,
    settled: Time,
    /// Fetches at the issuer, by [`BIN`].
    pub(super) bins: Vec<u32>,
    /// Requests with a good token, at instances.
    pub(super) requests: u64,
    /// Of these, those that waited for keys, and got them.
    pub(super) waited: u64,
    /// And those that were refused for want of keys.
    pub(super) failed: u64,
    /// Answers taken from the shared store.
    pub(super) taken: u64,
    /// The longest that a kid which the issuer signs with was unknown to an instance.
    pub(super) unknown_for: Duration,
}

/// Fetches in some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub(super) struct Load {
    pub(super) fetches: u64,
    /// In a bin, on average.
    pub(super) mean: f64,
    /// In the fullest bin.
    pub(super) peak: u32,
    pub(super) peak_by_mean: f64,
}

impl Tally {
    pub(super) fn new(plan: &Plan) -> Self {
        let count = plan.length.as_nanos().div_ceil(BIN.as_nanos());
        Self {
            begins: plan.begins(),
            ends: plan.ends(),
            settled: plan.at(plan.settled),
            bins: vec![0; usize::try_from(count).unwrap_or_default()],
            requests: 0,
            waited: 0,
            failed: 0,
            taken: 0,
            unknown_for: Duration::ZERO,
        }
    }

    /// Whether this moment is counted.
    pub(super) fn counts(&self, at: Time) -> bool {
        self.begins <= at && at < self.ends
    }

    pub(super) fn fetched(&mut self, at: Time) {
        let place = self.bin(at);
        if let Some(bin) = self.bins.get_mut(place).filter(|_| self.begins <= at) {
            *bin += 1;
        }
    }

    pub(super) fn load(&self) -> Load {
        load(&self.bins)
    }

    /// As [`Self::load`], from when the fetches should be even again.
    pub(super) fn settled_load(&self) -> Load {
        let since = self.settled.saturating_since(self.begins).as_nanos();
        let whole = usize::try_from(since.div_ceil(BIN.as_nanos())).unwrap_or(usize::MAX);
        load(self.bins.get(whole..).unwrap_or_default())
    }

    fn bin(&self, at: Time) -> usize {
        let bin = at.saturating_since(self.begins).as_nanos() / BIN.as_nanos();
        usize::try_from(bin).unwrap_or(usize::MAX)
    }
}

fn load(bins: &[u32]) -> Load {
    let fetches: u64 = bins.iter().map(|&bin| u64::from(bin)).sum();
    let peak = bins.iter().copied().max().unwrap_or_default();
    if fetches == 0 {
        return Load::default();
    }
    let mean = fetches as f64 / bins.len() as f64;
    Load { fetches, mean, peak, peak_by_mean: f64::from(peak) / mean }
}
