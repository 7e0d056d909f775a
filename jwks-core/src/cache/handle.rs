//! The handle that users hold.

use std::convert::Infallible;
use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use super::denied::DenyError;
use super::error::Decision;
use super::look::{AnyKeys, Judgement, Question};
use super::room::Answers;
use super::shared::Shared;
use super::status::Status;
use super::{Error, KeyCacheBuilder, Relaxation, SavedKeys, Source};
use crate::cache::sync::lock;
use crate::keys::{Key, KeySet, MAX_KID};
use crate::refresh::Miss;
use crate::refresh::record::Recording;

/// The keys of one issuer, shared by many threads and tasks. Cheap to clone.
///
/// Reading takes no lock and makes no allocation. An adapter runs the [`Driver`](super::Driver),
/// which fetches the keys; when the last handle is dropped, the driver stops.
#[derive(Clone)]
pub struct KeyCache(Arc<Handle>);

/// A handle that does not keep the driver running. Create it with [`KeyCache::downgrade`].
#[derive(Clone)]
pub struct WeakKeyCache(Weak<Handle>);

struct Handle {
    shared: Arc<Shared>,
}

impl KeyCache {
    /// Describes a cache of the keys at `source`. Give the builder to an adapter's `start`.
    pub fn builder(source: Source) -> KeyCacheBuilder {
        KeyCacheBuilder::new(source)
    }

    /// Calls `f` with the key that has this `kid`. If no keys are held, or none has that `kid`,
    /// waits within the policy's `wait_budget`. A key that is passed to `f` counts as a use.
    ///
    /// Several keys may share a `kid`: `f` gets them all. A key with its own
    /// [`issuer`](Key::issuer) is left out, unless that fits the
    /// [source's](super::SourceBuilder::issuer). Without background refresh, `f` may be called a
    /// second time, if the first keys were used up at that moment.
    ///
    /// The driver keeps the time: if it is dropped, the wait ends with an error; if it is no longer
    /// polled, the wait does not end.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownKid`], [`ErrorKind::DeniedKid`], [`ErrorKind::Unavailable`],
    /// [`ErrorKind::Stopped`], [`ErrorKind::NeverRun`]. A `kid` of more than 256 bytes is
    /// [`ErrorKind::UnknownKid`] at once, because no key has one.
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

    /// Like [`with_keys`](Self::with_keys), but waits for at most `budget`.
    ///
    /// # Errors
    ///
    /// Like [`with_keys`](Self::with_keys).
    pub async fn with_keys_within<R>(
        &self,
        budget: Duration,
        kid: &str,
        f: impl FnMut(&mut dyn Iterator<Item = &Key>) -> R,
    ) -> Result<R, Error> {
        self.ask(budget, &mut HandOut::of(kid, f)?).await
    }

    /// Like [`with_keys`](Self::with_keys), but never waits. If the key is missing, requests a
    /// fetch and returns an error.
    ///
    /// # Errors
    ///
    /// Like [`with_keys`](Self::with_keys).
    pub fn try_with_keys<R>(
        &self,
        kid: &str,
        f: impl FnMut(&mut dyn Iterator<Item = &Key>) -> R,
    ) -> Result<R, Error> {
        self.ask_now(&mut HandOut::of(kid, f)?)
    }

    /// Like [`with_keys_within`](Self::with_keys_within), but calls `f` with all keys: for a set whose
    /// keys are not called as the tokens call them, such as one key in PEM. `f` returns `None` if it
    /// has no use for them; that is no use of a key, and nothing is fetched for it.
    ///
    /// # Errors
    ///
    /// Like [`with_keys`](Self::with_keys), but for an unknown `kid`.
    pub async fn with_all_keys<R>(
        &self,
        budget: Duration,
        f: impl FnMut(&mut dyn Iterator<Item = &Key>) -> Option<R>,
    ) -> Result<Option<R>, Error> {
        self.ask(budget, &mut HandOutAll(f)).await
    }

    /// Waits until keys have been held once, for at most `budget`. Use it for a readiness probe.
    /// [Saved keys](KeyCacheBuilder::hydrate) count as held.
    ///
    /// Once it has succeeded, it always succeeds at once, even if the keys are lost later. An
    /// outage of the issuer affects all processes that depend on it: if all of them became unready,
    /// the load balancer would have no process left. Use [`health`](Self::health) to see the
    /// current state of the keys. See [`Verifier::ready`](crate::verify::Verifier::ready) for more
    /// on readiness and liveness probes.
    ///
    /// Until then, each call requests keys. So a service that fetches on demand gets its keys
    /// although it receives no tokens before it is ready. The call counts neither as a use nor as a
    /// miss. With a budget of zero it never waits, but still requests keys.
    ///
    /// The cache must have been started by an adapter, because the adapter keeps the time. If you
    /// drive the cache yourself (`serve`), a call with a budget above zero makes no progress until
    /// you drive it.
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
        // Keys may have come, and gone again, meanwhile.
        if self.shared().has_held() { Ok(()) } else { asked }
    }

    /// Refreshes the keys by hand: waits for a fetch that begins after this call.
    ///
    /// All callers together cause at most one such fetch per second. The request bypasses HTTP
    /// caches.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](super::ErrorKind::Unavailable) if that fetch failed, or if the
    /// issuer has asked for a pause ([`Error::retry_at`]); the held keys stay. Other errors are
    /// those of [`ready`](Self::ready).
    pub async fn refresh(&self) -> Result<(), Error> {
        self.wait_for_refresh().await
    }

    /// Withdraws the held keys. When this returns, no reader finds them. They are fetched anew.
    pub fn invalidate(&self) {
        self.shared().invalidate();
    }

    /// Denies the keys with this `kid`. When this returns, no reader finds them. They stay out
    /// until [`allow_kid`](Self::allow_kid), whatever the issuer publishes: later fetches,
    /// [`invalidate`](Self::invalidate) and [hydration](super::Driver::hydrate) do not bring them
    /// back. Returns false if the kid was denied before.
    ///
    /// Use it when a signing key is compromised, because the issuer's caches may go on publishing
    /// that key for hours. A caller that names a denied kid gets [`ErrorKind::DeniedKid`], which is
    /// final, and causes no fetch. The limits of the policy (`min_keys`) count a denied key as
    /// usable.
    ///
    /// The kid is denied, not the key material: the same material under another `kid`, or without
    /// one, is another key. Denied kids are part of an [`export`](Self::export), but are not saved
    /// in any other way, so deny them again at each start.
    ///
    /// # Errors
    ///
    /// Fails if the kid is longer than 256 bytes, which no token's kid is, or if 1024 kids are
    /// denied already.
    ///
    /// [`ErrorKind::DeniedKid`]: super::ErrorKind::DeniedKid
    pub fn deny_kid(&self, kid: &str) -> Result<bool, DenyError> {
        self.shared().deny(|denied| denied.add(kid))
    }

    /// Undoes [`deny_kid`](Self::deny_kid). When this returns, held keys of this `kid` can be used
    /// again. Returns false if the kid was not denied.
    pub fn allow_kid(&self, kid: &str) -> bool {
        let Ok(changed) = self.shared().deny(|denied| Ok::<_, Infallible>(denied.remove(kid)));
        changed
    }

    /// The name of its issuer in events, status and health: see [`KeyCacheBuilder::label`].
    #[must_use]
    pub fn label(&self) -> &str {
        &self.shared().label
    }

    /// What is allowed of its issuer beyond the book.
    #[must_use]
    pub fn relaxations(&self) -> Arc<[Relaxation]> {
        Arc::clone(&lock(&self.shared().board).relaxations)
    }

    /// The state of the cache now, for dashboards.
    #[must_use]
    pub fn status(&self) -> Status {
        let shared = self.shared();
        let board = lock(&shared.board).clone();
        let misses = shared.misses.load(Ordering::Relaxed);
        board.status(
            &shared.label,
            &shared.policy,
            &shared.snapshot(),
            shared.wall_now(),
            misses,
            shared.room.len(),
        )
    }

    /// What has happened to this cache lately: the last inputs of its refresh machine, for an
    /// operator who asks why. Its [`replay`](Recording::replay) tells the story in words. As JSON,
    /// it can be sent to somebody else, and `jwks replay FILE` tells it.
    ///
    /// The recorder is always on, in a [fixed number of bytes](KeyCacheBuilder::recorder). What
    /// happens often, such as uses of the keys, is counted. The recording holds no token, no claim
    /// and no `kid`. It names the issuer by its [label](Self::label), which is a URL without its
    /// query unless you have set one.
    ///
    /// ```
    /// # use jwks_core::adapter::{Env, Start};
    /// # use jwks_core::cache::{KeyCache, Source};
    /// # let source = Source::jwks_uri("https://id.example.com/keys")?;
    /// # let (cache, _drivers) =
    /// #     KeyCache::builder(source).build(Env::new(|| std::time::SystemTime::UNIX_EPOCH))?;
    /// let recording = cache.recording();
    /// println!("{}", recording.replay());
    /// let json = serde_json::to_string(&recording)?; // for `jwks replay`
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn recording(&self) -> Recording {
        let shared = self.shared();
        shared.recorded.recording(&shared.label, &shared.policy)
    }

    /// A handle that does not keep the driver running. Use it in whatever the driver itself keeps
    /// alive, such as an [observer](KeyCacheBuilder::observer). An observer that held a `KeyCache`
    /// would keep the driver running for ever, and the driver would keep the observer.
    #[must_use]
    pub fn downgrade(&self) -> WeakKeyCache {
        WeakKeyCache(Arc::downgrade(&self.0))
    }

    /// The held keys, to be saved and [loaded](super::Driver::hydrate) at the next start. `None` if
    /// no keys are held, or if none of them are trusted any more. The export includes denied keys,
    /// and the fact that they are denied.
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

    /// Gives the issuer up, for all who hold a handle.
    pub(crate) fn withdraw(&self) -> Farewell {
        Farewell { cache: self.clone(), answers: self.shared().withdraw() }
    }

    /// Denies what is denied in `other`.
    pub(crate) fn deny_like(&self, other: &Self) {
        let denied = other.shared().denied();
        // Fails if more are denied than can be, as it did there.
        let _full = self.shared().deny(|ours| ours.add_all(&denied));
    }

    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self(Arc::new(Handle { shared }))
    }

    /// Whether keys are held now.
    pub(crate) fn holds_keys(&self) -> bool {
        self.shared().snapshot().held.is_some()
    }

    /// Whether keys have been held once.
    pub(crate) fn has_held(&self) -> bool {
        self.shared().has_held()
    }

    pub(crate) fn shared_label(&self) -> Arc<str> {
        Arc::clone(&self.shared().label)
    }

    /// The handles of its metrics for validations, once there are any.
    #[cfg(feature = "metrics")]
    pub(crate) fn validations(&self) -> Option<&super::Validations> {
        self.shared().observed.validations()
    }

    pub(crate) fn wall_now(&self) -> SystemTime {
        self.shared().wall_now()
    }

    /// Its settings: when it refreshes, and its limits.
    #[must_use]
    pub fn policy(&self) -> &crate::refresh::Policy {
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
    /// The handle, if at least one other handle exists.
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

/// Tells those who waited for an issuer that is given up, and its driver, when it is dropped.
#[must_use = "to be dropped when no lock is held"]
pub(crate) struct Farewell {
    cache: KeyCache,
    answers: Answers,
}

impl Drop for Farewell {
    fn drop(&mut self) {
        self.cache.shared().wake.raise();
        self.answers.give();
    }
}

/// Passes the keys of one kid to a caller.
struct HandOut<'k, F> {
    kid: &'k str,
    f: F,
}

impl<'k, F> HandOut<'k, F> {
    /// No key has a longer kid than tokens may have, so nothing is fetched for one.
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

/// Passes all keys to a caller.
struct HandOutAll<F>(F);

impl<R, F: FnMut(&mut dyn Iterator<Item = &Key>) -> Option<R>> Question for HandOutAll<F> {
    type Answer = Option<R>;

    fn kid(&self) -> Option<&str> {
        None
    }

    fn judge(&mut self, keys: &KeySet, _now: SystemTime) -> Judgement<Option<R>> {
        match (self.0)(&mut keys.iter()) {
            None => Judgement::Refused(None),
            used => Judgement::Accepted(used),
        }
    }
}
