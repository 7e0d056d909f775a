//! How a cache is put together.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use super::meter::Meter;
use super::shared::{Shared, WallClock};
use super::snapshot::Snapshot;
use super::{Driver, Event, KeyCache, Observer, Policy, Source};

/// Builds a [`KeyCache`] and its [`Driver`]. Made by [`KeyCache::builder`].
pub struct Builder {
    source: Source,
    wall_clock: WallClock,
    observer: Option<Observer>,
    policy: Policy,
    seed: Option<u64>,
}

impl Builder {
    /// When to refresh, and within which limits. Default: [`Policy::default`].
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Told of every [`Event`], on the driver's thread, when all callers have their answers. It
    /// should be quick, for the next fetch waits for it. A panic in it is caught, and the driver
    /// goes on. Default: none.
    ///
    /// If it needs the cache, give it [`KeyCache::downgrade`]: a `KeyCache` would keep the driver
    /// running for ever.
    #[must_use]
    pub fn observer(mut self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Seeds the jitter, to replay a trace. Default: different for each cache.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The handle for those who read keys, and the driver for whoever fetches them.
    pub fn build(self) -> (KeyCache, Driver) {
        let seed = self.seed.unwrap_or_else(|| RandomState::new().hash_one(0_u8));
        let (first, gauge) = Snapshot::new(0, None, Meter::exact(None), Arc::default());
        let shared = Arc::new(Shared::new(self.policy, self.wall_clock, first));
        let driver = Driver::new(&shared, gauge, self.source, self.observer, seed);
        (KeyCache::new(shared), driver)
    }

    pub(super) fn new(source: Source, wall_clock: WallClock) -> Self {
        Self { source, wall_clock, observer: None, policy: Policy::default(), seed: None }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("source", &self.source)
            .field("policy", &self.policy)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
