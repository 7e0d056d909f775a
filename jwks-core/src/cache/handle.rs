//! The handle that readers hold.

use std::convert::Infallible;
use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use super::denied::DenyError;
use super::error::Decision;
use super::look::{AnyKeys, Judgement, Question};
use super::shared::Shared;
use super::status::Status;
use super::{Error, KeyCacheBuilder, SavedKeys, Source};
use crate::cache::sync::lock;
use crate::keys::{Key, KeySet, MAX_KID};
use crate::refresh::Miss;

/// The keys of one issuer, shared by many threads and tasks. Cheap to clone.
///
/// Reading takes no lock and makes no allocation. The keys are fetched by whoever runs the
/// [`Driver`](super::Driver); when the last handle is dropped the driver stops.
#[derive(Clone)]
pub struct KeyCache(Arc<Handle>);

/// A handle that does not keep the driver running. Made by [`KeyCache::downgrade`].
#[derive(Clone)]
pub struct WeakKeyCache(Weak<Handle>);

struct Handle {
    shared: Arc<Shared>,
}

impl KeyCache {
    /// A cache of the keys at `source`. Give the builder to an adapter's `start`.
    pub fn builder(source: Source) -> KeyCacheBuilder {
        KeyCacheBuilder::new(source)
    }

    /// Hands the key with this `kid` to `f`, waiting for it within the policy's `wait_budget` if
    /// no keys are held or none has that `kid`. A key that is handed out is a use.
    ///
    /// Several keys may share a `kid`: `f` gets them all. A key with an
    /// [`issuer`](Key::issuer) of its own is left out, unless that fits the
    /// [source's](super::SourceBuilder::issuer). Without background refresh `f` may be called a second
    /// time, if the keys that it got first were used up at that moment.
    ///
    /// It is the driver that keeps the time: a driver that is dropped ends the wait, and one that
    /// is not polled any more never does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownKid`], at once for a `kid` of more than 256 bytes, which no key has;
    /// [`ErrorKind::DeniedKid`], [`ErrorKind::Unavailable`], [`ErrorKind::Stopped`],
    /// [`ErrorKind::NeverRun`].
    ///
    /// [`ErrorKind::DeniedKid`]: super::ErrorKind::DeniedKid
    /// [`ErrorKind::NeverRun`]: super::ErrorKind::NeverRun
    /// [`ErrorKind::Stopped`]: super::ErrorKind::Stopped
    /// [`ErrorKind::Unavailable`]: super::ErrorKind::Unavailable
    /// [`ErrorKind::UnknownKid`]: super::ErrorKind::UnknownKid
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
        f: impl FnMut(&mut dyn Iterator<Item = &Key>) -> R,
    ) -> Result<R, Error> {
        self.ask(budget, &mut HandOut::of(kid, f)?).await
    }

    /// As [`with_keys`](Self::with_keys), without ever waiting; what is missing is asked for.
    ///
    /// # Errors
    ///
    /// As [`with_keys`](Self::with_keys).
    pub fn try_with_keys<R>(
        &self,
        kid: &str,
        f: impl FnMut(&mut dyn Iterator<Item = &Key>) -> R,
    ) -> Result<R, Error> {
        self.ask_now(&mut HandOut::of(kid, f)?)
    }

    /// Waits until keys have been held once, for at most `budget`: what a readiness probe asks.
    /// [Saved keys](KeyCacheBuilder::hydrate) count.
    ///
    /// Once it has succeeded it succeeds at once, whatever becomes of the keys. An outage of the
    /// issuer meets all processes that depend on it: if all of them said that they were not ready,
    /// the load balancer would be left without any. How the keys are doing says
    /// [`health`](Self::health). More on probes, liveness too, stands at
    /// [`Verifier::ready`](crate::verify::Verifier::ready).
    ///
    /// Until then each call asks for keys, so a service that fetches on demand gets them although
    /// nobody sends it tokens before it is ready. It counts neither as a use nor as a miss. With a
    /// budget of zero it never waits, and asks all the same.
    ///
    /// The adapter keeps the time, so the cache must have been started by one. Where an adapter has
    /// been given the cache to drive it itself (`serve`), a call waits until it is driven.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`], [`ErrorKind::Stopped`], [`ErrorKind::NeverRun`].
    ///
    /// [`ErrorKind::NeverRun`]: super::ErrorKind::NeverRun
    /// [`ErrorKind::Stopped`]: super::ErrorKind::Stopped
    /// [`ErrorKind::Unavailable`]: super::ErrorKind::Unavailable
    pub async fn ready(&self, budget: Duration) -> Result<(), Error> {
        if self.shared().has_held() {
            return Ok(());
        }
        let asked = self.ask(budget, &mut AnyKeys).await;
        // They may have come, and gone again, meanwhile.
        if self.shared().has_held() { Ok(()) } else { asked }
    }

    /// Fetches anew, with a fetch that begins after this call, and waits for its end.
    ///
    /// At most one such fetch a second is made, for all callers together; it passes caches by.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](super::ErrorKind::Unavailable) if that fetch failed, or the issuer
    /// has asked for a pause ([`Error::retry_at`]); the held keys stay. Else as
    /// [`ready`](Self::ready).
    pub async fn refresh(&self) -> Result<(), Error> {
        self.wait_for_refresh().await
    }

    /// Withdraws the held keys: when this returns no read finds them. They are fetched anew.
    pub fn invalidate(&self) {
        self.shared().invalidate();
    }

    /// Takes the keys of this `kid` out: when this returns no read finds them. They stay out until
    /// [`allow_kid`](Self::allow_kid), whatever the issuer publishes: refetches,
    /// [`invalidate`](Self::invalidate) and [hydration](super::Driver::hydrate) do not bring them
    /// back. False if the kid was denied before.
    ///
    /// Use it when a signing key is compromised: an issuer's caches may go on publishing that key
    /// for hours. Whoever names a denied kid gets [`ErrorKind::DeniedKid`], which is final, and
    /// causes no fetch. The limits of the policy (`min_keys`) count a denied key as usable.
    ///
    /// The kid alone is denied, not the key: the same key under another `kid`, or without one, is
    /// another key. Denied kids go with [`export`](Self::export) but are not kept otherwise, so
    /// deny them again at each start.
    ///
    /// # Errors
    ///
    /// The kid is longer than 256 bytes, as no kid of a token is, or 1024 kids are denied already.
    ///
    /// [`ErrorKind::DeniedKid`]: super::ErrorKind::DeniedKid
    pub fn deny_kid(&self, kid: &str) -> Result<bool, DenyError> {
        self.shared().deny(|denied| denied.add(kid))
    }

    /// Ends what [`deny_kid`](Self::deny_kid) began: held keys of this `kid` can be used again, as
    /// soon as this returns. False if the kid was not denied.
    pub fn allow_kid(&self, kid: &str) -> bool {
        let Ok(changed) = self.shared().deny(|denied| Ok::<_, Infallible>(denied.remove(kid)));
        changed
    }

    /// The name of its issuer in events, status and health: see [`KeyCacheBuilder::label`].
    #[must_use]
    pub fn label(&self) -> &str {
        &self.shared().label
    }

    /// What an operator wants to know, as of now.
    #[must_use]
    pub fn status(&self) -> Status {
        let shared = self.shared();
        let board = lock(&shared.board).clone();
        let misses = shared.misses.load(Ordering::Relaxed);
        board.status(
            &shared.label,
            &shared.snapshot(),
            shared.wall_now(),
            misses,
            shared.room.len(),
        )
    }

    /// A handle that does not keep the driver running, for whatever the driver itself keeps alive:
    /// an [observer](KeyCacheBuilder::observer) above all. An observer that held a `KeyCache` would keep
    /// the driver running for ever, and the driver the observer.
    #[must_use]
    pub fn downgrade(&self) -> WeakKeyCache {
        WeakKeyCache(Arc::downgrade(&self.0))
    }

    /// The held keys, to be kept and [loaded](super::Driver::hydrate) at the next start; none if
    /// no keys are held, or none that are trusted still. Denied keys are among them, and that they
    /// are denied.
    ///
    /// Export after [`EventKind::Loaded`](super::EventKind::Loaded) and
    /// [`EventKind::RefreshCompleted`](super::EventKind::RefreshCompleted), or every few minutes.
    #[must_use]
    pub fn export(&self) -> Option<SavedKeys> {
        let snapshot = self.shared().snapshot();
        let held = snapshot.held.as_ref().filter(|held| self.wall_now() < held.trust_until)?;
        let origin = lock(&self.shared().board).source.clone();
        Some(SavedKeys::of(origin, held, &snapshot.denied))
    }

    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self(Arc::new(Handle { shared }))
    }

    pub(crate) fn shared_label(&self) -> Arc<str> {
        Arc::clone(&self.shared().label)
    }

    pub(crate) fn wall_now(&self) -> SystemTime {
        self.shared().wall_now()
    }

    pub(crate) fn policy(&self) -> &crate::refresh::Policy {
        &self.shared().policy
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0.shared
    }
}

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyCache").field(self.shared()).finish()
    }
}

impl WeakKeyCache {
    /// The handle, if another one is left.
    #[must_use]
    pub fn upgrade(&self) -> Option<KeyCache> {
        self.0.upgrade().map(KeyCache)
    }
}

impl fmt::Debug for WeakKeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakKeyCache").finish_non_exhaustive()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.abandon();
    }
}

/// Hands the keys of one kid to a caller.
struct HandOut<'k, F> {
    kid: &'k str,
    f: F,
}

impl<'k, F> HandOut<'k, F> {
    /// No set has a key with a longer kid than tokens may have: nothing is fetched for one.
    fn of(kid: &'k str, f: F) -> Result<Self, Error> {
        if kid.len() > MAX_KID {
            return Err(Error::unknown_kid(None, Decision::Final));
        }
        Ok(Self { kid, f })
    }
}

impl<R, F: FnMut(&mut dyn Iterator<Item = &Key>) -> R> Question for HandOut<'_, F> {
    type Answer = R;

    fn kid(&self) -> Option<&str> {
        Some(self.kid)
    }

    fn judge(&mut self, keys: &KeySet, _now: SystemTime) -> Judgement<R> {
        let mut fitting = keys.handed_out(self.kid).peekable();
        if fitting.peek().is_some() {
            return Judgement::Accepted((self.f)(&mut fitting));
        }
        let skipped = keys.skipped_kid(self.kid).is_some();
        Judgement::Missed(if skipped { Miss::Skipped } else { Miss::Kid })
    }
}
