//! The refresh machine: what comes out. Everything here is a pure function of its state.

use std::fmt;
use std::num::NonZeroU64;

use super::clock::When;
use super::{FetchId, Freshness, Machine, Miss, Time};

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
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, serde::Deserialize, serde::Serialize)]
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
    /// No use waits, but each asks for a fetch: the lifetime is over, and an attempt has failed or
    /// was too slow for somebody.
    Asking,
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
        let lease = self.lease.as_ref();
        let on_demand = lease.filter(|_| !self.policy.background_refresh());
        let pause_end = on_demand.map(|_| When::Effective(self.retry.opens_at()));
        let fetch_timeout = self.flight.as_ref().map(|flight| When::Adapter(flight.deadline));
        let trust_end = lease.map(|lease| When::Effective(lease.trust_until));
        let lifetime_end = lease.map(|lease| When::Effective(lease.lifetime_end));
        let grace_end = on_demand.map(|lease| When::New(lease.earliest));
        [
            self.at(fetch_timeout, Reason::FetchTimeout),
            self.at(trust_end, Reason::Expiry),
            self.next_fetch().map(|next| (next.at, next.reason)),
            self.at(self.idle.check_at().map(When::Effective), Reason::IdleCheck),
            self.passive(lifetime_end, Reason::LifetimeEnd),
            self.passive(grace_end, Reason::MinRefreshInterval),
            self.passive(pause_end, Reason::PauseEnd),
            self.passive(Some(When::Adapter(self.kid_opens_at())), Reason::UnknownKidOpens),
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
        if self.flight.is_some() || self.clock.has_ended() {
            return None;
        }
        let again = self.again.map(|again| (self.clock.adapter(), again.reason));
        let missed = self.misses.due_at(&self.policy, &self.clock);
        let missed = missed.map(|at| (at, Reason::UnknownKid));
        [again, self.by_hand(), missed, self.automatic()]
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

    /// By when the fetch in flight has ended, or is abandoned; none if there is none.
    #[must_use]
    pub fn in_flight_until(&self) -> Option<Time> {
        self.flight.as_ref().map(|flight| flight.deadline)
    }

    /// Least time of the next attempt that serves callers who wait for keys, whatever its cause.
    #[must_use]
    pub fn next_attempt_at(&self) -> Time {
        let automatic = self.retry_at();
        self.next_fetch().map_or(automatic, |next| next.at.min(automatic))
    }

    /// From when on the issuer's `Retry-After` allows a refresh by hand; none if it does now.
    #[must_use]
    pub fn refresh_opens_at(&self, now: Time) -> Option<Time> {
        let opens_at = self.clock.adapter_at(When::Effective(self.retry.manual_hold_until));
        Some(opens_at).filter(|&at| at > now.max(self.clock.adapter()))
    }

    /// From when on such a miss may cause a fetch; none if it may now.
    #[must_use]
    pub fn miss_opens_at(&self, now: Time, miss: Miss) -> Option<Time> {
        let opens_at = self.misses.opens_at(&self.policy, &self.clock, miss);
        Some(opens_at).filter(|&at| at > now.max(self.clock.adapter()))
    }

    /// Whether a miss is remembered whose fetch has not begun.
    #[must_use]
    pub fn wants_miss(&self) -> bool {
        self.misses.is_wanted()
    }

    /// When the held set expires, in the adapter's time.
    #[must_use]
    pub fn trust_until(&self) -> Option<Time> {
        let lease = self.lease.as_ref()?;
        Some(self.clock.adapter_at(When::Effective(lease.trust_until)))
    }

    /// When the refresh ahead is due, and when the lifetime ends, as things stand.
    #[must_use]
    pub fn ages_at(&self) -> Option<(Time, Time)> {
        let lease = self.lease.as_ref()?;
        let ends_at = self.clock.adapter_at(When::Effective(lease.lifetime_end));
        Some((self.ahead(lease).map_or(ends_at, |(at, _)| at.min(ends_at)), ends_at))
    }

    /// Whether uses have to wait, so that the driver can tell the readers, who have no clock.
    #[must_use]
    pub fn gate(&self, now: Time) -> Gate {
        let now = now.max(self.clock.adapter());
        let effective = self.clock.effective_at(now);
        let Some(lease) = self.lease.as_ref().filter(|_| !self.policy.background_refresh()) else {
            return Gate::Open;
        };
        if self.is_beside() {
            let wanted = self.demand.asked || self.flight.is_some() || !lease.is_spent(effective);
            return if wanted { Gate::Open } else { Gate::Asking };
        }
        if now < self.not_before(self.clock.adapter_at(When::New(lease.earliest))) {
            Gate::Open
        } else if effective >= lease.lifetime_end {
            Gate::Closed
        } else if lease.counts_usage() {
            Gate::Counted
        } else {
            Gate::Open
        }
    }

    /// Whether the held set may be served.
    #[must_use]
    pub fn is_serving(&self, now: Time) -> bool {
        !matches!(self.freshness(now), Freshness::Expired | Freshness::Missing)
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
            Some(lease) if background => self.ahead(lease)?,
            Some(lease) if asked && lease.is_spent(self.clock.effective()) => {
                (self.clock.adapter_at(When::New(lease.earliest)), Reason::Demand)
            }
            Some(_) => return None,
        };
        let reason = if self.retry.failures > 0 { Reason::Retry } else { reason };
        Some((self.not_before(point), reason))
    }

    fn by_hand(&self) -> Option<(Time, Reason)> {
        let opens_at = self.manual.opens_at.map(When::New);
        let opens_at = opens_at.map_or(Time::ZERO, |opens_at| self.clock.adapter_at(opens_at));
        let held = self.clock.adapter_at(When::Effective(self.retry.manual_hold_until));
        let refresh = self.manual.refresh.map(|at| at.max(opens_at));
        let reload = self.manual.reload.map(|at| at.max(opens_at).max(held));
        refresh.into_iter().chain(reload).min().map(|at| (at, Reason::Refresh))
    }

    /// The pauses of automatic attempts, in the adapter's time.
    fn not_before(&self, at: Time) -> Time {
        let pauses = self.clock.adapter_at(When::Effective(self.retry.opens_at()));
        let floor = self.floor.map(|floor| self.clock.adapter_at(When::New(floor)));
        at.max(pauses).max(floor.unwrap_or_default())
    }

    fn kid_opens_at(&self) -> Time {
        self.misses.opens_at(&self.policy, &self.clock, Miss::Kid)
    }

    fn at(&self, when: Option<When>, reason: Reason) -> Option<(Time, Reason)> {
        Some((self.clock.adapter_at(when?), reason))
    }

    /// A deadline that starts nothing is over once `handle_timeout` has seen it.
    fn passive(&self, when: Option<When>, reason: Reason) -> Option<(Time, Reason)> {
        let when = when.filter(|&when| self.settled.is_none_or(|settled| !settled.reaches(when)));
        // Nothing ends at the origin of time.
        self.at(when, reason).filter(|&(at, _)| at > Time::ZERO)
    }
}
