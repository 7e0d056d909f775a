//! The state between the readers and the driver.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arc_swap::{ArcSwap, ArcSwapOption, Guard};

use super::denied::Denied;
use super::judged::Judged;
use super::mark::Mark;
use super::meter::{Gauge, Meter};
use super::misses::{Notes, Standing};
use super::observe::{About, Observed};
use super::room::{Answers, Room};
use super::snapshot::{Held, Reading, Snapshot};
use super::status::Board;
use super::tape::Recorded;
use super::wake::WakeFlag;
use super::{Error, Policy};
use crate::cache::sync::{AtomicBool, AtomicU64, Mutex, Ordering, lock};
use crate::refresh::{FetchId, Miss};

/// Reads the wall clock, for the end of trust and the claims of tokens.
pub(crate) type WallClock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

pub(crate) struct Shared {
    /// What its issuer is called.
    pub(crate) label: Arc<str>,
    pub(crate) policy: Policy,
    pub(crate) clock: WallClock,
    pub(crate) wake: WakeFlag,
    pub(crate) room: Room,
    /// Ordering: the swap's own. A reader takes the standing answer only for the publication that
    /// it has looked at, which the answer names.
    snapshot: ArcSwap<Snapshot>,
    standing: ArcSwapOption<Standing>,
    notes: Notes,
    inbox: Mutex<Inbox>,
    pub(crate) board: Mutex<Board>,
    pub(crate) recorded: Arc<Recorded>,
    /// A caller who does not wait wants the set of this generation renewed.
    pub(crate) wanted: Mark,
    /// The wall clock says that the trust in the set of this generation has ended.
    pub(crate) distrusted: Mark,
    /// The deadline of the fetch in flight in wall time, in microseconds since the Unix epoch; 0 if
    /// there is none. Ordering: `Relaxed`, no data goes with it, and it only advises.
    fetch_until: AtomicU64,
    /// Kids that the held set lacked, in all.
    pub(crate) misses: AtomicU64,
    hasher: RandomState,
    pub(crate) observed: Observed,
    pub(crate) built_at: SystemTime,
    /// Ordering: `Relaxed`, here and for `stopped`; no data goes with either. Who sees an old value
    /// waits, or asks, for nothing a little longer.
    polled: AtomicBool,
    stopped: AtomicBool,
    /// Keys have been held once.
    ///
    /// Ordering: a release after the publication, and an acquire, so that who sees it set finds
    /// that publication, or a later one.
    has_held: AtomicBool,
    /// Ordering: released by the last handle, acquired by the driver; no data goes with it.
    abandoned: AtomicBool,
    /// Its issuer was given up, for good.
    ///
    /// Ordering: a release before the empty snapshot is published, so that whoever finds that one
    /// sees why.
    withdrawn: AtomicBool,
}

/// What the driver takes out under one lock. The lock is also that of publications: what is
/// published under it cannot overtake an invalidation.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    pub(crate) invalidated: bool,
    pub(crate) replies: Vec<(FetchId, Judged)>,
    /// Kids that are taken out by hand. They outlive every set.
    pub(crate) denied: Arc<Denied>,
    /// The held set as a handle has published it anew, until the driver counts its uses.
    pub(crate) republished: Option<Republished>,
    /// Nothing is published any more.
    withdrawn: bool,
    generation: u64,
}

/// A snapshot that the driver has not made.
#[derive(Debug)]
pub(crate) struct Republished {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) gauge: Gauge,
    /// Uses of others like it, between the driver's snapshot and this one.
    pub(crate) uses_between: u64,
}

impl Shared {
    pub(crate) fn new(
        label: Arc<str>,
        policy: Policy,
        clock: WallClock,
        about: About,
        first: Snapshot,
        recorded: Arc<Recorded>,
    ) -> Self {
        Self {
            label,
            built_at: clock(),
            room: Room::new(policy.max_waiting()),
            policy,
            clock,
            wake: WakeFlag::new(),
            snapshot: ArcSwap::from_pointee(first),
            standing: ArcSwapOption::empty(),
            notes: Notes::default(),
            inbox: Mutex::default(),
            board: Mutex::default(),
            recorded,
            wanted: Mark::default(),
            distrusted: Mark::default(),
            fetch_until: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            hasher: RandomState::new(),
            observed: Observed::new(about),
            polled: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            has_held: AtomicBool::new(false),
            abandoned: AtomicBool::new(false),
            withdrawn: AtomicBool::new(false),
        }
    }

    pub(crate) fn wall_now(&self) -> SystemTime {
        (self.clock)()
    }

    pub(crate) fn snapshot(&self) -> Guard<Arc<Snapshot>> {
        self.snapshot.load()
    }

    /// The standing answer to misses in the set of this generation, if there is one.
    pub(crate) fn standing(&self, generation: u64) -> Option<Arc<Standing>> {
        self.standing.load_full().filter(|standing| standing.generation == generation)
    }

    /// Publishes the standing answer. `None`: a caller that misses a key comes to wait.
    pub(crate) fn set_standing(&self, standing: Option<Standing>) {
        let standing = standing.map(Arc::new);
        self.standing.store(standing.clone());
        // Who left a note before this may have seen an answer by which nobody had to be woken. The
        // lock of the notes orders the two: either the note is seen here, or this answer there.
        let followed = |miss| standing.as_ref().is_some_and(|it| it.is_followed(miss));
        if self.notes.any(|miss| !followed(miss)) {
            self.wake.raise();
        }
    }

    /// Publishes by when the fetch in flight has ended.
    pub(crate) fn set_fetch_until(&self, until: Option<SystemTime>) {
        let since_1970 = until.and_then(|until| until.duration_since(UNIX_EPOCH).ok());
        // Rounded up, so that the fetch has ended by then.
        let until = since_1970.map_or(0, |since| since.as_nanos().div_ceil(1000));
        self.fetch_until.store(u64::try_from(until).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// By when the fetch in flight has ended; none if there is none.
    pub(crate) fn fetch_until(&self) -> Option<SystemTime> {
        let until = self.fetch_until.load(Ordering::Relaxed);
        let until = Duration::from_micros(Some(until).filter(|until| *until > 0)?);
        UNIX_EPOCH.checked_add(until)
    }

    /// Notes a miss by a caller who does not wait.
    pub(crate) fn note_miss(
        &self,
        miss: Miss,
        kid: Option<&str>,
        generation: u64,
        now: SystemTime,
    ) {
        let first = self.notes.leave(miss, kid, generation);
        let wakes = match self.standing(generation) {
            // The driver has slept through it: its clock has stood still.
            Some(standing) if standing.has_ended(miss, now) => true,
            Some(standing) => first && !standing.is_followed(miss),
            None => first,
        };
        if wakes {
            self.wake.raise();
        }
    }

    pub(crate) const fn notes(&self) -> &Notes {
        &self.notes
    }

    pub(crate) fn hash_kid(&self, kid: &str) -> u64 {
        self.hasher.hash_one(kid)
    }

    /// Whether keys have been held once, whatever has become of them.
    pub(crate) fn has_held(&self) -> bool {
        self.has_held.load(Ordering::Acquire)
    }

    /// Nobody fetches keys: the driver is gone, or has not been run in good time.
    pub(crate) fn no_driver(&self, now: SystemTime) -> Option<Error> {
        if self.is_withdrawn() {
            return Some(Error::withdrawn());
        }
        let never_run = !self.polled.load(Ordering::Relaxed);
        if self.stopped.load(Ordering::Relaxed) {
            return Some(Error::stopped(never_run));
        }
        let waited = || now.duration_since(self.built_at).unwrap_or_default();
        (never_run && waited() > self.policy.wait_budget()).then(Error::never_run)
    }

    /// Whether a fetch is under way.
    pub(crate) fn is_refreshing(&self) -> bool {
        lock(&self.board).refreshing
    }

    pub(crate) fn set_polled(&self) {
        self.polled.store(true, Ordering::Relaxed);
    }

    pub(crate) fn reply(&self, id: FetchId, judged: Judged) {
        lock(&self.inbox).replies.push((id, judged));
        self.wake.raise();
    }

    /// Raises the mark, and wakes the driver if that is news.
    pub(crate) fn note(&self, mark: &Mark, generation: u64) {
        if mark.set(generation) {
            self.wake.raise();
        }
    }

    /// Publishes `held`, unless it has been invalidated meanwhile.
    pub(crate) fn publish(
        &self,
        held: Option<(Held, Reading)>,
        uses: Option<u64>,
    ) -> Option<(Arc<Snapshot>, Gauge)> {
        let mut inbox = lock(&self.inbox);
        if (inbox.invalidated || inbox.withdrawn) && held.is_some() {
            return None;
        }
        inbox.generation += 1;
        let denied = Arc::clone(&inbox.denied);
        let holds = held.is_some();
        let before = self.snapshot.load();
        let held = held.map(|(held, reading)| (held.after(before.held.as_ref()), reading));
        drop(before);
        // Only without background refresh does a reader ask whether uses are left.
        let background = self.policy.background_refresh();
        let meter = if background { Meter::shared(uses) } else { Meter::exact(uses) };
        let (snapshot, gauge) = Snapshot::new(inbox.generation, held, meter, denied);
        let snapshot = Arc::new(snapshot);
        inbox.republished = None;
        let _old = self.snapshot.swap(Arc::clone(&snapshot));
        self.has_held.fetch_or(holds, Ordering::Release);
        drop(inbox);
        Some((snapshot, gauge))
    }

    /// Empties the snapshot: when this returns, no read finds a key that was held before.
    pub(crate) fn invalidate(&self) {
        let mut inbox = lock(&self.inbox);
        inbox.invalidated = true;
        let _old = self.empty(&mut inbox);
        drop(inbox);
        self.wake.raise();
    }

    /// Publishes a snapshot without keys. Gives back the one before it.
    fn empty(&self, inbox: &mut Inbox) -> Arc<Snapshot> {
        inbox.generation += 1;
        let denied = Arc::clone(&inbox.denied);
        let (empty, _) = Snapshot::new(inbox.generation, None, Meter::exact(None), denied);
        self.snapshot.swap(Arc::new(empty))
    }

    /// Denies kids, or allows them again. When this returns, no read finds a denied one. `change`
    /// says whether it has changed anything.
    pub(crate) fn deny<E>(
        &self,
        change: impl FnOnce(&mut Denied) -> Result<bool, E>,
    ) -> Result<bool, E> {
        let mut inbox = lock(&self.inbox);
        let mut denied = Denied::clone(&inbox.denied);
        if !change(&mut denied)? {
            return Ok(false);
        }
        inbox.denied = Arc::new(denied);
        inbox.generation += 1;
        let denied = Arc::clone(&inbox.denied);
        let old = self.snapshot.load_full();
        let (snapshot, gauge) = old.denying(inbox.generation, denied);
        let snapshot = Arc::new(snapshot);
        self.snapshot.store(Arc::clone(&snapshot));
        // Read after what is left for the new one, so that the driver never counts fewer uses than
        // readers do: they would wait for a fetch that it does not see to be due.
        let uses_between = inbox.republished.take().map_or(0, |before| {
            before.uses_between.saturating_add(before.gauge.peek(before.snapshot.meter()))
        });
        lock(&self.board).follow(&old, snapshot.generation, gauge);
        inbox.republished = Some(Republished { snapshot, gauge, uses_between });
        drop(inbox);
        self.wake.raise();
        Ok(true)
    }

    pub(crate) fn take_inbox(&self) -> Inbox {
        let mut inbox = lock(&self.inbox);
        let generation = inbox.generation;
        let denied = Arc::clone(&inbox.denied);
        let withdrawn = inbox.withdrawn;
        std::mem::replace(&mut *inbox, Inbox { generation, denied, withdrawn, ..Inbox::default() })
    }

    /// The driver is gone: nobody comes to wait any more.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.room.close();
        self.wake.close();
    }

    /// The last handle is gone.
    pub(crate) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Release);
        self.wake.raise();
    }

    /// Gives the issuer up: when this returns, no read finds a key, whoever holds a handle, and the
    /// driver has nothing left to do but to end. Those who wait get the answers that are given back,
    /// and the driver is to be woken, once the caller holds no lock.
    #[must_use = "those who wait are to be told, and the driver"]
    pub(crate) fn withdraw(&self) -> Answers {
        self.withdrawn.store(true, Ordering::Release);
        let mut inbox = lock(&self.inbox);
        inbox.withdrawn = true;
        let _old = self.empty(&mut inbox);
        drop(inbox);
        self.abandoned.store(true, Ordering::Release);
        let mut answers = Answers::default();
        self.room.dismiss(&mut answers, || Err(Error::withdrawn()));
        self.observed.withdrawn();
        answers
    }

    pub(crate) fn is_withdrawn(&self) -> bool {
        self.withdrawn.load(Ordering::Acquire)
    }

    /// The kids that were denied by hand.
    pub(crate) fn denied(&self) -> Arc<Denied> {
        Arc::clone(&lock(&self.inbox).denied)
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Acquire)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("snapshot", &self.snapshot).finish_non_exhaustive()
    }
}
