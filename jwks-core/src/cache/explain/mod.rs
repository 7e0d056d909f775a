//! What a cache knows, and what it will do next: for the person who has to find out.

mod kid;
mod lately;
mod shown;
mod words;

use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use super::snapshot::{Held, Snapshot};
use super::status::{Board, seconds, seconds_of};
use super::{Health, KeyCache, Relaxation};
use crate::cache::sync::lock;
use crate::keys::text::{Chain, escaped};
use crate::keys::{Key, KeyId, Skipped};
use crate::refresh::{Freshness, Hint, Miss, Pace, Reason};

pub use kid::{KidExplanation, KidState};
pub use lately::Episode;
pub(crate) use shown::line;
pub(crate) use words::At;

/// What a key cache knows, how old that is, what it will do next and why, at the time of the call.
/// Create it with [`KeyCache::explain`].
///
/// Its `Display` is a page of text for a person: several lines, without a line break at the end. It
/// serialises with the same content: times are seconds since the Unix epoch, durations are seconds.
/// Text that comes from the issuer is escaped and shortened in both.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The issuer's label, as in its [events](super::Event::label).
    pub label: String,
    /// The time of the call, on the wall clock.
    #[serde(serialize_with = "seconds_of")]
    pub at: SystemTime,
    /// Where the keys come from: see [`Status::source`](super::Status::source).
    pub source: String,
    /// What is allowed beyond the standards, by name.
    pub relaxations: Vec<Relaxation>,
    /// Whether keys serve, and what is wrong if they cannot be renewed.
    pub health: Health,
    /// The age of the keys, in relation to their lifetime.
    pub freshness: Freshness,
    /// The keys that tokens are checked with, those without `kid` first. Empty once the trust in
    /// them has ended.
    pub keys: Vec<HeldKey>,
    /// Keys of the issuer that cannot be used, and why, in the order of its document.
    #[serde(serialize_with = "texts")]
    pub skipped: Vec<Skipped>,
    /// The kids that were denied by hand.
    pub denied: Vec<KeyId>,
    /// When the issuer last confirmed the keys.
    #[serde(serialize_with = "seconds")]
    pub confirmed_at: Option<SystemTime>,
    /// When other keys than before came last. `None` if that was before this cache started.
    #[serde(serialize_with = "seconds")]
    pub changed_at: Option<SystemTime>,
    /// When the lifetime of the keys ends: they are stale from then on, and still serve.
    #[serde(serialize_with = "seconds")]
    pub stale_at: Option<SystemTime>,
    /// When the keys stop serving if no fetch succeeds.
    #[serde(serialize_with = "seconds")]
    pub trust_until: Option<SystemTime>,
    /// The next fetch.
    pub next_fetch: NextFetch,
    /// Tokens accepted per second: the mean since the last confirmation but one, or since the
    /// start. `None` in the first second.
    pub accepted_per_second: Option<f64>,
    /// How many fetches an hour that costs while all goes well: see
    /// [`Policy::fetches_per_hour`](super::Policy::fetches_per_hour).
    pub fetches_per_hour: f64,
    /// Why the last fetch failed, if it failed.
    pub last_error: Option<String>,
    /// Fetches failed since the last success.
    pub failures_in_a_row: u32,
    /// When the first of them failed.
    #[serde(serialize_with = "seconds")]
    pub failing_since: Option<SystemTime>,
    /// Callers who wait now.
    pub waiting: usize,
    /// What tokens with unknown kids may cause.
    pub unknown_kids: UnknownKids,
    /// What of the settings costs more than their author likely meant, at the present rate.
    pub hints: Vec<Hint>,
    /// What has happened lately that is worth knowing, the oldest first: at most six episodes.
    /// [`KeyCache::recording`] has the whole story.
    pub recently: Vec<Episode>,
    #[serde(skip)]
    pace: Option<Pace>,
    #[serde(skip)]
    on_demand: bool,
}

/// A key that is held, as an [`Explanation`] shows it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct HeldKey {
    /// Its `kid`, or its thumbprint if it has none.
    pub id: KeyId,
    /// Its `kty`: `"RSA"`, `"EC"` or `"OKP"`.
    pub kty: &'static str,
    /// The algorithms whose signatures it checks: of those that the key set declares and the issuer
    /// is configured for.
    pub algorithms: Vec<&'static str>,
    /// Its `use`: `"sig"`, also if the key set does not say, or `"jwt-svid"`.
    #[serde(rename = "use")]
    pub key_use: &'static str,
    /// The issuer that it is for, if it is for one alone. Escaped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_issuer: Option<String>,
    /// Since when its certificate is valid, if it was read from one. It is not judged.
    #[serde(serialize_with = "seconds", skip_serializing_if = "Option::is_none")]
    pub certificate_from: Option<SystemTime>,
    /// Until when.
    #[serde(serialize_with = "seconds", skip_serializing_if = "Option::is_none")]
    pub certificate_until: Option<SystemTime>,
}

/// When keys are fetched next, and why.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct NextFetch {
    /// When, as things stand. It may be past, if the driver is about to begin. `None` while a fetch
    /// runs, and if none is planned.
    #[serde(serialize_with = "seconds")]
    pub at: Option<SystemTime>,
    /// Why at that time.
    pub reason: Option<Reason>,
    /// Since when a fetch has been running, if one is.
    #[serde(serialize_with = "seconds")]
    pub running_since: Option<SystemTime>,
    /// By when that fetch has ended at the latest.
    #[serde(serialize_with = "seconds")]
    pub running_until: Option<SystemTime>,
}

/// What tokens with unknown kids may cause: see
/// [`unknown_kid_burst`](crate::refresh::PolicyBuilder::unknown_kid_burst).
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct UnknownKids {
    /// How many fetches they may cause now, one after the other.
    pub fetches_left: u32,
    /// How many that is at most.
    pub burst: u32,
    /// How long it takes until there is one more.
    #[serde(serialize_with = "in_seconds")]
    pub cooldown: Duration,
    /// When they may cause a fetch again. `None` if they may now, or if the fetch that runs answers
    /// for them.
    #[serde(serialize_with = "seconds")]
    pub opens_at: Option<SystemTime>,
    /// Kids of which the issuer has said within the last cooldown that it has no such key.
    pub absent: usize,
    /// Tokens so far that named an unknown kid.
    pub misses: u64,
}

impl KeyCache {
    /// What this cache knows, how old that is, what it will do next and why: text for a person, or
    /// data for a page of your own. To watch a service use [`health`](Self::health) and
    /// [`status`](Self::status), which cost less.
    ///
    /// The call requests nothing, and counts neither as a use nor as a miss.
    ///
    /// ```no_run
    /// # fn example(cache: jwks_core::cache::KeyCache) {
    /// println!("{}", cache.explain());
    /// # }
    /// ```
    ///
    /// prints
    ///
    /// ```text
    #[doc = include_str!("example.txt")]
    /// ```
    #[must_use]
    pub fn explain(&self) -> Explanation {
        let (shared, now) = (self.shared(), self.wall_now());
        let board = lock(&shared.board).clone();
        let snapshot = shared.snapshot();
        let held = snapshot.held.as_ref().filter(|held| now < held.trust_until);
        let policy = &shared.policy;
        let lifetime = policy.lifetime_for(held.and_then(|held| held.lifetime));
        let rate = board.rate(&snapshot, now);
        let pace = policy.pace(lifetime, rate.unwrap_or_default());
        let standing = shared.standing(snapshot.generation);
        let skipped = held.map(|held| held.all.skipped().to_vec()).unwrap_or_default();
        Explanation {
            label: shared.label.to_string(),
            at: now,
            health: self.health_of(&board, &snapshot, now),
            freshness: board.freshness(held.is_some(), now),
            keys: held.map(keys).unwrap_or_default(),
            skipped,
            denied: snapshot.denied.iter().map(|kid| KeyId::Kid(kid.into())).collect(),
            confirmed_at: held.map(|held| held.confirmed_at),
            changed_at: board.changed_at.filter(|_| held.is_some()),
            stale_at: board.ages.map(|(_, stale_at)| stale_at).filter(|_| held.is_some()),
            trust_until: held.map(|held| held.trust_until),
            next_fetch: self.next_fetch(&board),
            accepted_per_second: rate,
            fetches_per_hour: pace.map_or(0.0, Pace::per_hour),
            failures_in_a_row: board.failures_in_a_row,
            failing_since: board.failing_since,
            last_error: board.last_failure.as_ref().map(|error| Chain(error).to_string()),
            source: board.place.clone(),
            relaxations: board.relaxations.to_vec(),
            waiting: shared.room.len(),
            unknown_kids: UnknownKids {
                fetches_left: board.unknown_kids_left,
                burst: policy.unknown_kid_burst(),
                cooldown: policy.unknown_kid_cooldown(),
                opens_at: standing.as_ref().and_then(|it| it.opens_at(Miss::Kid, now)),
                absent: standing.map_or(0, |it| it.absent.len()),
                misses: shared.misses.load(Ordering::Relaxed),
            },
            hints: policy.all_hints(pace, rate),
            recently: lately::episodes(shared, &board, now),
            pace,
            on_demand: !policy.background_refresh(),
        }
    }

    fn next_fetch(&self, board: &Board) -> NextFetch {
        NextFetch {
            at: board.next_refresh.map(|(at, _)| at),
            reason: board.next_refresh.map(|(_, reason)| reason),
            running_since: board.fetching_since,
            running_until: board.fetching_since.and_then(|_| self.shared().fetch_until()),
        }
    }
}

impl HeldKey {
    fn new(key: &Key) -> Self {
        Self {
            id: key.id(),
            kty: key.kty(),
            algorithms: key.algorithms().map(|algorithm| algorithm.name()).collect(),
            key_use: key.key_use(),
            certificate_from: key.validity().and_then(|it| it.not_before),
            certificate_until: key.validity().and_then(|it| it.not_after),
            only_issuer: key.issuer().map(|issuer| escaped(issuer).into()),
        }
    }
}

impl Board {
    /// Uses per second.
    pub(in crate::cache) fn rate(&self, snapshot: &Snapshot, now: SystemTime) -> Option<f64> {
        let (since, uses) = self.paced_from?;
        let took = now.duration_since(since).ok().filter(|took| *took >= LEAST_SPAN)?;
        let uses = self.uses(snapshot).saturating_sub(uses);
        #[expect(clippy::cast_precision_loss, reason = "a rate is not known that well")]
        Some(uses as f64 / took.as_secs_f64())
    }
}

fn keys(held: &Held) -> Vec<HeldKey> {
    held.keys.iter().map(HeldKey::new).collect()
}

fn texts<S: Serializer>(skipped: &[Skipped], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(skipped.iter().map(ToString::to_string))
}

fn in_seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

/// The shortest time that says anything about a rate.
const LEAST_SPAN: Duration = Duration::from_secs(1);
