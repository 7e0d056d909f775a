//! What a walk may do: the settings, and the moves on offer.

use core::time::Duration;

use crate::refresh::Policy;

use super::moves::Move;

/// One walk.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) name: &'static str,
    pub(super) policy: Policy,
    pub(super) moves: Vec<Move>,
    /// How often the wall clock may jump on one path, which keeps the walk finite. None: it is not
    /// read.
    pub(super) jumps: Option<u32>,
    /// How many states are walked by default.
    pub(super) states: usize,
}

impl Scene {
    /// Whatever is older than this has no effect any more.
    pub(super) fn horizon(&self) -> i128 {
        let policy = &self.policy;
        let longest = [
            policy.max_trust(),
            policy.cold_retry_max(),
            policy.fetch_timeout(),
            policy.retry_max(),
            policy.unknown_kid_cooldown() * policy.unknown_kid_burst(),
            policy.idle_after().unwrap_or_default() * 2,
            Duration::from_secs(600),
        ];
        let longest = longest.into_iter().max().unwrap_or_default();
        i128::try_from(longest.as_nanos()).unwrap_or(i128::MAX)
    }
}

/// After so many failures the pauses are as long as they get.
pub(super) const FAILURES: u32 = 3;

/// The unit of time of all scenes: a minute, which some rules name, is six.
pub(super) const TICK: Duration = Duration::from_secs(10);

/// So many ticks.
pub(super) const fn ticks(count: u32) -> Duration {
    Duration::from_secs(10 * count as u64)
}
