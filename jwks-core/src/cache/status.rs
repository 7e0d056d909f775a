//! The state of a cache, for health checks and dashboards.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Serialize, Serializer};

use super::error::Outage;
use super::meter::Gauge;
use super::relaxation::Relaxation;
use super::saved::Origin;
use super::snapshot::Snapshot;
use super::{Error, FetchError};
use crate::keys::text::Chain;
use crate::keys::{Key, KeyId};
use crate::refresh::{Freshness, Hint, Policy, Reason};

/// The state of a cache. It serialises, with times in seconds since the Unix epoch.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Status {
    /// The issuer's label, as in its [events](super::Event::label).
    pub label: String,
    /// Where the keys come from: a URL without its query. With discovery, this is the URL of the
    /// issuer's document and, once it is known, ` -> ` and the `jwks_uri`.
    pub source: String,
    /// What is allowed here beyond the book. Left out of the serialised form if there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub relaxations: Vec<Relaxation>,
    /// Whether keys serve now and a driver is running. For a probe use
    /// [`ready`](super::KeyCache::ready), for alerts [`health`](super::KeyCache::health).
    pub healthy: bool,
    /// The age of the keys, in relation to their lifetime.
    pub freshness: Freshness,
    /// The names of the held keys.
    pub keys: Vec<KeyId>,
    /// The kids that were denied by hand, whether or not the issuer publishes them.
    pub denied: Vec<KeyId>,
    /// When the issuer last confirmed the keys.
    #[serde(serialize_with = "seconds")]
    pub confirmed_at: Option<SystemTime>,
    /// When the keys stop serving if no fetch succeeds.
    #[serde(serialize_with = "seconds")]
    pub trust_until: Option<SystemTime>,
    /// When the next fetch is planned.
    #[serde(serialize_with = "seconds")]
    pub next_refresh_at: Option<SystemTime>,
    /// Why at that time.
    pub next_refresh_reason: Option<Reason>,
    /// Whether a fetch is in flight.
    pub refreshing: bool,
    /// Uses of keys so far. One at the same moment as a refresh may be missing, or counted twice.
    pub uses: u64,
    /// Tokens so far that named a kid which was not held.
    pub misses: u64,
    /// Fetches begun so far.
    pub fetches: u64,
    /// Fetches failed so far.
    pub failures: u64,
    /// Fetches failed since the last success.
    pub failures_in_a_row: u32,
    /// The failure of the last fetch, if it failed.
    pub last_error: Option<String>,
    /// Callers who wait now.
    pub waiting: usize,
    /// Whether the driver has stopped.
    pub stopped: bool,
    /// What of the settings costs more than their author likely meant, at the present rate.
    pub hints: Vec<Hint>,
}

impl Status {
    /// How long ago the keys were confirmed, at `now`.
    #[must_use]
    pub fn age(&self, now: SystemTime) -> Option<Duration> {
        Some(now.duration_since(self.confirmed_at?).unwrap_or_default())
    }
}

/// What the driver last wrote down for readers on the cold path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Board {
    pub(crate) source: Origin,
    /// The source as it is shown, with the place that an issuer has named.
    pub(crate) place: String,
    pub(crate) relaxations: Arc<[Relaxation]>,
    pub(crate) freshness: Option<Freshness>,
    /// When the held set is due for its refresh, and when its lifetime ends.
    pub(crate) ages: Option<(SystemTime, SystemTime)>,
    pub(crate) next_refresh: Option<(SystemTime, Reason)>,
    pub(crate) refreshing: bool,
    pub(crate) fetches: u64,
    pub(crate) failures: u64,
    pub(crate) failures_in_a_row: u32,
    pub(crate) failing_since: Option<SystemTime>,
    pub(crate) last_failure: Option<FetchError>,
    pub(crate) stopped_at: Option<SystemTime>,
    /// Without keys: since when, and when the next attempt may start.
    pub(crate) since: Option<SystemTime>,
    pub(crate) retry_at: Option<SystemTime>,
    /// Since when the fetch in flight has been running.
    pub(crate) fetching_since: Option<SystemTime>,
    /// The current snapshot's generation and gauge, and the uses of those before it.
    pub(crate) gauge: Option<(u64, Gauge)>,
    pub(crate) uses: u64,
    /// From when on the rate of uses is reckoned, and the uses until then.
    pub(crate) paced_from: Option<(SystemTime, u64)>,
    /// When keys came last that differ from those before them.
    pub(crate) changed_at: Option<SystemTime>,
    /// When they did so lately, after the first.
    pub(crate) changes: Vec<SystemTime>,
    /// How many fetches unknown kids may cause at once.
    pub(crate) unknown_kids_left: u32,
}

impl Board {
    pub(crate) fn unavailable(&self) -> Error {
        Error::unavailable(Outage {
            place: self.place.as_str().into(),
            by_hand: false,
            since: self.since,
            retry_at: self.retry_at,
            failure: self.last_failure.clone(),
            fetching: self.fetching_since,
        })
    }

    /// Uses of keys so far.
    pub(crate) fn uses(&self, snapshot: &Snapshot) -> u64 {
        let current = match self.gauge {
            Some((generation, gauge)) if generation == snapshot.generation => {
                gauge.peek(snapshot.meter())
            }
            _ => 0,
        };
        self.uses.saturating_add(current)
    }

    /// How old the set is at `now`. What the driver saw last may be hours ago: it need not have
    /// been polled since the process was frozen, or since it was dropped. Usage can make a set
    /// older than its time does, so the driver's word counts where it says more.
    pub(crate) fn freshness(&self, holds: bool, now: SystemTime) -> Freshness {
        let seen = self.freshness.unwrap_or(Freshness::Missing);
        if !holds {
            return if seen == Freshness::Missing { seen } else { Freshness::Expired };
        }
        let by_time = match self.ages {
            Some((_, stale_at)) if now >= stale_at => Freshness::Stale,
            Some((due_at, _)) if now >= due_at => Freshness::Due,
            Some(_) | None => Freshness::Fresh,
        };
        // Keys are held that the driver has not reported yet.
        let seen = if seen == Freshness::Expired { Freshness::Fresh } else { seen };
        by_time.max(seen)
    }

    /// Another snapshot has replaced `old`, and the driver has not reported it yet.
    pub(crate) fn follow(&mut self, old: &Snapshot, generation: u64, gauge: Gauge) {
        if let Some((_, before)) = self.gauge.filter(|&(counted, _)| counted == old.generation) {
            self.uses = self.uses.saturating_add(before.peek(old.meter()));
            self.gauge = Some((generation, gauge));
        }
    }

    pub(crate) fn status(
        self,
        label: &str,
        policy: &Policy,
        snapshot: &Snapshot,
        now: SystemTime,
        misses: u64,
        waiting: usize,
    ) -> Status {
        let held = snapshot.held.as_ref().filter(|held| now < held.trust_until);
        let uses = self.uses(snapshot);
        let freshness = self.freshness(held.is_some(), now);
        let rate = self.rate(snapshot, now);
        let lifetime = policy.lifetime_for(held.and_then(|held| held.lifetime));
        let pace = policy.pace(lifetime, rate.unwrap_or_default());
        Status {
            label: label.to_owned(),
            source: self.place,
            relaxations: self.relaxations.to_vec(),
            healthy: held.is_some() && self.stopped_at.is_none(),
            freshness,
            keys: held.map(|held| held.keys.iter().map(Key::id).collect()).unwrap_or_default(),
            denied: snapshot.denied.iter().map(|kid| KeyId::Kid(kid.into())).collect(),
            confirmed_at: held.map(|held| held.confirmed_at),
            trust_until: held.map(|held| held.trust_until),
            next_refresh_at: self.next_refresh.map(|(at, _)| at),
            next_refresh_reason: self.next_refresh.map(|(_, reason)| reason),
            refreshing: self.refreshing,
            uses,
            misses,
            fetches: self.fetches,
            failures: self.failures,
            failures_in_a_row: self.failures_in_a_row,
            last_error: self.last_failure.as_ref().map(|error| Chain(error).to_string()),
            waiting,
            stopped: self.stopped_at.is_some(),
            hints: policy.all_hints(pace, rate),
        }
    }
}

/// Seconds since the Unix epoch.
pub(crate) fn seconds<S: Serializer>(
    at: &Option<SystemTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let since = at.map(|at| at.duration_since(UNIX_EPOCH).unwrap_or_default());
    since.map(|since| since.as_secs_f64()).serialize(serializer)
}

pub(crate) fn seconds_of<S: Serializer>(at: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    seconds(&Some(*at), serializer)
}
