//! How a cache is put together.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use super::label;
use super::meter::Meter;
use super::shared::{Shared, WallClock};
use super::snapshot::Snapshot;
use super::start::{BuildError, Env, Start};
use super::{Driver, Drivers, Event, HydrateError, KeyCache, Observer, Policy, SavedKeys, Source};

/// Describes a [`KeyCache`]. Made by [`KeyCache::builder`]; an adapter's `start` makes the cache
/// of it, and keeps its keys fresh.
#[derive(Clone)]
#[must_use = "give it to an adapter's `start`"]
pub struct KeyCacheBuilder {
    label: Option<Arc<str>>,
    source: Source,
    wall_clock: Option<WallClock>,
    observer: Option<Observer>,
    policy: Policy,
    saved: Option<Result<SavedKeys, HydrateError>>,
}

impl KeyCacheBuilder {
    /// What the issuer is called in events, status and health, and so in logs and metrics: at most
    /// 128 characters, others than printable ASCII escaped. Give each cache another one. Default,
    /// also for a blank one: the URL of the issuer, or of its keys if that is not known, without
    /// its query.
    pub fn label(mut self, label: impl AsRef<str>) -> Self {
        self.label = label::given(label.as_ref());
        self
    }

    /// When to refresh, and within which limits. Default: [`Policy::default`].
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
    pub fn observer(mut self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Starts with saved keys: what [`SavedKeys::from_json`] made of a file, say. They serve at once,
    /// as old as they are, and never longer than they would have where they were saved.
    ///
    /// Keys that cannot be used (too old, of another source, a file that cannot be read) never stop a
    /// start: the cache begins without keys and loads them as usual, and the observer is told of
    /// [`EventKind::HydrateRefused`](super::EventKind::HydrateRefused). Default: none.
    pub fn hydrate(mut self, saved: impl Into<Result<SavedKeys, HydrateError>>) -> Self {
        self.saved = Some(saved.into());
        self
    }

    /// Reads the wall clock for this cache, in place of the adapter's `SystemTime::now`: a clock
    /// that is moved by hand, in a test.
    pub fn wall_clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.wall_clock = Some(Arc::new(now));
        self
    }

    pub(super) fn new(source: Source) -> Self {
        let policy = Policy::default();
        Self { label: None, source, wall_clock: None, observer: None, policy, saved: None }
    }

    /// The cache, and its driver.
    pub(crate) fn assemble(self, env: &mut Env) -> (KeyCache, Driver) {
        let seed = env.next_seed();
        let wall_clock = self.wall_clock.unwrap_or_else(|| env.wall_clock());
        let (first, gauge) = Snapshot::new(0, None, Meter::exact(None), Arc::default());
        let label = self.label.unwrap_or_else(|| self.source.label());
        let shared = Arc::new(Shared::new(label, self.policy, wall_clock, first));
        let mut driver = Driver::new(&shared, gauge, self.source, self.observer, seed);
        if let Some(saved) = self.saved {
            driver.start_with(saved);
        }
        (KeyCache::new(shared), driver)
    }
}

impl Start for KeyCacheBuilder {
    type Handle = KeyCache;

    fn build(self, mut env: Env) -> Result<(KeyCache, Drivers), BuildError> {
        let (cache, driver) = self.assemble(&mut env);
        let (source, drivers) = Drivers::new();
        source.add(driver);
        Ok((cache, drivers))
    }
}

impl fmt::Debug for KeyCacheBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyCacheBuilder")
            .field("source", &self.source)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
