//! A set that is held: until when it is fresh, trusted, and what it has been used for.

use std::time::Duration;

use jwks_core::refresh::Policy;

use super::span::{Ns, Span, Tri, ns};

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Held {
    /// The frozen time that had counted when it was confirmed.
    pub(crate) frozen: Ns,
    pub(crate) lifetime_end_e: Ns,
    pub(crate) trust_e: Span,
    /// Where the refresh ahead was drawn.
    pub(crate) point_e: Span,
    /// The end of `min_refresh_interval`.
    pub(crate) floor_b: Span,
    /// The same for a refresh by usage: a first one is spread over as much again.
    pub(crate) usage_floor_b: Span,
    /// How long after its count is reached a refresh by usage is due, and when that is.
    pub(crate) usage_lag: Span,
    pub(crate) usage_due_e: Span,
    pub(crate) confirmed_b: Ns,
    /// The uses at which the refresh ahead was drawn.
    pub(crate) usage_point: Option<(u64, u64)>,
    pub(crate) used: u64,
    /// The last 200, if that is what the set came from.
    pub(crate) read: Option<Read>,
    pub(crate) validators: bool,
    /// Whether any attempt has failed since it was confirmed.
    pub(crate) failed_since: bool,
    /// Whether its refresh ahead is a first one, which may be spread.
    pub(crate) first: Tri,
}

/// A response that was read in full.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Read {
    pub(crate) sent_e: Ns,
    pub(crate) answered_e: Ns,
}

/// What a confirmation is worth, and when it happened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Worth {
    /// On the clock of ages and on that of budgets.
    pub(crate) confirmed_e: Ns,
    pub(crate) confirmed_b: Ns,
    pub(crate) frozen: Ns,
    pub(crate) lifetime: Duration,
    pub(crate) trust_e: Span,
    /// Whether the first refresh is spread, where the policy says so.
    pub(crate) first: Tri,
    pub(crate) read: Option<Read>,
    pub(crate) validators: bool,
}

impl Held {
    pub(crate) fn new(policy: &Policy, worth: Worth) -> Self {
        let Worth { confirmed_e, confirmed_b, trust_e, lifetime, .. } = worth;
        let usual = usual_point(policy, lifetime, worth.first);
        let left = trust_e.plus(-confirmed_e);
        let cut = Span::between(cut_point(policy, left.lo), cut_point(policy, left.hi));
        // Rule 13, the trust ends before the refresh-ahead point and one attempt.
        let timeout = ns(policy.fetch_timeout());
        let is_cut = Tri::between(left.hi < usual.lo + timeout, left.lo < usual.hi + timeout);
        // Whether it changes anything where nothing is refreshed ahead is not said.
        let ahead = if policy.background_refresh() { Tri::Yes } else { Tri::Maybe };
        let is_cut = is_cut.and(ahead);
        let least = ns(policy.min_refresh_interval());
        let floor_of_cut = Span::between(cut.lo.min(least), cut.hi.min(least));
        let (point, floor) = match is_cut {
            Tri::No => (usual, Span::at(least)),
            Tri::Maybe => (usual.either(cut), floor_of_cut.either(Span::at(least))),
            Tri::Yes => (cut, floor_of_cut),
        };
        let spread = if policy.spread_first_refresh() { worth.first } else { Tri::No };
        let (lag, usage_floor) = match spread.and(is_cut.not()) {
            Tri::No => (Span::at(0), floor),
            Tri::Maybe => (Span::between(0, least), floor.either(Span::between(least, 2 * least))),
            Tri::Yes => (Span::at(least), Span::between(least, 2 * least)),
        };
        let usage_point = policy.usage_threshold().zip(policy.latest_usage_point());
        let usage_point = usage_point.map(|(threshold, latest)| match spread {
            Tri::No => (threshold, latest),
            Tri::Maybe => (1, latest),
            Tri::Yes => (1, threshold),
        });
        Self {
            frozen: worth.frozen,
            lifetime_end_e: confirmed_e + ns(lifetime),
            trust_e,
            point_e: point.plus(confirmed_e),
            floor_b: floor.plus(confirmed_b),
            confirmed_b,
            usage_floor_b: usage_floor.plus(confirmed_b),
            usage_lag: lag,
            usage_due_e: Span::NEVER,
            usage_point,
            used: 0,
            read: worth.read,
            validators: worth.validators,
            failed_since: false,
            first: worth.first,
        }
    }

    /// Whether the lifetime is over, by time or by usage, at this effective time.
    pub(crate) fn spent(&self, policy: &Policy, e: Ns) -> bool {
        e >= self.lifetime_end_e || policy.usages().is_some_and(|usages| self.used >= usages)
    }

    /// So many uses more, at this effective time.
    pub(crate) fn add_usage(&mut self, used: u64, e: Ns) {
        self.used = self.used.saturating_add(used);
        self.count(e);
    }

    /// The point that was drawn is better known now.
    pub(crate) fn learn_usage_point(&mut self, point: (u64, u64), e: Ns) {
        self.usage_point = Some(point);
        if self.used < point.0 {
            self.usage_due_e = Span::NEVER;
        }
        self.count(e);
    }

    fn count(&mut self, e: Ns) {
        let due = self.usage_lag.plus(e);
        let reached = self.due_by_usage();
        if reached.may() {
            self.usage_due_e.lo = self.usage_due_e.lo.min(due.lo);
        }
        if reached.must() {
            self.usage_due_e.hi = self.usage_due_e.hi.min(due.hi);
        }
    }

    /// Whether the uses have reached the refresh ahead.
    pub(crate) fn due_by_usage(&self) -> Tri {
        match self.usage_point {
            Some((lo, hi)) => Tri::between(self.used >= hi, self.used >= lo),
            None => Tri::No,
        }
    }
}

/// Where the refresh ahead falls, after the confirmation.
fn usual_point(policy: &Policy, lifetime: Duration, first: Tri) -> Span {
    let threshold = ns(policy.threshold_point(lifetime));
    let usual = Span::between(threshold, ns(policy.latest_refresh_point(lifetime)));
    let spread = Span::between(ns(policy.min_refresh_interval()), threshold);
    match first {
        _ if !policy.spread_first_refresh() => usual,
        Tri::No => usual,
        Tri::Maybe => usual.either(spread),
        Tri::Yes => spread,
    }
}

/// Where it falls if the trust that is left is short: early enough for two attempts where there is
/// room for them, and not at once.
pub(crate) fn cut_point(policy: &Policy, left: Ns) -> Ns {
    let attempts = 2 * ns(policy.fetch_timeout());
    let parts = (policy.background_refresh_threshold() * 1e15).round() as Ns;
    let share = left / PARTS * parts + left % PARTS * parts / PARTS;
    share.min(left - attempts).max(ns(policy.min_refresh_interval()).min(left / 2))
}

const PARTS: Ns = 1_000_000_000_000_000;
