//! The reference: what an onlooker knows who sees the calls and their outcomes.

use std::time::Duration;

use jwks_core::refresh::{Answered, FetchId, FetchStart, Policy, Reason, Time};

use crate::calls::{Call, Outcome};
use crate::world::is_automatic;

#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    /// Somebody has asked, without waiting, since the last fetch began.
    pub(crate) asked: bool,
    pub(crate) distrusted_at: Option<Time>,
    pub(crate) expired: bool,
    /// Whether an attempt has failed since the last confirmation.
    pub(crate) failing: bool,
    pub(crate) flight: Option<Flight>,
    /// The issuer's `Retry-After`.
    pub(crate) hold_until: Option<Time>,
    /// When somebody last validated, waited or asked.
    pub(crate) last_activity: Time,
    /// When a fetch last began for `refresh` or `invalidate`.
    pub(crate) last_by_hand: Option<Time>,
    /// When a fetch last began for an unknown kid.
    pub(crate) last_miss: Option<Time>,
    /// An unknown kid that may cause a fetch, but has not yet.
    pub(crate) miss: Option<Time>,
    pub(crate) now: Time,
    /// The first and the last time at which our own pause can end.
    pub(crate) pause: Option<(Time, Time)>,
    /// Failed automatic attempts since the last confirmation.
    pub(crate) pauses: u32,
    /// `refresh` was called, and no fetch has begun since.
    pub(crate) refresh: Option<Time>,
    /// `invalidate` was called, and no fetch has begun since.
    pub(crate) reload: Option<Time>,
    pub(crate) set: Option<Set>,
    pub(crate) waiting: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Flight {
    pub(crate) began_at: Time,
    pub(crate) start: FetchStart,
}

/// The held set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Set {
    pub(crate) confirmed_at: Time,
    /// After a cold load, or after the success that ends a run of failures.
    pub(crate) first: bool,
    pub(crate) lifetime: Duration,
    pub(crate) trust_until: Time,
    pub(crate) used: u64,
    pub(crate) validators: bool,
}

impl Set {
    pub(crate) fn earliest(&self, policy: &Policy) -> Time {
        self.confirmed_at + policy.min_refresh_interval()
    }

    /// The first time at which the refresh ahead can be due by time.
    pub(crate) fn ahead_from(&self, policy: &Policy) -> Time {
        if self.first && policy.spread_first_refresh() {
            self.earliest(policy)
        } else {
            self.confirmed_at + policy.threshold_point(self.lifetime)
        }
    }

    /// From then on the refresh ahead is due by time.
    pub(crate) fn ahead_until(&self, policy: &Policy) -> Time {
        if self.first && policy.spread_first_refresh() {
            self.confirmed_at + policy.threshold_point(self.lifetime)
        } else {
            self.confirmed_at + policy.latest_refresh_point(self.lifetime)
        }
    }

    /// Whether the lifetime is over, by time or by usage.
    pub(crate) fn is_spent(&self, policy: &Policy, now: Time) -> bool {
        let by_usage = policy.usages().is_some_and(|usages| self.used >= usages);
        by_usage || now >= self.confirmed_at + self.lifetime
    }

    /// Whether a refresh ahead may be due.
    pub(crate) fn may_be_due(&self, policy: &Policy, now: Time) -> bool {
        let by_usage = policy.usage_threshold().is_some_and(|point| self.used >= point);
        now >= self.ahead_from(policy) || by_usage && now >= self.earliest(policy)
    }

    /// Whether a refresh ahead must be due.
    pub(crate) fn is_due(&self, policy: &Policy, now: Time) -> bool {
        let by_usage = policy.latest_usage_point().is_some_and(|point| self.used >= point);
        now >= self.ahead_until(policy) || by_usage && now >= self.earliest(policy)
    }
}

impl Ledger {
    /// What must become of an answer.
    pub(crate) fn expected(&self, now: Time, call: Call) -> Option<Answered> {
        let (id, not_modified) = match call {
            Call::Failure { id, .. } | Call::Success { id, .. } => (id, false),
            Call::NotModified { id, .. } => (id, true),
            _ => return None,
        };
        let Some(flight) = self.awaits(now, id) else { return Some(Answered::Ignored) };
        let confirms = match call {
            Call::Failure { .. } => false,
            _ if not_modified => self.serves(now) && flight.start.conditional,
            _ => true,
        };
        Some(if confirms { Answered::Confirmed } else { Answered::Failed })
    }

    /// Whether a set may be served.
    pub(crate) fn serves(&self, now: Time) -> bool {
        self.set.is_some_and(|set| now < set.trust_until)
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.waiting > 0 || self.asked
    }

    /// Until when unknown kids cause nothing.
    pub(crate) fn miss_opens_at(&self, policy: &Policy) -> Time {
        let cooled = self.last_miss.map(|at| at + policy.unknown_kid_cooldown());
        cooled.max(self.hold_until).unwrap_or_default()
    }

    /// The latest time to which pauses and budgets can delay an automatic attempt.
    pub(crate) fn delayed_at_most_until(&self, policy: &Policy) -> Time {
        let by_hand = self.last_by_hand.map(|at| at + Duration::from_secs(1));
        let distrust = self.distrusted_at.map(|at| at + policy.min_refresh_interval());
        let pause = self.pause.map(|(_, latest)| latest);
        [by_hand, distrust, pause, self.hold_until].into_iter().flatten().max().unwrap_or_default()
    }

    /// The time to which pauses delay an automatic attempt at least.
    pub(crate) fn delayed_at_least_until(&self) -> Time {
        self.pause.map(|(first, _)| first).max(self.hold_until).unwrap_or_default()
    }

    pub(crate) fn note(
        &mut self,
        policy: &Policy,
        now: Time,
        call: Call,
        outcome: Outcome,
        failures: u32,
    ) {
        self.now = now;
        match call {
            Call::Ask => {
                self.last_activity = now;
                let spent = self.set.is_none_or(|set| set.is_spent(policy, now));
                self.asked |= spent && self.flight.is_none();
            }
            Call::Demand(waiting) => {
                self.waiting = waiting;
                if waiting > 0 {
                    self.last_activity = now;
                }
            }
            Call::Distrust if self.set.is_some() => {
                self.distrusted_at = Some(now);
                self.expire(now);
            }
            Call::Invalidate => {
                self.flight = None;
                self.asked = false;
                self.expire(now);
                self.expired = false;
                self.reload.get_or_insert(now);
            }
            Call::Refresh => {
                if outcome == Outcome::Refresh(Ok(())) {
                    self.refresh.get_or_insert(now);
                }
            }
            Call::Timeout => {
                if self.flight.is_some_and(|flight| now >= flight.start.deadline) {
                    self.fail(policy, now, None, failures);
                }
                if self.set.is_some() && !self.serves(now) {
                    self.expire(now);
                }
                if let Outcome::Start(Some(start)) = outcome {
                    self.start(now, start);
                }
            }
            Call::Usage { used, missed } => {
                if used > 0 {
                    self.last_activity = now;
                }
                if let Some(set) = &mut self.set {
                    set.used = set.used.saturating_add(used);
                    let opens_at = self.miss_opens_at(policy);
                    if missed > 0 && self.flight.is_none() && opens_at <= now {
                        self.miss.get_or_insert(now);
                    }
                }
            }
            Call::Failure { .. } | Call::NotModified { .. } | Call::Success { .. } => {
                self.answered(policy, now, call, failures);
            }
            Call::Distrust => {}
        }
    }

    fn answered(&mut self, policy: &Policy, now: Time, call: Call, failures: u32) {
        match (self.expected(now, call), call) {
            (Some(Answered::Confirmed), Call::Success { lifetime, validators, .. }) => {
                self.confirm(policy, now, lifetime, validators);
            }
            (Some(Answered::Confirmed), Call::NotModified { lifetime, .. }) => {
                self.confirm(policy, now, lifetime, true);
            }
            (Some(Answered::Failed), Call::Failure { retry_after, .. }) => {
                self.fail(policy, now, retry_after, failures);
            }
            (Some(Answered::Failed), _) => self.fail(policy, now, None, failures),
            _ => {}
        }
    }

    fn awaits(&self, now: Time, id: FetchId) -> Option<Flight> {
        self.flight.filter(|flight| flight.start.id == id && now < flight.start.deadline)
    }

    fn start(&mut self, now: Time, start: FetchStart) {
        if self.refresh.take().is_some() | self.reload.take().is_some() {
            self.last_by_hand = Some(now);
        }
        if self.miss.take().is_some() {
            self.last_miss = Some(now);
        }
        self.asked = false;
        self.flight = Some(Flight { began_at: now, start });
    }

    fn confirm(&mut self, policy: &Policy, now: Time, given: Option<Duration>, validators: bool) {
        let lifetime = policy.lifetime_for(given);
        let trust = lifetime.saturating_add(policy.stale_if_error()).min(policy.max_trust());
        let first = self.set.is_none() || self.failing;
        let trust_until = now + trust;
        let confirmed_at = now;
        self.set = Some(Set { confirmed_at, first, lifetime, trust_until, used: 0, validators });
        self.flight = None;
        self.asked = false;
        self.expired = false;
        self.failing = false;
        self.distrusted_at = None;
        self.hold_until = None;
        self.pause = None;
        self.pauses = 0;
    }

    /// `failures`: what the machine counts now. Whether a fetch by hand or for a kid was meant for
    /// an automatic cause as well cannot be seen from outside, but by that count.
    fn fail(&mut self, policy: &Policy, now: Time, given: Option<Duration>, failures: u32) {
        let Some(flight) = self.flight.take() else { return };
        self.failing = true;
        if is_automatic(flight.start.reason) || failures > self.pauses {
            let whole = whole_pause(policy, self.pauses);
            self.pause = Some((now + whole / 2, now + whole));
            self.pauses += 1;
        }
        if let Some(given) = given {
            let cap = match self.set.filter(|set| now < set.trust_until) {
                Some(set) => HOUR.min(set.trust_until.saturating_since(now) / 2),
                None => MINUTE,
            };
            self.hold_until = self.hold_until.max(Some(now + given.min(cap)));
            if self.hold_until > Some(now) {
                self.refresh = None;
            }
        }
    }

    fn expire(&mut self, now: Time) {
        self.set = None;
        self.expired = true;
        self.miss = None;
        self.hold_until = self.hold_until.map(|until| until.min(now + MINUTE));
    }
}

/// The longest that the pause can be after so many earlier ones.
pub(crate) fn whole_pause(policy: &Policy, earlier: u32) -> Duration {
    let mut whole = policy.retry_initial();
    for _ in 0..earlier.min(200) {
        whole = whole.saturating_mul(2);
    }
    whole.min(policy.retry_max())
}

/// Whether a fetch for this reason has been asked for by nobody's hand and no stranger's kid.
pub(crate) fn is_ahead(reason: Reason) -> bool {
    matches!(reason, Reason::Ahead | Reason::AheadByUsage)
}

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);
