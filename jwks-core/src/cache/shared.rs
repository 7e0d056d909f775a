//! The state between the readers and the driver.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::{ArcSwap, ArcSwapOption, Guard};

use super::denied::Denied;
use super::fetch::Judged;
use super::mark::Mark;
use super::snapshot::{Held, Snapshot};
use super::status::Board;
use super::waiter::Waiter;
use super::wake::WakeFlag;
use super::{Error, Policy};
use crate::cache::sync::{AtomicBool, AtomicU64, Mutex, Ordering, lock};
use crate::refresh::FetchId;

/// Reads the wall clock, for the end of trust and the claims of tokens.
pub(crate) type WallClock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

pub(crate) struct Shared {
    pub(crate) policy: Policy,
    pub(crate) clock: WallClock,
    pub(crate) wake: WakeFlag,
    /// Ordering: the swap's own. A reader who finds a refusal looks once more whether the
    /// snapshot has changed since: the driver publishes a set before a refusal that follows it.
    snapshot: ArcSwap<Snapshot>,
    refusal: ArcSwapOption<Error>,
    inbox: Mutex<Inbox>,
    pub(crate) board: Mutex<Board>,
    /// A caller who does not wait wants the set of this generation renewed.
    pub(crate) wanted: Mark,
    /// A caller who does not wait has missed a kid in the set of this generation.
    pub(crate) missed: Mark,
    /// The wall clock says that the trust in the set of this generation has ended.
    pub(crate) distrusted: Mark,
    /// Kids that the held set lacked, in all.
    pub(crate) misses: AtomicU64,
    /// Ordering: released by the last handle, acquired by the driver; no data goes with it.
    abandoned: AtomicBool,
}

/// What the driver takes out under one lock. The lock is also that of publications: what is
/// published under it cannot overtake an invalidation.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    pub(crate) invalidated: bool,
    pub(crate) replies: Vec<(FetchId, Judged)>,
    pub(crate) waiters: Vec<Waiter>,
    /// Kids that are taken out by hand. They outlive every set.
    pub(crate) denied: Arc<Denied>,
    /// The held set as a handle has published it anew, until the driver counts its uses.
    pub(crate) republished: Option<Republished>,
    generation: u64,
    stopped: bool,
}

/// A snapshot that the driver has not made.
#[derive(Debug)]
pub(crate) struct Republished {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) gauge: super::meter::Gauge,
    /// Uses of others like it, between the driver's snapshot and this one.
    pub(crate) uses_between: u64,
}

impl Shared {
    pub(crate) fn new(policy: Policy, clock: WallClock, first: Snapshot) -> Self {
        Self {
            policy,
            clock,
            wake: WakeFlag::new(),
            snapshot: ArcSwap::from_pointee(first),
            refusal: ArcSwapOption::empty(),
            inbox: Mutex::default(),
            board: Mutex::default(),
            wanted: Mark::default(),
            missed: Mark::default(),
            distrusted: Mark::default(),
            misses: AtomicU64::new(0),
            abandoned: AtomicBool::new(false),
        }
    }

    pub(crate) fn wall_now(&self) -> SystemTime {
        (self.clock)()
    }

    pub(crate) fn snapshot(&self) -> Guard<Arc<Snapshot>> {
        self.snapshot.load()
    }

    /// The answer to every unknown kid just now, if the issuer is not to be asked.
    pub(crate) fn refusal(&self) -> Option<Error> {
        self.refusal.load().as_deref().cloned()
    }

    pub(crate) fn set_refusal(&self, refusal: Option<Error>) {
        self.refusal.store(refusal.map(Arc::new));
    }

    /// Hands a waiter to the driver.
    pub(crate) fn enlist(&self, waiter: Waiter) -> Result<(), Error> {
        let mut inbox = lock(&self.inbox);
        if inbox.stopped {
            return Err(Error::stopped());
        }
        inbox.waiters.push(waiter);
        drop(inbox);
        self.wake.raise();
        Ok(())
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
        held: Option<Held>,
        uses: Option<u64>,
    ) -> Option<(Arc<Snapshot>, super::meter::Gauge)> {
        let mut inbox = lock(&self.inbox);
        if inbox.invalidated && held.is_some() {
            return None;
        }
        inbox.generation += 1;
        let denied = Arc::clone(&inbox.denied);
        let (snapshot, gauge) = Snapshot::new(inbox.generation, held, uses, denied);
        let snapshot = Arc::new(snapshot);
        inbox.republished = None;
        self.snapshot.store(Arc::clone(&snapshot));
        Some((snapshot, gauge))
    }

    /// Empties the snapshot: when this returns, no read finds a key that was held before.
    pub(crate) fn invalidate(&self) {
        let mut inbox = lock(&self.inbox);
        inbox.invalidated = true;
        inbox.generation += 1;
        let denied = Arc::clone(&inbox.denied);
        let (empty, _) = Snapshot::new(inbox.generation, None, None, denied);
        self.snapshot.store(Arc::new(empty));
        drop(inbox);
        self.wake.raise();
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
        let (generation, stopped) = (inbox.generation, inbox.stopped);
        let denied = Arc::clone(&inbox.denied);
        let empty = Inbox { generation, stopped, denied, ..Inbox::default() };
        std::mem::replace(&mut *inbox, empty)
    }

    /// The driver is gone: gives back who waits, and takes no more.
    pub(crate) fn stop(&self) -> Vec<Waiter> {
        let mut inbox = lock(&self.inbox);
        inbox.stopped = true;
        std::mem::take(&mut inbox.waiters)
    }

    /// The last handle is gone.
    pub(crate) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Release);
        self.wake.raise();
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
