//! The handle that readers hold.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use super::shared::Shared;
use super::snapshot::Snapshot;
use super::status::Status;
use super::waiter::{Need, Pass, Waiter};
use super::{Builder, Error, ErrorKind, SavedKeys, Source};
use crate::cache::sync::lock;
use crate::keys::{Key, KeySet, MAX_KID};
use crate::refresh::Gate;

/// How often a caller looks at the keys before giving up: cold, an unknown kid, a spent set, and
/// as much again for invalidations that come between.
const PASSES: usize = 8;

/// The keys of one issuer, shared by many threads and tasks. Cheap to clone.
///
/// Reading takes no lock and makes no allocation. The keys are fetched by whoever runs the
/// [`Driver`](super::Driver); when the last handle is dropped the driver stops.
#[derive(Clone)]
pub struct KeyCache(Arc<Handle>);

struct Handle {
    shared: Arc<Shared>,
}

/// What a look at the held keys came to.
pub(crate) enum Look<'k, R> {
    /// No key of that kid.
    Missing(&'k str),
    /// A result that is no use of a key.
    Refused(R),
    /// A use: a verified signature, or a key handed out.
    Used(R),
}

/// Why a pass over the held keys was not enough.
enum Want<'k> {
    Keys,
    Kid(&'k str),
}

enum Granted<R> {
    Free(R),
    /// The uses are spent, or the lifetime is over: whoever can wait should.
    Spent(R),
}

impl KeyCache {
    /// A cache of the keys at `source`. `wall_clock` reads the wall clock: `SystemTime::now`.
    pub fn builder(
        source: Source,
        wall_clock: impl Fn() -> SystemTime + Send + Sync + 'static,
    ) -> Builder {
        Builder::new(source, Arc::new(wall_clock))
    }

    /// Hands the key with this `kid` to `f`, waiting for it within the policy's `wait_budget` if
    /// no keys are held or none has that `kid`. Each call is a use.
    ///
    /// Several keys may share a `kid`: `f` gets them all. A key with an
    /// [`issuer`](Key::issuer) of its own is left out, unless that fits the
    /// [source's](super::SourceBuilder::issuer).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownKid`], at once for a `kid` of more than 256 bytes, which no key has;
    /// [`ErrorKind::Unavailable`], [`ErrorKind::Stopped`].
    pub async fn with_keys<R>(
        &self,
        kid: &str,
        f: impl FnMut(&mut dyn Iterator<Item = &Key>) -> R,
    ) -> Result<R, Error> {
        self.with_keys_within(self.shared().policy.wait_budget(), kid, f).await
    }

    /// As [`with_keys`](Self::with_keys), waiting at most `budget`.
    ///
    /// # Errors
    ///
    /// As [`with_keys`](Self::with_keys).
    pub async fn with_keys_within<R>(
        &self,
        budget: Duration,
        kid: &str,
        mut f: impl FnMut(&mut dyn Iterator<Item = &Key>) -> R,
    ) -> Result<R, Error> {
        check_kid(kid)?;
        self.look(budget, |keys, _| hand_out(keys, kid, &mut f)).await
    }

    /// As [`with_keys`](Self::with_keys), without ever waiting; what is missing is asked for.
    ///
    /// # Errors
    ///
    /// As [`with_keys`](Self::with_keys).
    pub fn try_with_keys<R>(
        &self,
        kid: &str,
        mut f: impl FnMut(&mut dyn Iterator<Item = &Key>) -> R,
    ) -> Result<R, Error> {
        check_kid(kid)?;
        self.look_now(self.wall_now(), |keys| hand_out(keys, kid, &mut f))
    }

    /// Waits until keys are held, for at most `budget`. No use.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`], [`ErrorKind::Stopped`].
    pub async fn ready(&self, budget: Duration) -> Result<(), Error> {
        self.look(budget, |_, _| Look::Refused(())).await
    }

    /// Fetches anew, with a fetch that begins after this call, and waits for its end.
    ///
    /// At most one such fetch a second is made, for all callers together; it passes caches by.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] if that fetch failed, or the issuer has asked for a pause
    /// ([`Error::retry_at`]); the held keys stay. [`ErrorKind::Stopped`].
    pub async fn refresh(&self) -> Result<(), Error> {
        self.wait(Need::Refresh, Duration::MAX).await.map(drop)
    }

    /// Withdraws the held keys: when this returns no read finds them. They are fetched anew.
    pub fn invalidate(&self) {
        self.shared().invalidate();
    }

    /// What an operator wants to know, as of now.
    #[must_use]
    pub fn status(&self) -> Status {
        let shared = self.shared();
        let board = lock(&shared.board).clone();
        board.status(&shared.snapshot(), shared.wall_now(), shared.misses.load(Ordering::Relaxed))
    }

    /// The held keys, to be kept and [loaded](super::Driver::hydrate) at the next start; none if
    /// no keys are held, or none that are trusted still.
    ///
    /// Export after [`Event::Loaded`](super::Event::Loaded) and
    /// [`Event::RefreshCompleted`](super::Event::RefreshCompleted), or every few minutes.
    #[must_use]
    pub fn export(&self) -> Option<SavedKeys> {
        let snapshot = self.shared().snapshot();
        let held = snapshot.held.as_ref().filter(|held| self.wall_now() < held.trust_until)?;
        let origin = lock(&self.shared().board).source.clone();
        Some(SavedKeys::of(origin, held))
    }

    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self(Arc::new(Handle { shared }))
    }

    pub(crate) fn wall_now(&self) -> SystemTime {
        self.shared().wall_now()
    }

    pub(crate) fn policy(&self) -> &crate::refresh::Policy {
        &self.shared().policy
    }

    /// Looks at the held keys, and again after waiting for better ones if they do not do, until
    /// `budget` is spent.
    pub(crate) async fn look<'k, R>(
        &self,
        budget: Duration,
        mut f: impl FnMut(&KeySet, SystemTime) -> Look<'k, R>,
    ) -> Result<R, Error> {
        let mut left = budget;
        let mut stale_for = None;
        let mut was_cold = false;
        for pass in 0..PASSES {
            let now = self.wall_now();
            if left.is_zero() && stale_for.is_none() {
                return self.look_now(now, |keys| f(keys, now));
            }
            let (found, generation) = {
                let snapshot = self.shared().snapshot();
                let stale = stale_for == Some(snapshot.generation);
                (self.pass(&snapshot, now, stale, |keys| f(keys, now)), snapshot.generation)
            };
            let need = match found {
                Ok(Granted::Free(result)) => return Ok(result),
                _ if left.is_zero() => return self.look_now(now, |keys| f(keys, now)),
                Ok(Granted::Spent(_)) => Need::Fresh(generation),
                Err(Want::Keys) => Need::Keys,
                Err(Want::Kid(kid)) => {
                    if pass == 0 {
                        self.shared().misses.fetch_add(1, Ordering::Relaxed);
                    }
                    match self.refusal(generation) {
                        Some(Some(refusal)) => return Err(refusal),
                        Some(None) if was_cold => return Err(Error::unknown_kid(None, None)),
                        Some(None) => Need::Kid(kid.into()),
                        None => continue,
                    }
                }
            };
            was_cold |= matches!(need, Need::Keys);
            let fresh = matches!(need, Need::Fresh(_));
            match self.wait(need, left).await {
                Ok(pass) => {
                    left = pass.left;
                    stale_for = pass.stale.then_some(generation);
                }
                // Without a driver nothing better comes: as in an outage, the held set serves.
                Err(error) if fresh && error.kind() == ErrorKind::Stopped => {
                    stale_for = Some(generation);
                }
                Err(error) => return Err(error),
            }
        }
        Err(lock(&self.shared().board).unavailable())
    }

    /// Looks at the held keys once, and asks for better ones if they do not do.
    pub(crate) fn look_now<'k, R>(
        &self,
        now: SystemTime,
        f: impl FnOnce(&KeySet) -> Look<'k, R>,
    ) -> Result<R, Error> {
        let shared = self.shared();
        let snapshot = shared.snapshot();
        match self.pass(&snapshot, now, false, f) {
            Ok(Granted::Free(result)) => Ok(result),
            Ok(Granted::Spent(result)) => {
                shared.note(&shared.wanted, snapshot.generation);
                Ok(result)
            }
            Err(Want::Keys) => {
                shared.note(&shared.wanted, snapshot.generation);
                Err(lock(&shared.board).unavailable())
            }
            Err(Want::Kid(_)) => {
                shared.misses.fetch_add(1, Ordering::Relaxed);
                if let Some(Some(refusal)) = self.refusal(snapshot.generation) {
                    return Err(refusal);
                }
                shared.note(&shared.missed, snapshot.generation);
                Err(Error::undecided_kid())
            }
        }
    }

    fn pass<'k, R>(
        &self,
        snapshot: &Snapshot,
        now: SystemTime,
        stale: bool,
        f: impl FnOnce(&KeySet) -> Look<'k, R>,
    ) -> Result<Granted<R>, Want<'k>> {
        let shared = self.shared();
        let Some(held) = &snapshot.held else { return Err(Want::Keys) };
        if now >= held.trust_until {
            shared.note(&shared.distrusted, snapshot.generation);
            return Err(Want::Keys);
        }
        let result = match f(&held.keys) {
            Look::Missing(kid) => return Err(Want::Kid(kid)),
            Look::Refused(result) => return Ok(Granted::Free(result)),
            Look::Used(result) => result,
        };
        if stale {
            // Counted in the pass that was told to wait.
            return Ok(Granted::Free(result));
        }
        let taken = snapshot.meter().take();
        if taken.last {
            shared.wake.raise();
        }
        Ok(match snapshot.gate() {
            Gate::Closed => Granted::Spent(result),
            Gate::Counted if taken.spent => Granted::Spent(result),
            Gate::Asking | Gate::Counted | Gate::Open => Granted::Free(result),
        })
    }

    /// The standing refusal of unknown kids. None: the set looked at is no longer the current
    /// one, so that the refusal may not speak of it.
    #[expect(clippy::option_option, reason = "whether it holds, and whether there is one")]
    fn refusal(&self, generation: u64) -> Option<Option<Error>> {
        let refusal = self.shared().refusal();
        (self.shared().snapshot().generation == generation).then_some(refusal)
    }

    async fn wait(&self, need: Need, budget: Duration) -> Result<Pass, Error> {
        let (waiter, outcome) = Waiter::new(need, budget);
        self.shared().enlist(waiter)?;
        outcome.await.unwrap_or_else(|_| Err(Error::stopped()))
    }

    fn shared(&self) -> &Shared {
        &self.0.shared
    }
}

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyCache").field(self.shared()).finish()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.abandon();
    }
}

/// No set holds a longer `kid`, so nothing is fetched for one.
fn check_kid(kid: &str) -> Result<(), Error> {
    if kid.len() > MAX_KID { Err(Error::unknown_kid(None, None)) } else { Ok(()) }
}

fn hand_out<'k, R>(
    keys: &KeySet,
    kid: &'k str,
    f: &mut impl FnMut(&mut dyn Iterator<Item = &Key>) -> R,
) -> Look<'k, R> {
    let mut keys = keys.handed_out(kid).peekable();
    if keys.peek().is_some() { Look::Used(f(&mut keys)) } else { Look::Missing(kid) }
}
