//! The health of a cache, for dashboards and alerts.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use super::snapshot::Snapshot;
use super::status::{Board, seconds, seconds_of};
use super::{ErrorKind, FetchError, KeyCache};
use crate::cache::sync::lock;
use crate::keys::text::Chain;

/// The health of one issuer's key cache, at the time of the call.
///
/// Serialises as an object with `state` (`"starting"`, `"ready"`, `"degraded"`, `"down"`) and the
/// fields below; times are seconds since the Unix epoch, `why` is text.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Health {
    /// Keys serve, but they cannot be renewed at the moment.
    #[non_exhaustive]
    Degraded {
        /// Since when, on the wall clock.
        #[serde(serialize_with = "seconds_of")]
        since: SystemTime,
        /// When the keys stop serving if no fetch succeeds.
        #[serde(serialize_with = "seconds_of")]
        until: SystemTime,
        /// Why.
        why: Trouble,
    },
    /// No keys serve, and something is wrong: answer requests with 503.
    #[non_exhaustive]
    Down {
        /// Since when no keys have served, on the wall clock.
        #[serde(serialize_with = "seconds_of")]
        since: SystemTime,
        /// Why.
        why: Trouble,
        /// When the next fetch may begin. `None` if nothing will be fetched any more.
        #[serde(serialize_with = "seconds")]
        retry_at: Option<SystemTime>,
    },
    /// Keys serve.
    Ready,
    /// No keys are held, and nothing is wrong: they are being fetched, or nobody has asked for them
    /// yet. This is the state at the start, and after [`KeyCache::invalidate`]. It is also the
    /// state when the keys have expired unused, without background refresh or while it
    /// [pauses](crate::refresh::PolicyBuilder::idle_after).
    Starting,
}

/// The state of a [`Health`] alone. Ordered from the best to the worst.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum HealthKind {
    /// Keys serve.
    Ready,
    /// Keys serve, but they cannot be renewed at the moment.
    Degraded,
    /// No keys are held, and nothing is wrong.
    Starting,
    /// No keys serve, and something is wrong.
    Down,
}

/// Why a cache cannot renew its keys. Serialises as its text.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Trouble {
    /// The last fetch failed. The cache tries again.
    #[non_exhaustive]
    Failing {
        /// Why it failed.
        error: FetchError,
        /// How many fetches have failed since the last success.
        failures: u32,
    },
    /// The driver is late: it was not polled at the time it asked for, nor for another
    /// `fetch_timeout` of the policy after that. Its task is starved, or is no longer polled. You
    /// may also see this for a moment after the process was frozen.
    Late,
    /// The driver has never been polled, although the policy's `wait_budget` has passed since the
    /// cache was built: the future that the adapter's `start` or `serve` made is not polled.
    NeverRun,
    /// The driver has stopped: nothing is fetched any more. Only a new cache helps.
    Stopped,
    /// The issuer was taken out of its verifier: nothing is fetched any more.
    Withdrawn,
}

impl Health {
    /// The state alone.
    #[must_use]
    pub const fn kind(&self) -> HealthKind {
        match self {
            Self::Degraded { .. } => HealthKind::Degraded,
            Self::Down { .. } => HealthKind::Down,
            Self::Ready => HealthKind::Ready,
            Self::Starting => HealthKind::Starting,
        }
    }

    /// The reason, if it is degraded or down.
    #[must_use]
    pub const fn why(&self) -> Option<&Trouble> {
        match self {
            Self::Degraded { why, .. } | Self::Down { why, .. } => Some(why),
            Self::Ready | Self::Starting => None,
        }
    }
}

impl KeyCache {
    /// The health of this cache: for dashboards and alerts. To decide whether this process should
    /// receive requests, use [`ready`](Self::ready).
    #[must_use]
    pub fn health(&self) -> Health {
        let (shared, now) = (self.shared(), self.wall_now());
        let board = lock(&shared.board).clone();
        self.health_of(&board, &shared.snapshot(), now)
    }

    pub(super) fn health_of(&self, board: &Board, snapshot: &Snapshot, now: SystemTime) -> Health {
        let shared = self.shared();
        let trouble = board.trouble(now, shared.policy.fetch_timeout());
        let driver = shared.no_driver(now).map(|error| match error.kind() {
            ErrorKind::NeverRun => (Trouble::NeverRun, shared.built_at),
            ErrorKind::Withdrawn => (Trouble::Withdrawn, board.stopped_at.unwrap_or(now)),
            _ => (Trouble::Stopped, board.stopped_at.unwrap_or(now)),
        });
        board.health(snapshot, now, driver.or(trouble))
    }
}

impl Board {
    /// What is wrong with the driver or its fetches, and since when.
    fn trouble(&self, now: SystemTime, patience: Duration) -> Option<(Trouble, SystemTime)> {
        // A fetch has its own time limit, at which the driver looks.
        let in_flight = self.fetching_since.and_then(|since| since.checked_add(patience));
        let due = in_flight.or_else(|| self.next_refresh.map(|(at, _)| at));
        let is_late = |due: &SystemTime| now.duration_since(*due).is_ok_and(|by| by > patience);
        if let Some(due) = due.filter(is_late) {
            return Some((Trouble::Late, due));
        }
        let (error, since) = (self.last_failure.clone()?, self.failing_since?);
        Some((Trouble::Failing { error, failures: self.failures_in_a_row }, since))
    }

    fn health(
        &self,
        snapshot: &Snapshot,
        now: SystemTime,
        trouble: Option<(Trouble, SystemTime)>,
    ) -> Health {
        let until = snapshot.held.as_ref().map(|held| held.trust_until);
        match (until, trouble) {
            (Some(until), None) if now < until => Health::Ready,
            (Some(until), Some((why, since))) if now < until => {
                Health::Degraded { since, until, why }
            }
            (_, None) => Health::Starting,
            // A driver that is not polled has not seen the end of trust.
            (until, Some((why, since))) => {
                let gone = matches!(why, Trouble::NeverRun | Trouble::Stopped | Trouble::Withdrawn);
                let retry_at = self.retry_at.filter(|_| !gone);
                Health::Down { since: self.since.or(until).unwrap_or(since), why, retry_at }
            }
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failing { error, .. } => Chain(error).fmt(f),
            Self::Late => f.write_str(
                "the driver is not polled in time: its task is starved, or is not run any more",
            ),
            Self::NeverRun => {
                f.write_str("the driver has never been run: start the cache with an adapter")
            }
            Self::Stopped => f.write_str("the driver has stopped"),
            Self::Withdrawn => f.write_str("the issuer was taken out of the verifier"),
        }
    }
}

impl Serialize for Trouble {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
