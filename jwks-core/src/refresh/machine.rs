//! The refresh machine: what goes in.

use std::time::Duration;

use super::clock::{Clock, Moment, When};
use super::fetch::{Again, Causes, Demand, FetchId, FetchStart, Flight, Manual};
use super::idle::Idle;
use super::lease::Lease;
use super::misses::{Miss, Misses};
use super::retry::Retry;
use super::rng::Rng;
use super::{Freshness, Policy, Reason, Time};

/// Least time between two refreshes by hand.
const MANUAL_INTERVAL: Duration = Duration::from_secs(1);

/// Decides when to fetch the key set, and until when it may be used.
///
/// Six small machines side by side, rather than one with the product of their states:
///
/// ```text
///   lease     none -> fresh -> due -> stale -> expired      what a confirmation grants
///   fetch     none <-> in flight                             at most one, with its own deadline
///   retry     ready <-> pausing | held                       our backoff | the issuer's Retry-After
///   causes    automatic, missed keys, by hand                why to fetch; each with its own budget
///   idle      active <-> idle                                pauses the automatic cause
///   clock     adapter's, effective, new time                 what a frozen process has not seen
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
/// use jwks_core::refresh::{Machine, Policy, Reason, Response, Time};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let policy = Policy::builder().jitter(0.0).build()?; // 20 minutes, refreshed ahead at 0.8
/// let mut machine = Machine::new(policy, 0, Time::ZERO);
/// let fetch = machine.handle_timeout(Time::ZERO).ok_or("the first load starts at once")?;
/// machine.handle_success(Time::ZERO, fetch.id, Response::default());
/// let next = machine.poll_timeout().ok_or("a refresh is scheduled")?;
/// assert_eq!(next.at, Time::from_origin(Duration::from_secs(16 * 60)));
/// assert_eq!(next.reason, Reason::Ahead);
/// # Ok(())
/// # }
/// ```
///
/// [`poll_timeout`]: Self::poll_timeout
/// [`poll_usage`]: Self::poll_usage
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    pub(super) policy: Policy,
    pub(super) rng: Rng,
    pub(super) clock: Clock,
    /// The last `handle_timeout`: deadlines that start nothing are over once it has seen them.
    pub(super) settled: Option<Moment>,
    pub(super) lease: Option<Lease>,
    pub(super) expired: bool,
    pub(super) flight: Option<Flight>,
    pub(super) last_id: u64,
    /// An answer came too late to confirm anything: the same fetch is due once more.
    pub(super) again: Option<Again>,
    pub(super) retry: Retry,
    pub(super) idle: Idle,
    pub(super) demand: Demand,
    /// Without background refresh: nobody waits for freshness, attempts are made beside the
    /// callers. Holds the frozen time when the attempt began that has failed, or was not waited
    /// for: more of it ends this state.
    pub(super) beside: Option<Duration>,
    pub(super) misses: Misses,
    pub(super) manual: Manual,
    /// No automatic attempt before this, after an invalidation or a distrust. In new time.
    pub(super) floor: Option<Time>,
    /// Frozen time has ended the trust in the set, and no load has begun since.
    pub(super) distrusted: bool,
    /// Such an end may cause a load from then on. In new time.
    pub(super) distrust_opens_at: Option<Time>,
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
            clock: Clock::new(now),
            settled: None,
            lease: None,
            expired: false,
            flight: None,
            last_id: 0,
            again: None,
            retry: Retry::default(),
            idle,
            demand: Demand::default(),
            beside: None,
            misses: Misses::default(),
            manual: Manual::default(),
            floor: None,
            distrusted: false,
            distrust_opens_at: None,
        }
    }

    /// What the wall clock shows at `now`, since the Unix epoch. Call it before the others, as
    /// often as the machine is used: time that passed on the wall clock while the adapter's clock
    /// stood still (a suspended machine, a frozen function) ages the set and ends pauses.
    ///
    /// Less than a second is ignored, and so is a clock that steps back.
    pub fn handle_wall_clock(&mut self, now: Time, wall: Duration) {
        self.clock.advance(now);
        self.clock.read_wall(wall);
    }

    /// Accepted tokens, and keys handed out, since the last report.
    pub fn handle_usage(&mut self, now: Time, used: u64) {
        self.clock.advance(now);
        if used > 0 {
            let now = self.clock.effective();
            self.idle.wake(now);
            if let Some(lease) = &mut self.lease {
                lease.add_usage(now, used);
            }
        }
    }

    /// A token found no key in the held set. One fetch follows as soon as the budget of that class
    /// of misses allows it ([`miss_opens_at`](Self::miss_opens_at)).
    ///
    /// Ignored while no set is held, and while a fetch is in flight: wait for that one, then look
    /// again.
    pub fn handle_miss(&mut self, now: Time, miss: Miss) {
        self.clock.advance(now);
        if self.lease.is_some() && self.flight.is_none() {
            self.misses.remember(miss);
        }
    }

    /// How many callers wait because the keys are missing or spent. Report each change.
    pub fn handle_demand(&mut self, now: Time, waiting: u64) {
        self.clock.advance(now);
        self.demand.waiting = waiting > 0;
        if self.demand.waiting {
            self.idle.wake(self.clock.effective());
            self.limit_cold_pause();
        }
    }

    /// A caller who does not wait has asked for a fetch, because the keys are missing or spent.
    /// Causes one attempt.
    pub fn handle_ask(&mut self, now: Time) {
        self.clock.advance(now);
        let now = self.clock.effective();
        self.idle.wake(now);
        let needed = self.lease.as_ref().is_none_or(|lease| lease.is_spent(now));
        if needed && self.flight.is_none() {
            self.demand.asked = true;
            self.limit_cold_pause();
        }
    }

    /// A caller waited for a fresh set until the end of its own budget, and was given the stale
    /// one. From now on nobody waits for freshness until a fetch succeeds.
    pub fn handle_stale_given(&mut self, now: Time) {
        self.clock.advance(now);
        let now = self.clock.effective();
        let spent = self.lease.as_ref().is_some_and(|lease| lease.is_spent(now));
        if spent && !self.policy.background_refresh() && !self.is_beside() {
            let flight = self.flight.as_ref().filter(|flight| flight.causes.automatic);
            let frozen = flight.map_or_else(|| self.clock.frozen(), |flight| flight.frozen);
            self.beside = Some(frozen);
        }
    }

    /// A refresh by hand: a fetch that begins after this call, at most one a second.
    ///
    /// # Errors
    ///
    /// The time from which to try again, while the issuer's `Retry-After` forbids it.
    pub fn handle_refresh(&mut self, now: Time) -> Result<(), Time> {
        self.clock.advance(now);
        if let Some(until) = self.refresh_opens_at(now) {
            return Err(until);
        }
        let now = self.clock.adapter();
        self.manual.refresh.get_or_insert(now);
        Ok(())
    }

    /// The held set must not be used any more: forgets it with its validators, abandons the fetch
    /// in flight, and fetches anew under the budget of the refresh by hand.
    pub fn handle_invalidate(&mut self, now: Time) {
        self.clock.advance(now);
        self.lease = None;
        self.expired = false;
        self.flight = None;
        self.again = None;
        self.demand.asked = false;
        let now = self.clock.adapter();
        self.manual.reload.get_or_insert(now);
        self.floor = self.floor.max(self.manual.opens_at);
        self.lose_set();
    }

    /// The wall clock says that the trust in the held set has ended, although this machine does
    /// not know it: expires the set, to load as if cold.
    ///
    /// A wall clock that jumps about causes at most one load per `min_refresh_interval`.
    pub fn handle_distrust(&mut self, now: Time) {
        self.clock.advance(now);
        if self.lease.is_some() {
            self.expire(true);
        }
    }

    /// Time has passed: expires what is over, and starts the fetch that is due, if one is.
    ///
    /// Nothing is due any more afterwards: [`poll_timeout`](Self::poll_timeout) is later than
    /// `now`, or none.
    pub fn handle_timeout(&mut self, now: Time) -> Option<FetchStart> {
        self.clock.advance(now);
        let now = self.clock.moment();
        self.settled = Some(now);
        if let Some(flight) = self.flight.take_if(|flight| now.adapter >= flight.deadline) {
            self.fail(&flight, None);
        }
        if let Some(lease) = self.lease.take_if(|lease| now.effective >= lease.trust_until) {
            self.expire(lease.was_cut_short(now));
        }
        self.idle.handle_timeout(now.effective);
        let due = self.next_fetch().filter(|next| next.at <= now.adapter)?;
        Some(self.start(due.reason))
    }

    /// How old the held set is.
    #[must_use]
    pub fn freshness(&self, now: Time) -> Freshness {
        let Some(lease) = &self.lease else {
            return if self.expired { Freshness::Expired } else { Freshness::Missing };
        };
        let effective = self.clock.effective_at(now);
        if effective >= lease.trust_until {
            Freshness::Expired
        } else if lease.is_spent(effective) {
            Freshness::Stale
        } else if self.ahead(lease).is_some_and(|(at, _)| now.max(self.clock.adapter()) >= at) {
            Freshness::Due
        } else {
            Freshness::Fresh
        }
    }

    fn start(&mut self, reason: Reason) -> FetchStart {
        let now = self.clock.moment();
        let again = self.again.take().map(|again| again.causes);
        let automatic = self.automatic().is_some_and(|(at, _)| at <= now.adapter)
            || again.is_some_and(|causes| causes.automatic);
        let (refresh, reload) = (self.manual.refresh.take(), self.manual.reload.take());
        let by_hand = refresh.or(reload).is_some() || again.is_some_and(|causes| causes.by_hand);
        let missed = self.misses.consume(&self.policy, &self.clock);
        let misses = missed || again.is_some_and(|causes| causes.misses);
        if by_hand {
            self.manual.opens_at = Some(now.new + MANUAL_INTERVAL);
        }
        if std::mem::take(&mut self.distrusted) {
            self.distrust_opens_at = Some(now.new + self.policy.min_refresh_interval());
        }
        self.demand.asked = false;
        self.last_id = self.last_id.wrapping_add(1);
        let flight = Flight {
            id: FetchId(self.last_id),
            deadline: now.adapter + self.policy.fetch_timeout(),
            conditional: !by_hand && !misses && self.may_be_conditional(),
            reason,
            causes: Causes { automatic, by_hand, misses },
            sent_at: now.effective,
            frozen: self.clock.frozen(),
        };
        let start = FetchStart {
            id: flight.id,
            deadline: flight.deadline,
            reason,
            conditional: flight.conditional,
            no_cache: by_hand || misses,
            by_hand,
            unknown_kid: misses,
        };
        self.flight = Some(flight);
        start
    }

    /// Whether the host's validators may be believed once more: only while all is well, and not
    /// for longer than half of the greatest trust.
    fn may_be_conditional(&self) -> bool {
        let read_at = self.lease.as_ref().and_then(|lease| lease.validated_from);
        let young = read_at.is_some_and(|at| {
            self.clock.effective().saturating_since(at) < self.policy.max_trust() / 2
        });
        young && self.policy.conditional_requests() && !self.retry.failing
    }

    /// The set is gone: `cut_short` by frozen time, rather than by time that all clocks have shown.
    fn expire(&mut self, cut_short: bool) {
        self.lease = None;
        self.expired = true;
        if cut_short {
            self.distrusted = true;
            self.floor = self.floor.max(self.distrust_opens_at);
        }
        self.lose_set();
    }

    fn lose_set(&mut self) {
        let now = self.clock.effective();
        self.beside = None;
        self.misses.forget();
        self.misses.shorten_hold(now);
        self.retry.shorten_hold(now);
        self.limit_cold_pause();
    }

    /// While somebody waits or asks and no set is held, our own pause is short.
    pub(super) fn limit_cold_pause(&mut self) {
        if self.lease.is_none() && (self.demand.waiting || self.demand.asked) {
            self.retry.shorten_pause(self.policy.cold_retry_max());
        }
    }

    pub(super) fn is_beside(&self) -> bool {
        self.beside.is_some_and(|frozen| frozen == self.clock.frozen())
    }

    /// When the refresh ahead of the lifetime's end is due, and why.
    pub(super) fn ahead(&self, lease: &Lease) -> Option<(Time, Reason)> {
        let at = |at: Time, earliest: Time| {
            let earliest = self.clock.adapter_at(When::New(earliest));
            self.clock.adapter_at(When::Effective(at)).max(earliest)
        };
        let (by_time, by_usage) = lease.ahead();
        let by_usage = by_usage.map(|it| (at(it, lease.earliest_by_usage), Reason::AheadByUsage));
        let by_time = by_time.map(|it| (at(it, lease.earliest), Reason::Ahead));
        by_usage.into_iter().chain(by_time).min_by_key(|&(at, _)| at)
    }
}
