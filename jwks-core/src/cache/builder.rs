//! Describes a cache before it is started.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use super::driver::IssuerDriver;
use super::label;
use super::meter::Meter;
use super::shared::{Shared, WallClock};
use super::snapshot::Snapshot;
use super::start::{BuildError, Env, Start};
use super::tape::{self, Tape};
use super::turns::Turns;
use super::{Driver, Drivers, Event, HydrateError, KeyCache, Observer, Policy, SavedKeys, Source};

/// Describes a [`KeyCache`]. Create it with [`KeyCache::builder`] and give it to an adapter's
/// `start`, which returns the cache and keeps its keys fresh.
#[derive(Clone)]
#[must_use = "give it to an adapter's `start`"]
pub struct KeyCacheBuilder {
    label: Option<Arc<str>>,
    source: Source,
    wall_clock: Option<WallClock>,
    observer: Option<Observer>,
    policy: Policy,
    recorder: usize,
    saved: Option<Result<SavedKeys, HydrateError>>,
    turns: Option<Arc<Turns>>,
}

/// What a cache was made from.
#[derive(Clone, Debug)]
pub(crate) struct Basis {
    source: Source,
    recorder: usize,
}

/// What becomes of a running cache.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fate {
    /// Another one takes its place, with no key of it.
    Dropped,
    /// It goes on.
    Kept,
    /// Another one takes its place, and starts with its keys.
    Renewed,
}

impl KeyCacheBuilder {
    /// Sets the issuer's name in events, status and health, and so in logs and metrics. It has at
    /// most 128 characters; all but printable ASCII is escaped. Give each cache a different name.
    /// Default, also if it is blank: the URL of the issuer or, if that is not known, of its keys,
    /// without the query.
    pub fn label(mut self, label: impl AsRef<str>) -> Self {
        self.label = label::given(label.as_ref());
        self
    }

    /// Sets when to refresh, and the limits. Default: [`Policy::default`].
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Calls this function with every [`Event`], on the driver's thread. It is called after all
    /// callers have their answers, and after a due fetch has been handed to the adapter. A panic in
    /// it is caught, and the driver goes on. Default: none.
    ///
    /// It must be quick. While it runs, the driver does nothing else, and callers who begin to wait
    /// get no answer. Adapters with futures run the fetch in the same task ([`drive`]), so the
    /// fetch is blocked too. If your observer writes to the network or to a disk, hand the events
    /// to a thread of your own.
    ///
    /// If it needs the cache, give it [`KeyCache::downgrade`]: a `KeyCache` would keep the driver
    /// running for ever.
    ///
    /// [`drive`]: crate::adapter::drive
    pub fn observer(mut self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Starts with saved keys, such as [`SavedKeys::from_json`] reads from a file. They serve at
    /// once. Their age counts from when they were confirmed, so they never serve longer than they
    /// would have where they were saved.
    ///
    /// Keys that cannot be used (too old, from another source, from a file that cannot be read)
    /// never prevent a start. The cache begins without keys and fetches them as usual, and the
    /// observer gets [`EventKind::HydrateRefused`](super::EventKind::HydrateRefused). Default:
    /// none.
    pub fn hydrate(mut self, saved: impl Into<Result<SavedKeys, HydrateError>>) -> Self {
        self.saved = Some(saved.into());
        self
    }

    /// Sets the size of the [recording](KeyCache::recording) in bytes. Default: 2048. How far back
    /// that reaches depends on how much happens. 0 switches it off; less than 1024 does the same.
    ///
    /// All caches of a process have 4 MiB together, which is 2048 caches of the default. Those that
    /// are built beyond that have a smaller recording, or none. In addition, each has about 2 KB for
    /// the state in which the recording begins.
    pub const fn recorder(mut self, size: usize) -> Self {
        self.recorder = size;
        self
    }

    /// Sets the wall clock of this cache, instead of the adapter's `SystemTime::now`. Use it in
    /// tests with a clock that you control.
    pub fn wall_clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.wall_clock = Some(Arc::new(now));
        self
    }

    pub(super) fn new(source: Source) -> Self {
        let policy = Policy::default();
        Self {
            label: None,
            source,
            wall_clock: None,
            observer: None,
            policy,
            recorder: tape::SIZE,
            saved: None,
            turns: None,
        }
    }

    /// Fetches in turns with other caches.
    pub(crate) fn in_turns(mut self, turns: &Arc<Turns>) -> Self {
        self.turns = Some(Arc::clone(turns));
        self
    }

    /// Changes the policy that was given.
    pub(crate) fn with_policy(mut self, change: impl FnOnce(Policy) -> Policy) -> Self {
        self.policy = change(self.policy);
        self
    }

    /// Changes the source that was given.
    pub(crate) fn try_with_source<E>(
        self,
        change: impl FnOnce(Source) -> Result<Source, E>,
    ) -> Result<Self, E> {
        Ok(Self { source: change(self.source)?, ..self })
    }

    /// What of the settings of a cache it does not know itself.
    pub(crate) fn basis(&self) -> Basis {
        Basis { source: self.source.clone(), recorder: self.recorder }
    }

    /// For tokens of the same issuer as the other's, whose keys are these.
    pub(crate) fn shared_with(mut self, basis: &Basis) -> Self {
        self.source = self.source.shared_with(&basis.source);
        self
    }

    /// What becomes of a running cache, made from `basis`, if these are its settings now. Whether an
    /// observer is another one cannot be told, so the cache keeps the one that it has.
    pub(crate) fn fate_of(&self, cache: &KeyCache, basis: &Basis) -> Fate {
        if !self.source.is_same_place(&basis.source) {
            return Fate::Dropped;
        }
        let label = self.label.clone().unwrap_or_else(|| self.source.label());
        let same = self.policy_in_force() == *cache.policy()
            && *label == *cache.label()
            && self.recorder == basis.recorder
            && basis.source.has_headers_of(&self.source)
            && basis.source.has_relaxations_of(&self.source)
            && basis.source.makes_ready_for(&self.source);
        if same { Fate::Kept } else { Fate::Renewed }
    }

    /// Keys at hand have no end of trust: nobody has to confirm them.
    fn policy_in_force(&self) -> Policy {
        let policy = self.policy.clone();
        if self.is_at_hand() { policy.without_end() } else { policy }
    }

    fn is_at_hand(&self) -> bool {
        self.source.document().is_some()
    }

    /// Starts with the keys that `before` holds, unless it is to start with others, and with the kids
    /// that were denied there.
    pub(crate) fn after(mut self, before: &KeyCache) -> Self {
        if self.saved.is_none() {
            self.saved = before.export().map(Ok);
        }
        self
    }

    /// The cache, and its driver.
    pub(crate) fn assemble(self, env: &mut Env) -> (KeyCache, Driver) {
        let saves = self.saved.is_some();
        let (cache, mut driver) = self.assemble_with(env, false);
        driver.take_at_hand();
        if saves {
            driver.tell();
        }
        (cache, driver)
    }

    /// Like [`assemble`](Self::assemble), for a verifier that runs. The caller holds a lock, and an
    /// observer is foreign code: [`Driver::take_at_hand`] comes after the lock.
    pub(crate) fn assemble_later(self, env: &mut Env) -> (KeyCache, Driver) {
        self.assemble_with(env, true)
    }

    fn assemble_with(self, env: &mut Env, later: bool) -> (KeyCache, Driver) {
        let seed = env.next_seed();
        let (policy, is_at_hand) = (self.policy_in_force(), self.is_at_hand());
        let wall_clock = self.wall_clock.unwrap_or_else(|| env.wall_clock());
        let (first, gauge) = Snapshot::new(0, None, Meter::exact(None), Arc::default());
        let label = self.label.unwrap_or_else(|| self.source.label());
        let machine = Tape::new(policy.clone(), seed, self.recorder);
        let recorded = machine.recorded();
        let about = env.about();
        let shared = Shared::new(label, policy, wall_clock, about, first, recorded);
        let shared = Arc::new(shared);
        let mut driver =
            IssuerDriver::new(&shared, gauge, self.source, self.observer, machine, env.able());
        if later {
            driver.comes_later();
        }
        if let Some(saved) = self.saved {
            driver.start_with(saved);
        }
        if let Some(turns) = self.turns.filter(|_| !is_at_hand) {
            driver.in_turns(&turns);
        }
        (KeyCache::new(shared), Driver::issuer(driver))
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
