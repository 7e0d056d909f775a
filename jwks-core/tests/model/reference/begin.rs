//! A fetch begins: whether it may, and with what.

use jwks_core::refresh::{FetchStart, Reason};

use super::causes::Kind;
use super::span::{Check, FAR, Span, Tri, ns, ns_of, rule};
use super::{Flight, Model};

impl Model {
    pub(crate) fn begin(&mut self, start: FetchStart) -> Check {
        let t = self.clocks.t;
        rule!(
            "rule 7: one fetch in flight at a time",
            self.flight.is_none(),
            "{start:?} begins beside {:?}",
            self.flight
        );
        rule!(
            "rule 12: every fetch has an id of its own",
            !self.ids.contains(&start.id),
            "{start:?} has the id of an earlier one"
        );
        let deadline = (t + ns(self.policy.fetch_timeout())).min(FAR);
        rule!(
            "the fetch in flight has its own deadline",
            ns_of(start.deadline).min(FAR) == deadline,
            "{start:?} does not end at {deadline}"
        );
        self.may_begin(start)?;
        self.flags_fit(start)?;
        self.conditional_fits(start)?;
        self.account(start);
        Ok(())
    }

    /// Some cause is due, and the reason is one of them.
    fn may_begin(&self, start: FetchStart) -> Check {
        let t = self.clocks.t;
        let due: Vec<_> = self.causes().into_iter().filter(|cause| cause.wanted.may()).collect();
        let kind = Kind::of(start.reason);
        let allowed = due
            .iter()
            .any(|cause| cause.when_t.lo <= t && (cause.kind == kind || cause.kind == Kind::Again));
        rule!(
            "rule 12: a fetch begins within the budget of its cause",
            allowed,
            "{start:?} at {t}, of {due:?}"
        );
        let held = self.held.as_ref();
        let reason_fits = self.again.is_some()
            || match start.reason {
                Reason::Ahead => held.is_some_and(|held| held.point_e.lo <= self.clocks.e()),
                Reason::AheadByUsage => held.is_some_and(|held| held.due_by_usage().may()),
                Reason::Demand => held.is_some() && !self.policy.background_refresh(),
                Reason::Load => held.is_none(),
                Reason::Retry => self.retry.failures > 0,
                Reason::Refresh | Reason::UnknownKid => true,
                _ => false,
            };
        rule!("a fetch says why it begins", reason_fits, "{:?} at {t}", start.reason);
        Ok(())
    }

    fn flags_fit(&self, start: FetchStart) -> Check {
        // What an outlived fetch served, its repetition serves.
        let again = self.again.unwrap_or_default();
        let wanted = self.hand.refresh.or(Tri::is(self.hand.reload));
        let open = self.by_hand_t().over(self.clocks.t);
        let by_hand = Tri::between(wanted.and(open).must(), wanted.may());
        let by_hand = by_hand.or(Tri::is(again.by_hand));
        rule!(
            "rule 11: a fetch that begins serves the refreshes by hand before it",
            by_hand.has(start.by_hand),
            "{start:?} with {:?}",
            self.hand
        );
        let missed = self.misses.any();
        let missed = missed.or(Tri::is(again.missed));
        rule!(
            "rule 6: a fetch that begins serves the misses before it",
            missed.has(start.unknown_kid),
            "{start:?} with {:?}",
            self.misses
        );
        rule!(
            "rules 6 and 11: no-cache for an unknown kid and by hand",
            start.no_cache == (start.by_hand || start.unknown_kid),
            "{start:?}"
        );
        Ok(())
    }

    /// Rule 9.
    fn conditional_fits(&self, start: FetchStart) -> Check {
        let conditional = match &self.held {
            Some(held)
                if self.policy.conditional_requests()
                    && held.validators
                    && !held.failed_since
                    && !start.by_hand
                    && !start.unknown_kid =>
            {
                let half = ns(self.policy.max_trust()) / 2;
                held.read.map_or(Tri::No, |read| {
                    let since = |moment| self.clocks.e() - moment < half;
                    // After an answer that was outlived: not said.
                    Tri::between(since(read.sent_e) && self.again.is_none(), since(read.answered_e))
                })
            }
            _ => Tri::No,
        };
        rule!(
            "rule 9: conditional where it may be, and nowhere else",
            conditional.has(start.conditional),
            "{start:?}, {conditional:?} with {:?}",
            self.held
        );
        Ok(())
    }

    /// What the fetch takes along, and what it costs.
    fn account(&mut self, start: FetchStart) {
        let (e, b, t) = (self.clocks.e(), self.clocks.b(), self.clocks.t);
        let kind = Kind::of(start.reason);
        let own = self.causes()[0];
        let due = own.wanted.and(own.when_t.over(t));
        // After an invalidation the load is the hand's, or the machine's own; not said.
        let due = if self.hand.reload { due.and(Tri::Maybe) } else { due };
        // What an outlived fetch served, its repetition serves.
        let due = if self.again.is_some() { due.or(Tri::Maybe) } else { due };
        let automatic = due.or(Tri::is(kind == Kind::Automatic));
        if start.by_hand {
            let now = Span::at(b);
            let counted = self.by_hand_t().over(t).must() || kind == Kind::ByHand;
            self.hand.begun_b = if counted { now } else { self.hand.begun_b.either(now) };
            self.hand.refresh = Tri::No;
            self.hand.reload = false;
        }
        if start.unknown_kid {
            let held = self.retry.hold.missed_e.hi > e;
            self.misses.consume(&self.policy, b, held);
        }
        if self.loads.due.may() && self.held.is_none() {
            let surely = self.loads.due.must() && automatic.must();
            let before = self.loads.begun_b;
            self.loads.begun_b = if surely { Span::at(b) } else { before.either(Span::at(b)) };
            self.loads.due = if automatic.must() { Tri::No } else { Tri::Maybe };
        }
        self.again = None;
        self.people.asked = Tri::No;
        self.ids.push(start.id);
        self.flight = Some(Flight {
            id: start.id,
            deadline_t: ns_of(start.deadline),
            sent_e: e,
            frozen: self.clocks.frozen(),
            automatic,
            by_hand: start.by_hand,
            missed: start.unknown_kid,
            conditional: start.conditional,
        });
    }
}
