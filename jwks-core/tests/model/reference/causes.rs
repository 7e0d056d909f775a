//! Why a fetch may begin, and when.

use jwks_core::refresh::Reason;

use super::Model;
use super::held::Held;
use super::misses::CLASSES;
use super::span::{SECOND, Span, Tri, ns};

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Kind {
    /// After an outlived answer.
    Again,
    /// For the machine's own reasons.
    Automatic,
    ByHand,
    Missed,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Cause {
    pub(crate) kind: Kind,
    /// Whether somebody or something wants it.
    pub(crate) wanted: Tri,
    /// When it may and will begin, in the adapter's time, if nothing is in flight.
    pub(crate) when_t: Span,
}

impl Kind {
    pub(crate) fn of(reason: Reason) -> Self {
        match reason {
            Reason::Refresh => Self::ByHand,
            Reason::UnknownKid => Self::Missed,
            _ => Self::Automatic,
        }
    }
}

impl Model {
    pub(crate) fn causes(&self) -> Vec<Cause> {
        let mut causes = vec![self.automatic(), self.by_hand()];
        causes.extend(CLASSES.iter().enumerate().map(|(place, &class)| Cause {
            kind: Kind::Missed,
            wanted: self.misses.remembered[place],
            when_t: self.missed_t(class),
        }));
        let wanted = Tri::is(self.again.is_some());
        causes.push(Cause { kind: Kind::Again, wanted, when_t: Span::OVER });
        causes
    }

    /// Rule 11: at once, at most one a second, and not inside a `Retry-After`.
    fn by_hand(&self) -> Cause {
        Cause {
            kind: Kind::ByHand,
            wanted: self.hand.refresh.or(Tri::is(self.hand.reload)),
            when_t: self.by_hand_t(),
        }
    }

    pub(crate) fn by_hand_t(&self) -> Span {
        self.second_t().and(self.clocks.when_e(Span::at(self.retry.hold.by_hand_e)))
    }

    fn second_t(&self) -> Span {
        self.clocks.when_b(self.hand.begun_b.plus(SECOND))
    }

    /// Rule 6: when the budget allows it, and not inside a `Retry-After`.
    pub(crate) fn missed_t(&self, class: jwks_core::refresh::Miss) -> Span {
        let opens = self.clocks.when_b(self.misses.opens_b(&self.policy, class));
        opens.and(self.clocks.when_e(self.retry.hold.missed_e))
    }

    fn automatic(&self) -> Cause {
        let (wanted, when_t) = match &self.held {
            None => (self.wants_load(), self.load_t(self.people.want())),
            Some(held) if self.policy.background_refresh() => self.ahead(held),
            Some(held) => self.on_demand(held),
        };
        Cause { kind: Kind::Automatic, wanted, when_t }
    }

    /// Rule 1: with background refresh also without callers, unless idle.
    fn wants_load(&self) -> Tri {
        let awake = match self.idle() {
            Tri::No => Tri::Yes,
            Tri::Maybe => Tri::Maybe,
            Tri::Yes => Tri::No,
        };
        let by_itself = Tri::is(self.policy.background_refresh()).and(awake);
        self.people.want().or(by_itself)
    }

    /// Without a set: at once, but for the pauses, and but for the loads that a wall clock causes
    /// (rule 13). After an invalidation in the budget of the hand (rule 11).
    pub(crate) fn load_t(&self, somebody: Tri) -> Span {
        let mut when = self.paused_t(somebody);
        if self.loads.due.may() {
            let least = ns(self.policy.min_refresh_interval());
            let mut free = self.clocks.when_b(self.loads.begun_b.plus(least));
            // No later than this, whichever loads are counted.
            free.hi = free.hi.max(self.clocks.when_b(Span::at(self.loads.lost_b + least)).hi);
            when = if self.loads.due.must() { when.and(free) } else { when.and(free).either(when) };
        }
        if self.hand.reload {
            // Whether it waits for a hold on what is done by hand is not said.
            return when.and(self.second_t()).either(when.and(self.by_hand_t()));
        }
        when
    }

    /// The end of the pause, shortened while somebody waits without a set, and of the hold on
    /// automatic attempts.
    pub(crate) fn paused_t(&self, somebody: Tri) -> Span {
        let longest = self.retry.ended_e.plus(ns(self.policy.cold_retry_max()));
        let whole = self.retry.pause_e;
        let pause = match somebody {
            _ if self.held.is_some() => whole,
            Tri::No => whole,
            Tri::Maybe => whole.either(whole.or(longest)),
            Tri::Yes => whole.or(longest),
        };
        self.clocks.when_e(pause.and(Span::at(self.retry.hold.automatic_e)))
    }

    /// Rule 2.
    fn ahead(&self, held: &Held) -> (Tri, Span) {
        let by_time = self.clocks.when_e(held.point_e).and(self.clocks.when_b(held.floor_b));
        let by_usage = self.clocks.when_e(held.usage_due_e);
        let by_usage = by_usage.and(self.clocks.when_b(held.usage_floor_b));
        let when = by_time.or(by_usage).and(self.paused_t(Tri::No));
        let awake = match self.idle() {
            Tri::No => Tri::Yes,
            Tri::Maybe => Tri::Maybe,
            Tri::Yes => Tri::No,
        };
        (awake, when)
    }

    /// Rule 3: once a validation finds the lifetime over.
    fn on_demand(&self, held: &Held) -> (Tri, Span) {
        let floor = self.clocks.when_b(held.floor_b);
        if held.spent(&self.policy, self.clocks.e()) {
            return (self.people.want(), floor.and(self.paused_t(Tri::No)));
        }
        // Those who wait already will find it over; whether that is announced is not said.
        let end = self.clocks.when_e(Span::at(held.lifetime_end_e));
        (self.people.want().and(Tri::Maybe), end.and(floor).and(self.paused_t(Tri::No)))
    }

    pub(crate) fn idle(&self) -> Tri {
        self.people.idle(&self.policy, self.clocks.e())
    }
}
