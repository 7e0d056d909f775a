//! Where callers come whose token is of an issuer that does not serve: what they learn at once, and
//! where they wait.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use super::desk::{Asked, Desk, Iss, Output};
use super::resolver::Resolver;
use super::seats::Seats;
use super::unresolved::Unresolved;
use crate::cache::WakeFlag;
use crate::cache::sync::{AtomicBool, AtomicU64, Mutex, Ordering, lock};
use crate::refresh::Time;

/// What the callers and who runs the calls share.
pub(in crate::verify) struct Reception {
    pub(super) resolver: Resolver,
    state: Mutex<State>,
    pub(super) wake: WakeFlag,
    /// All who wait, for an answer or for keys.
    pub(super) seats: Arc<Seats>,
    /// With a random key: an `iss` is untrusted input, and nothing else is kept of it.
    hasher: RandomState,
    /// Ordering: `Relaxed` for all of these. No data goes with them.
    refusals: AtomicU64,
    polled: AtomicBool,
    stopped: AtomicBool,
    abandoned: AtomicBool,
    built_at: SystemTime,
}

pub(super) struct State {
    pub(super) desk: Desk,
    /// What the calls that have not begun are about.
    pub(super) texts: BTreeMap<Iss, String>,
    waiting: BTreeMap<u64, Waiting>,
    last: u64,
    /// Given up by hand.
    given_up: Vec<Iss>,
}

/// A caller.
struct Waiting {
    iss: Iss,
    budget: Duration,
    /// When it was first seen by who has a clock.
    came: Option<Time>,
    slot: Arc<Slot>,
}

/// What a caller is told at once.
pub(super) enum Told {
    Refused,
    Unresolved(Unresolved),
    Waits,
}

/// What a caller is told who has waited.
#[derive(Clone, Debug)]
pub(super) enum Word {
    /// Look again. This much of the budget is spent.
    Look(Duration),
    Refused,
    Unresolved(Unresolved),
}

impl Reception {
    pub(in crate::verify) fn new(resolver: Resolver, built_at: SystemTime) -> Self {
        let limits = resolver.limits;
        let desk = Desk::new(limits);
        let state = State {
            desk,
            texts: BTreeMap::new(),
            waiting: BTreeMap::new(),
            last: 0,
            given_up: Vec::new(),
        };
        Self {
            resolver,
            state: Mutex::new(state),
            wake: WakeFlag::new(),
            seats: Arc::new(Seats::new(limits.waiting)),
            hasher: RandomState::new(),
            refusals: AtomicU64::new(0),
            polled: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            abandoned: AtomicBool::new(false),
            built_at,
        }
    }

    pub(super) fn hash(&self, iss: &str) -> Iss {
        Iss(self.hasher.hash_one(iss))
    }

    /// A caller who does not wait: its question is asked for it.
    pub(super) fn ask(&self, iss: &str, now: SystemTime) -> Told {
        self.enter_if(iss, now, |_, _| true)
    }

    /// A caller who waits, for at most so long.
    pub(super) fn enter(
        &self,
        iss: &str,
        budget: Duration,
        now: SystemTime,
    ) -> Result<Ticket<'_>, Told> {
        let seat = self.seats.take().ok_or_else(|| self.crowded(now))?;
        let (most, slot) = (self.resolver.limits.waiting_for_one, Arc::new(Slot::default()));
        let mut id = None;
        let told = self.enter_if(iss, now, |state, hash| {
            let same = state.waiting.values().filter(|other| other.iss == hash).count();
            if same >= most {
                return false;
            }
            state.last += 1;
            let slot = Arc::clone(&slot);
            let caller = Waiting { iss: hash, budget, came: None, slot };
            state.waiting.insert(state.last, caller);
            id = Some(state.last);
            true
        });
        match (told, id) {
            (Told::Waits, Some(id)) => Ok(Ticket { reception: self, id, slot, _seat: seat }),
            (told, _) => Err(told),
        }
    }

    /// What a caller would be told, without a trace of it.
    pub(super) fn peek(&self, iss: &str, now: SystemTime) -> Told {
        if !self.resolver.may_ask(iss) {
            return Told::Refused;
        }
        match lock(&self.state).desk.peek(self.hash(iss)) {
            Some(Asked::Refused) => Told::Refused,
            Some(Asked::Waits) => Told::Unresolved(Unresolved::asking(self.soon(now))),
            _ => Told::Unresolved(Unresolved::unasked()),
        }
    }

    fn enter_if(
        &self,
        iss: &str,
        now: SystemTime,
        may_wait: impl FnOnce(&mut State, Iss) -> bool,
    ) -> Told {
        if !self.resolver.may_ask(iss) {
            return self.refuse();
        }
        if let Some(error) = self.no_driver(now) {
            return Told::Unresolved(error);
        }
        let hash = self.hash(iss);
        let mut state = lock(&self.state);
        let asked = match state.desk.ask(hash) {
            Asked::Refused => {
                drop(state);
                return self.refuse();
            }
            Asked::Busy => return Told::Unresolved(Unresolved::busy(self.soon(now))),
            Asked::Begins => {
                state.texts.insert(hash, iss.to_owned());
                true
            }
            Asked::Serves | Asked::Waits => false,
        };
        let may_wait = may_wait(&mut state, hash);
        drop(state);
        if asked || may_wait {
            self.wake.raise();
        }
        if may_wait { Told::Waits } else { self.crowded(now) }
    }

    /// Counts a refusal, to be told in the log.
    fn refuse(&self) -> Told {
        if self.refusals.fetch_add(1, Ordering::Relaxed) == 0 {
            self.wake.raise();
        }
        Told::Refused
    }

    /// The refusals since the last call.
    pub(super) fn take_refusals(&self) -> u64 {
        self.refusals.swap(0, Ordering::Relaxed)
    }

    pub(super) fn count_refusals(&self, refused: u64) {
        self.refusals.fetch_add(refused, Ordering::Relaxed);
    }

    fn crowded(&self, now: SystemTime) -> Told {
        Told::Unresolved(Unresolved::crowded(self.soon(now)))
    }

    /// By when the calls of now have ended.
    pub(super) fn soon(&self, now: SystemTime) -> Option<SystemTime> {
        now.checked_add(self.resolver.limits.call_timeout)
    }

    /// Nobody asks: the adapter has dropped the driver, or has never run it.
    fn no_driver(&self, now: SystemTime) -> Option<Unresolved> {
        if self.stopped.load(Ordering::Relaxed) {
            return Some(Unresolved::stopped());
        }
        let never_run = !self.polled.load(Ordering::Relaxed);
        let waited = || now.duration_since(self.built_at).unwrap_or_default();
        (never_run && waited() > NEVER_RUN).then(|| Unresolved::busy(None))
    }

    /// An issuer of the resolver's is out of the table, by hand.
    pub(in crate::verify) fn give_up(&self, iss: &str) {
        let hash = self.hash(iss);
        self.lock().given_up.push(hash);
        self.wake.raise();
    }

    pub(super) fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(super) fn set_polled(&self) {
        self.polled.store(true, Ordering::Relaxed);
    }

    /// The verifier is gone.
    pub(in crate::verify) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Release);
        self.wake.raise();
    }

    pub(super) fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Acquire)
    }

    /// Nobody asks any more.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        let waiting = std::mem::take(&mut self.lock().waiting);
        let word = |caller: Waiting| (caller.slot, Word::Unresolved(Unresolved::stopped()));
        give(waiting.into_values().map(word).collect());
        self.wake.close();
    }
}

impl State {
    pub(super) fn take_given_up(&mut self) -> Vec<Output> {
        let mut outputs = Vec::new();
        let given_up = std::mem::take(&mut self.given_up);
        given_up.into_iter().for_each(|iss| self.desk.give_up(iss, &mut outputs));
        outputs
    }

    /// Those who leave, and what they are told: those about whose `iss` there is word, those whose
    /// `iss` serves, and those whose budget is over.
    pub(super) fn leaving(
        &mut self,
        now: Time,
        words: &BTreeMap<Iss, Word>,
        busy: impl Fn() -> Word,
    ) -> Vec<(Arc<Slot>, Word)> {
        let mut leaving = Vec::new();
        let desk = &self.desk;
        self.waiting.retain(|_, caller| {
            let came = *caller.came.get_or_insert(now);
            let spent = now.saturating_since(came);
            let word = match words.get(&caller.iss) {
                Some(Word::Look(_)) => Word::Look(spent),
                Some(word) => word.clone(),
                None if desk.serves(caller.iss) => Word::Look(spent),
                None if spent >= caller.budget || !desk.is_asked(caller.iss) => busy(),
                None => return true,
            };
            leaving.push((Arc::clone(&caller.slot), word));
            false
        });
        leaving
    }

    /// When the next budget ends.
    pub(super) fn next_end(&self) -> Option<Time> {
        self.waiting.values().map(|caller| caller.came.unwrap_or(Time::ZERO) + caller.budget).min()
    }
}

/// A caller who waits. Dropping it leaves.
#[must_use]
pub(super) struct Ticket<'r> {
    reception: &'r Reception,
    id: u64,
    slot: Arc<Slot>,
    _seat: super::seats::Seat,
}

impl Future for Ticket<'_> {
    type Output = Word;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Word> {
        self.slot.poll(cx)
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        let _gone = self.reception.lock().waiting.remove(&self.id);
    }
}

/// Where a word is put, and the waker of who waits for it. No waker is cloned, dropped or woken
/// under the lock.
#[derive(Default)]
pub(super) struct Slot(Mutex<(Option<Word>, Option<Waker>)>);

impl Slot {
    fn poll(&self, cx: &Context<'_>) -> Poll<Word> {
        let waker = cx.waker().clone();
        let (word, _old) = {
            let mut slot = lock(&self.0);
            match slot.0.take() {
                Some(word) => (Poll::Ready(word), None),
                None => (Poll::Pending, slot.1.replace(waker)),
            }
        };
        word
    }
}

/// Gives these words out. A waker that panics keeps none from being woken.
pub(super) fn give(words: Vec<(Arc<Slot>, Word)>) {
    let fill = |(slot, word): (Arc<Slot>, Word)| {
        let mut slot = lock(&slot.0);
        slot.0 = Some(word);
        slot.1.take()
    };
    let wakers: Vec<_> = words.into_iter().filter_map(fill).collect();
    for waker in wakers {
        let _panicked = catch_unwind(AssertUnwindSafe(|| waker.wake()));
    }
}

impl fmt::Debug for Reception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reception").field("resolver", &self.resolver).finish_non_exhaustive()
    }
}

/// A driver that has not been run for so long will not be: nobody waits for it.
const NEVER_RUN: Duration = Duration::from_secs(5);
