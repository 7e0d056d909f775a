//! The refresh machine: what comes out. Everything here is a pure function of its state.

use std::fmt;
use std::num::NonZeroU64;

use super::{FetchId, Freshness, Machine, Time};

/// When something is next due, and why.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Deadline {
    /// When to call [`Machine::handle_timeout`].
    pub at: Time,
    /// Why then.
    pub reason: Reason,
}

/// Why something is due.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// A fetch: the refresh-ahead point is reached by time.
    Ahead,
    /// A fetch: the refresh-ahead point is reached by usage.
    AheadByUsage,
    /// A fetch: the lifetime is over and a caller has asked (background refresh off).
    Demand,
    /// The trust in the held set ends.
    Expiry,
    /// The fetch in flight has taken too long.
    FetchTimeout,
    /// Time to see whether anybody still validates.
    IdleCheck,
    /// The lifetime ends by time.
    LifetimeEnd,
    /// A fetch: there is no set.
    Load,
    /// `min_refresh_interval` is over, and with it the grace in which nobody waits.
    MinRefreshInterval,
    /// The pause after a failure is over, and with it the grace in which nobody waits.
    PauseEnd,
    /// A fetch: by hand, or after an invalidation.
    Refresh,
    /// A fetch: the one before it failed.
    Retry,
    /// A fetch: a token named a kid that the set lacks.
    UnknownKid,
    /// Unknown kids may cause a fetch again.
    UnknownKidOpens,
}

/// Whether a use of the held set has to wait for a fetch: never, with background refresh.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Gate {
    /// Every use waits: the lifetime is over by time.
    Closed,
    /// A use waits once the uses are spent.
    Counted,
    /// No use waits.
    Open,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ahead => "ahead of the lifetime's end",
            Self::AheadByUsage => "ahead of the last use",
            Self::Demand => "lifetime over, on demand",
            Self::Expiry => "trust ends",
            Self::FetchTimeout => "fetch timeout",
            Self::IdleCheck => "idle check",
            Self::LifetimeEnd => "lifetime ends",
            Self::Load => "no keys",
            Self::MinRefreshInterval => "least interval over",
            Self::PauseEnd => "pause over",
            Self::Refresh => "by hand",
            Self::Retry => "retry",
            Self::UnknownKid => "unknown kid",
            Self::UnknownKidOpens => "unknown kids may ask again",
        })
    }
}

impl Machine {
    /// When to call [`handle_timeout`](Machine::handle_timeout) next; none if nothing is due by
    /// time until something else happens.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Deadline> {
        [
            self.flight.as_ref().map(|flight| (flight.deadline, Reason::FetchTimeout)),
            self.lease.as_ref().map(|lease| (lease.trust_until, Reason::Expiry)),
            self.next_fetch().map(|next| (next.at, next.reason)),
            self.idle.check_at().map(|at| (at, Reason::IdleCheck)),
            self.passive(self.lease.as_ref().map(|l| l.lifetime_end), Reason::LifetimeEnd),
            self.passive(self.grace_end(), Reason::MinRefreshInterval),
            self.passive(self.pause_end(), Reason::PauseEnd),
            self.passive(self.miss_opens_at(), Reason::UnknownKidOpens),
        ]
        .into_iter()
        .flatten()
        .filter(|&(at, _)| at < Time::MAX)
        .min_by_key(|&(at, _)| at)
        .map(|(at, reason)| Deadline { at, reason })
    }

    /// Validations until something is due by usage: report them then at the latest, with
    /// [`handle_usage`](Machine::handle_usage). None if nothing is.
    #[must_use]
    pub fn poll_usage(&self) -> Option<NonZeroU64> {
        if self.idle.is_idle() {
            return Some(NonZeroU64::MIN);
        }
        NonZeroU64::new(self.lease.as_ref()?.usages_left()?)
    }

    /// The next fetch that is due by time as things stand; none while one is in flight, nor at the
    /// end of time.
    #[must_use]
    pub fn next_fetch(&self) -> Option<Deadline> {
        if self.flight.is_some() || self.now == Time::MAX {
            return None;
        }
        let missed = self.miss.wanted.map(|at| (self.not_held(at), Reason::UnknownKid));
        [self.by_hand(), missed, self.automatic()]
            .into_iter()
            .flatten()
            .min_by_key(|&(at, _)| at)
            .map(|(at, reason)| Deadline { at, reason })
    }

    /// The fetch in flight.
    #[must_use]
    pub fn in_flight(&self) -> Option<FetchId> {
        self.flight.as_ref().map(|flight| flight.id)
    }

    /// Failed automatic attempts since the last success.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.retry.failures
    }

    /// Least time of the next automatic attempt: when the pauses are over.
    #[must_use]
    pub fn retry_at(&self) -> Time {
        self.not_before(Time::ZERO)
    }

    /// Least time of the next attempt that serves callers who wait for keys, whatever its cause.
    #[must_use]
    pub fn next_attempt_at(&self) -> Time {
        let automatic = self.retry_at();
        self.next_fetch().map_or(automatic, |next| next.at.min(automatic))
    }

    /// From when an unknown kid may cause a fetch again; none if it may now.
    #[must_use]
    pub fn unknown_kid_opens_at(&self, now: Time) -> Option<Time> {
        self.miss_opens_at().filter(|&at| at > now.max(self.now))
    }

    /// Whether a fetch for an unknown kid is due, and has not begun.
    pub(crate) const fn wants_unknown_kid(&self) -> bool {
        self.miss.wanted.is_some()
    }

    /// When the held set expires.
    #[must_use]
    pub fn trust_until(&self) -> Option<Time> {
        self.lease.as_ref().map(|lease| lease.trust_until)
    }

    /// Whether uses have to wait, so that the driver can tell the readers, who have no clock.
    #[must_use]
    pub fn gate(&self, now: Time) -> Gate {
        let now = now.max(self.now);
        let Some(lease) = &self.lease else { return Gate::Open };
        if self.policy.background_refresh() || now < self.not_before(lease.earliest) {
            Gate::Open
        } else if now >= lease.lifetime_end {
            Gate::Closed
        } else if lease.counts_usage() {
            Gate::Counted
        } else {
            Gate::Open
        }
    }

    /// The automatic cause: the point from which the keys should be refreshed, no earlier than the
    /// pauses allow.
    pub(super) fn automatic(&self) -> Option<(Time, Reason)> {
        let asked = self.demand.waiting || self.demand.asked;
        let background = self.policy.background_refresh();
        if background && self.idle.is_idle() && !asked {
            return None;
        }
        let (point, reason) = match &self.lease {
            None if background || asked => (Time::ZERO, Reason::Load),
            None => return None,
            Some(lease) if background => {
                let (at, by_usage) = lease.ahead()?;
                (at, if by_usage { Reason::AheadByUsage } else { Reason::Ahead })
            }
            Some(lease) if asked && lease.is_spent(self.now) => (lease.earliest, Reason::Demand),
            Some(_) => return None,
        };
        let reason = if self.retry.failures > 0 { Reason::Retry } else { reason };
        Some((self.not_before(point), reason))
    }

    fn by_hand(&self) -> Option<(Time, Reason)> {
        let opens_at = |at: Time| self.manual.opens_at.map_or(at, |opens_at| opens_at.max(at));
        let refresh = self.manual.refresh.map(opens_at);
        let reload = self.manual.reload.map(|at| self.not_held(opens_at(at)));
        refresh.into_iter().chain(reload).min().map(|at| (at, Reason::Refresh))
    }

    fn not_before(&self, at: Time) -> Time {
        let pauses = [self.retry.pause_until, self.retry.hold_until, self.floor];
        pauses.into_iter().flatten().fold(at, Time::max)
    }

    fn not_held(&self, at: Time) -> Time {
        self.retry.hold_until.map_or(at, |until| until.max(at))
    }

    fn miss_opens_at(&self) -> Option<Time> {
        self.miss.cooldown_until.max(self.retry.hold_until)
    }

    /// Without background refresh: until then a spent set is used without waiting.
    fn grace_end(&self) -> Option<Time> {
        let lease = self.lease.as_ref().filter(|_| !self.policy.background_refresh())?;
        Some(lease.earliest)
    }

    fn pause_end(&self) -> Option<Time> {
        let gated = !self.policy.background_refresh() && self.lease.is_some();
        self.retry.pause_until.max(self.retry.hold_until).filter(|_| gated)
    }

    /// A deadline that starts nothing is over once `handle_timeout` has seen it.
    fn passive(&self, at: Option<Time>, reason: Reason) -> Option<(Time, Reason)> {
        let at = at.filter(|&at| self.settled.is_none_or(|settled| at > settled))?;
        Some((at, reason))
    }

    /// Whether the held set may be served.
    #[must_use]
    pub fn is_serving(&self, now: Time) -> bool {
        !matches!(self.freshness(now), Freshness::Expired | Freshness::Missing)
    }
}
