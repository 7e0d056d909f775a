//! How a cache is put together.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use super::label;
use super::shared::{Shared, WallClock};
use super::snapshot::Snapshot;
use super::{Driver, Event, KeyCache, Observer, Policy, Source};

/// Builds a [`KeyCache`] and its [`Driver`]. Made by [`KeyCache::builder`].
pub struct Builder {
    label: Option<Arc<str>>,
    source: Source,
    wall_clock: WallClock,
    observer: Option<Observer>,
    policy: Policy,
    seed: Option<u64>,
}

impl Builder {
    /// What the issuer is called in events, status and health, and so in logs and metrics: at most
    /// 128 characters, others than printable ASCII escaped. Give each cache another one. Default,
    /// also for a blank one: the URL of the issuer, or of its keys if that is not known, without
    /// its query.
    #[must_use]
    pub fn label(mut self, label: impl AsRef<str>) -> Self {
        self.label = label::given(label.as_ref());
        self
    }

    /// When to refresh, and within which limits. Default: [`Policy::default`].
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Told of every [`Event`], on the driver's thread, when all callers have their answers and a
    /// fetch that is due has been handed to the adapter. A panic in it is caught, and the driver
    /// goes on. Default: none.
    ///
    /// It must be quick: while it runs, the driver does nothing else, and callers who come to wait
    /// get no answer. Adapters with futures run the fetch in the same task ([`drive`]), so it is
    /// held up too. An observer that writes to the network or to a disk should hand the events to a
    /// thread of its own.
    ///
    /// If it needs the cache, give it [`KeyCache::downgrade`]: a `KeyCache` would keep the driver
    /// running for ever.
    ///
    /// [`drive`]: crate::adapter::drive
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
        let (first, gauge) = Snapshot::new(0, None, None, Arc::default());
        let label = self.label.unwrap_or_else(|| self.source.label());
        let shared = Arc::new(Shared::new(label, self.policy, self.wall_clock, first));
        let driver = Driver::new(&shared, gauge, self.source, self.observer, seed);
        (KeyCache::new(shared), driver)
    }

    pub(super) fn new(source: Source, wall_clock: WallClock) -> Self {
        let policy = Policy::default();
        Self { label: None, source, wall_clock, observer: None, policy, seed: None }
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
