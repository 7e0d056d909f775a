//! The refresh machine: what goes in.

use std::time::Duration;

use super::idle::Idle;
use super::lease::Lease;
use super::retry::Retry;
use super::rng::Rng;
use super::{Freshness, Policy, Reason, Time};

/// Least time between two refreshes by hand.
const MANUAL_INTERVAL: Duration = Duration::from_secs(1);

/// Decides when to fetch the key set, and until when it may be used.
///
/// Five small machines side by side, rather than one with the product of their states:
///
/// ```text
///   lease     none -> fresh -> due -> stale -> expired      what a confirmation grants
///   fetch     none <-> in flight                             at most one, with its own deadline
///   retry     ready <-> pausing | held                       our backoff | the issuer's Retry-After
///   causes    automatic, unknown kid, by hand                why to fetch; each with its own budget
///   idle      active <-> idle                                pauses the automatic cause
/// ```
///
/// Put events in with `handle_*`, each with the current [`Time`]; then ask [`poll_timeout`] and
/// [`poll_usage`] when to call again. Every answer is a pure function of the state, so any call
/// may be early, late or repeated: a late answer to a fetch carries an old [`FetchId`] and changes
/// nothing, and `now` never runs backward (the largest seen counts). Randomness comes from the
/// seed alone: the same calls give the same answers.
///
/// ```
/// use std::time::Duration;
/// use jwks_core::refresh::{Machine, Policy, Reason, Time};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let policy = Policy::builder().jitter(0.0).build()?; // 20 minutes, refreshed ahead at 0.8
/// let mut machine = Machine::new(policy, 0, Time::ZERO);
/// let fetch = machine.handle_timeout(Time::ZERO).ok_or("the first load starts at once")?;
/// machine.handle_success(Time::ZERO, fetch.id, None, false);
/// let next = machine.poll_timeout().ok_or("a refresh is scheduled")?;
/// assert_eq!(next.at, Time::from_origin(Duration::from_secs(16 * 60)));
/// assert_eq!(next.reason, Reason::Ahead);
/// # Ok(())
/// # }
/// ```
///
/// [`poll_timeout`]: Self::poll_timeout
/// [`poll_usage`]: Self::poll_usage
#[derive(Clone, Debug)]
pub struct Machine {
    pub(super) policy: Policy,
    pub(super) rng: Rng,
    /// The largest time seen.
    pub(super) now: Time,
    /// The last `handle_timeout`: deadlines that start nothing are over once it has seen them.
    pub(super) settled: Option<Time>,
    pub(super) lease: Option<Lease>,
    pub(super) expired: bool,
    pub(super) flight: Option<Flight>,
    last_id: u64,
    pub(super) retry: Retry,
    pub(super) idle: Idle,
    pub(super) demand: Demand,
    pub(super) miss: Miss,
    pub(super) manual: Manual,
    /// No automatic attempt before this, after an invalidation or a distrust.
    pub(super) floor: Option<Time>,
    /// A distrust has emptied the machine, and no load has begun since.
    pub(super) distrusted: bool,
    /// A distrust may load at once from then on.
    distrust_opens_at: Option<Time>,
}

/// Names one fetch, so that an answer that is late can be told from one that is awaited.
#[derive(
    Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, serde::Deserialize, serde::Serialize,
)]
pub struct FetchId(u64);

/// The machine's order to fetch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct FetchStart {
    /// To be given back with the answer.
    pub id: FetchId,
    /// Past this the attempt has failed, and its answer is ignored.
    pub deadline: Time,
    /// Why.
    pub reason: Reason,
    /// Whether a 304 would be understood: send the validators of the held set.
    pub conditional: bool,
    /// Whether caches on the way must be passed by (`Cache-Control: no-cache`, RFC 9111, 5.2.1.4).
    pub no_cache: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Flight {
    pub(super) id: FetchId,
    pub(super) deadline: Time,
    pub(super) conditional: bool,
    /// Whether its failure lengthens the automatic pauses.
    pub(super) automatic: bool,
}

/// Callers who wait for keys, or have asked for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Demand {
    pub(super) asked: bool,
    pub(super) waiting: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Miss {
    pub(super) wanted: Option<Time>,
    pub(super) cooldown_until: Option<Time>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Manual {
    /// `handle_refresh`: dropped when the issuer asks for a pause.
    pub(super) refresh: Option<Time>,
    /// `handle_invalidate`: kept through such a pause.
    pub(super) reload: Option<Time>,
    pub(super) opens_at: Option<Time>,
}

impl Machine {
    /// A machine without a set, at `now`. `seed` feeds the jitter: let it differ between the
    /// members of a fleet.
    #[must_use]
    pub fn new(policy: Policy, seed: u64, now: Time) -> Self {
        let idle = Idle::new(policy.idle_after().filter(|_| policy.background_refresh()), now);
        Self {
            policy,
            rng: Rng::new(seed),
            now,
            settled: None,
            lease: None,
            expired: false,
            flight: None,
            last_id: 0,
            retry: Retry::default(),
            idle,
            demand: Demand::default(),
            miss: Miss::default(),
            manual: Manual::default(),
            floor: None,
            distrusted: false,
            distrust_opens_at: None,
        }
    }

    /// Validations and misses (of a kid that the held set lacks) since the last report.
    ///
    /// A miss reported while a fetch is in flight, or while [`unknown_kid_opens_at`] is in the
    /// future, causes nothing: its caller waits for that fetch, or is refused.
    ///
    /// [`unknown_kid_opens_at`]: Self::unknown_kid_opens_at
    pub fn handle_usage(&mut self, now: Time, used: u64, missed: u64) {
        let now = self.advance(now);
        if used > 0 {
            self.idle.wake(now);
            if let Some(lease) = &mut self.lease {
                lease.add_usage(now, used);
            }
        }
        let may_fetch = self.lease.is_some()
            && self.flight.is_none()
            && self.unknown_kid_opens_at(now).is_none();
        if missed > 0 && may_fetch {
            self.miss.wanted.get_or_insert(now);
        }
    }

    /// How many callers wait because the keys are missing or spent. Report each change.
    pub fn handle_demand(&mut self, now: Time, waiting: u64) {
        let now = self.advance(now);
        self.demand.waiting = waiting > 0;
        if self.demand.waiting {
            self.idle.wake(now);
        }
    }

    /// A caller who does not wait has asked for a fetch, because the keys are missing or spent.
    /// Causes one attempt.
    pub fn handle_ask(&mut self, now: Time) {
        let now = self.advance(now);
        self.idle.wake(now);
        let needed = self.lease.as_ref().is_none_or(|lease| lease.is_spent(now));
        if needed && self.flight.is_none() {
            self.demand.asked = true;
        }
    }

    /// A refresh by hand: a fetch that begins after this call, at most one a second.
    ///
    /// # Errors
    ///
    /// The time from which to try again, while the issuer's `Retry-After` forbids it.
    pub fn handle_refresh(&mut self, now: Time) -> Result<(), Time> {
        let now = self.advance(now);
        if let Some(until) = self.retry.held(now) {
            return Err(until);
        }
        self.manual.refresh.get_or_insert(now);
        Ok(())
    }

    /// The held set must not be used any more: forgets it with its validators, abandons the fetch
    /// in flight, and fetches anew under the budget of the refresh by hand.
    pub fn handle_invalidate(&mut self, now: Time) {
        let now = self.advance(now);
        self.lease = None;
        self.expired = false;
        self.flight = None;
        self.demand.asked = false;
        self.miss.wanted = None;
        self.manual.reload.get_or_insert(now);
        self.floor = self.floor.max(self.manual.opens_at);
        self.retry.shorten_hold(now);
    }

    /// The wall clock says that the trust in the held set has ended, although this clock does not
    /// (a machine that slept): expires it, to load as if cold.
    ///
    /// A wall clock that jumps about causes at most one load per `min_refresh_interval`.
    pub fn handle_distrust(&mut self, now: Time) {
        let now = self.advance(now);
        if self.lease.is_none() {
            return;
        }
        self.expire(now);
        self.distrusted = true;
        self.floor = self.floor.max(self.distrust_opens_at);
    }

    /// Time has passed: expires what is over, and starts the fetch that is due, if one is.
    ///
    /// Nothing is due any more afterwards: [`poll_timeout`](Self::poll_timeout) is later than
    /// `now`, or none.
    pub fn handle_timeout(&mut self, now: Time) -> Option<FetchStart> {
        let now = self.advance(now);
        self.settled = Some(now);
        if let Some(flight) = self.flight.take_if(|flight| now >= flight.deadline) {
            self.fail(now, &flight, None);
        }
        if self.lease.as_ref().is_some_and(|lease| now >= lease.trust_until) {
            self.expire(now);
        }
        self.idle.handle_timeout(now);
        let due = self.next_fetch().filter(|next| next.at <= now)?;
        Some(self.start(now, due.reason))
    }

    /// How old the held set is.
    #[must_use]
    pub fn freshness(&self, now: Time) -> Freshness {
        match &self.lease {
            Some(lease) => lease.freshness(now.max(self.now)),
            None if self.expired => Freshness::Expired,
            None => Freshness::Missing,
        }
    }

    pub(super) fn advance(&mut self, now: Time) -> Time {
        self.now = self.now.max(now);
        self.now
    }

    fn start(&mut self, now: Time, reason: Reason) -> FetchStart {
        let automatic = self.automatic().is_some_and(|(at, _)| at <= now);
        let by_hand = self.manual.refresh.take().is_some() | self.manual.reload.take().is_some();
        let missed = self.miss.wanted.take().is_some();
        if by_hand {
            self.manual.opens_at = Some(now + MANUAL_INTERVAL);
        }
        if missed {
            self.miss.cooldown_until = Some(now + self.policy.unknown_kid_cooldown());
        }
        if std::mem::take(&mut self.distrusted) {
            self.distrust_opens_at = Some(now + self.policy.min_refresh_interval());
        }
        self.demand.asked = false;
        self.last_id += 1;
        let flight = Flight {
            id: FetchId(self.last_id),
            deadline: now + self.policy.fetch_timeout(),
            conditional: self.lease.as_ref().is_some_and(|lease| lease.validators),
            automatic,
        };
        let start = FetchStart {
            id: flight.id,
            deadline: flight.deadline,
            reason,
            conditional: flight.conditional,
            no_cache: by_hand || missed,
        };
        self.flight = Some(flight);
        start
    }

    fn expire(&mut self, now: Time) {
        self.lease = None;
        self.expired = true;
        self.miss.wanted = None;
        self.retry.shorten_hold(now);
    }
}
