//! Deadlines and budgets as they are shown.

use jwks_core::refresh::{Deadline, Miss, Reason};

use super::Model;
use super::causes::{Cause, Kind};
use super::look::Look;
use super::misses::{CLASSES, place};
use super::span::{Check, FAR, Ns, Span, Tri, ns, ns_of, rule};

/// What the machine showed last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    pub(crate) deadline: Option<Deadline>,
    pub(crate) failures: u32,
    /// Whether the attempt that failed last served unknown kids and nothing else.
    pub(crate) missed_alone: bool,
}

impl Model {
    pub(crate) fn shown_deadline_t(&self) -> Option<Ns> {
        self.shown.deadline.map(|deadline| ns_of(deadline.at))
    }

    pub(crate) fn nothing_is_due(&self, look: &Look) -> Check {
        let t = self.clocks.t;
        let later = |deadline: Option<Deadline>| deadline.is_none_or(|at| ns_of(at.at) > t);
        rule!(
            "rule 12: nothing is due after handle_timeout",
            later(look.deadline) && (self.flight.is_some() || later(look.next_fetch)),
            "{:?} and {:?} at {t}",
            look.deadline,
            look.next_fetch
        );
        Ok(())
    }

    /// The next fetch, where none is in flight.
    pub(crate) fn next_fetch(&mut self, look: &Look) -> Check {
        if self.flight.is_some() {
            return Ok(());
        }
        let (t, causes) = (self.clocks.t, self.causes());
        let first = |surely: bool| {
            let wanted =
                causes.iter().filter(|c| if surely { c.wanted.must() } else { c.wanted.may() });
            wanted.map(|cause| cause.when_t).fold(Span::NEVER, Span::or)
        };
        let (earliest, latest) = (first(false).lo, first(true).hi);
        let shown = look.next_fetch.map_or(FAR, |next| ns_of(next.at));
        rule!(
            "the next fetch is when its cause is due",
            Span::between(earliest, latest).has_from(t, shown),
            "{:?} at {t}, not {earliest} to {latest}, for {causes:?}",
            look.next_fetch
        );
        self.recovers(look, &causes)?;
        self.learn_point(look, shown);
        self.learn_ask(look, &causes);
        Ok(())
    }

    /// Whatever has happened: the next attempt is one pause away at most, and no more than the
    /// longest of a cold cache while somebody waits. A first refresh by usage that is spread may
    /// come one `min_refresh_interval` later.
    fn recovers(&self, look: &Look, causes: &[Cause]) -> Check {
        let wanted =
            causes.iter().any(|cause| cause.kind == Kind::Automatic && cause.wanted.must());
        let due = match &self.held {
            None => true,
            Some(held) => held.spent(&self.policy, self.clocks.e()),
        };
        if !wanted || !due || self.hand.reload {
            return Ok(());
        }
        let spread = self.policy.spread_first_refresh()
            && self.held.as_ref().is_some_and(|held| held.first.may());
        let least = ns(self.policy.min_refresh_interval()) * if spread { 2 } else { 1 };
        let mut pause = ns(self.policy.retry_max());
        if self.held.is_none() && self.people.want().must() {
            pause = pause.min(ns(self.policy.cold_retry_max()));
        }
        let held_for = self.retry.hold.automatic_e - self.clocks.e();
        let cap = if self.held.is_none() { super::span::MINUTE } else { 60 * super::span::MINUTE };
        let longest = pause.max(held_for.min(cap)).max(least);
        let shown = look.next_fetch.map_or(FAR, |next| ns_of(next.at));
        rule!(
            "rule 1: a cache comes back within one pause of its issuer",
            shown <= self.clocks.t + longest || longest >= FAR,
            "the next attempt is at {shown}, {} from now",
            shown - self.clocks.t
        );
        Ok(())
    }

    /// The first announcement of a drawn point binds.
    fn learn_point(&mut self, look: &Look, shown: Ns) {
        let paused = self.paused_t(Tri::No);
        let Some(held) = &mut self.held else { return };
        let ahead = look.next_fetch.is_some_and(|next| next.reason == Reason::Ahead);
        let others = paused.and(self.clocks.when_b(held.floor_b));
        if ahead && shown < FAR && held.point_e.lo < held.point_e.hi {
            let point = shown + self.clocks.frozen();
            let exact = shown > others.hi;
            held.point_e.lo = if exact { point } else { held.point_e.lo };
            held.point_e.hi = held.point_e.hi.min(point).max(held.point_e.lo);
        }
    }

    /// Whether an ask that may have come too early, or too late, was heard.
    fn learn_ask(&mut self, look: &Look, causes: &[Cause]) {
        let others = causes.iter().any(|cause| cause.kind != Kind::Automatic && cause.wanted.may());
        let on_demand = !self.policy.background_refresh() && self.people.waiting == 0;
        let spent = self.held.as_ref().is_none_or(|held| held.spent(&self.policy, self.clocks.e()));
        if self.people.asked == Tri::Maybe && on_demand && !others && spent {
            self.people.asked = Tri::is(look.next_fetch.is_some());
        }
    }

    pub(crate) fn retries(&mut self, look: &Look) -> Check {
        let t = self.clocks.t;
        let failures = self.retry.failures;
        rule!(
            "retry: automatic attempts alone count for the backoff",
            look.failures == failures,
            "{} failures, not {failures}",
            look.failures
        );
        let paused = self.paused_t(self.people.want());
        let mut range = paused;
        if self.held.is_none() {
            range = range.either(self.load_t(self.people.want()));
        }
        let shown = ns_of(look.retry_at);
        rule!(
            "retry: pauses double, within [half, whole]",
            range.has_from(t, shown),
            "{:?} at {t}, not {range:?}: {:?}",
            look.retry_at,
            self.retry
        );
        let held = self.clocks.when_e(Span::at(self.retry.hold.automatic_e)).hi;
        if shown > held.max(t) && self.held.is_some() {
            self.retry.pause_e = Span::at(shown + self.clocks.frozen());
        }
        let until = self.clocks.when_e(Span::at(self.retry.hold.by_hand_e)).lo;
        rule!(
            "retry: a Retry-After holds refreshes by hand for a minute at most",
            look.refresh_opens_at.map(ns_of) == Some(until).filter(|&until| until > t),
            "{:?} at {t}, not {until}",
            look.refresh_opens_at
        );
        Ok(())
    }

    pub(crate) fn budget_of_misses(&mut self, look: &Look) -> Check {
        let t = self.clocks.t;
        rule!(
            "rule 6: a miss that the budget refuses is remembered",
            self.misses.any().has(look.wants_miss),
            "{}, with {:?}",
            look.wants_miss,
            self.misses
        );
        if self.held.is_none() {
            return Ok(());
        }
        for class in CLASSES {
            let range = self.missed_t(class);
            let shown = look.miss_opens_at[place(class)].map_or(t, ns_of);
            rule!(
                "rule 6: one fetch per cooldown on average, and the burst after a quiet time",
                range.has_from(t, shown),
                "{class:?} from {shown}, not {range:?}, at {t}: {:?}",
                self.misses
            );
        }
        let paid = self.clocks.when_b(self.misses.opens_b(&self.policy, Miss::Kidless));
        if let Some(shown) = look.miss_opens_at[place(Miss::Kidless)].map(ns_of)
            && shown > paid.hi
        {
            self.retry.hold.missed_e = Span::at(shown + self.clocks.frozen());
        }
        Ok(())
    }

    /// Where a cold caller asks whether it may wait: rule 1.
    pub(crate) fn next_attempt(&self, look: &Look) -> Check {
        if self.held.is_some() || self.flight.is_some() {
            return Ok(());
        }
        let somebody = self.people.want();
        let somebody = if somebody.must() { Tri::Yes } else { Tri::Maybe };
        let mut range = self.load_t(somebody);
        let by_hand = self.by_hand_t();
        match self.hand.refresh.or(Tri::is(self.hand.reload)) {
            Tri::No => {}
            Tri::Maybe => range = range.either(range.or(by_hand)),
            Tri::Yes => range = range.or(by_hand),
        }
        if self.again.is_some() {
            range = Span::OVER;
        }
        let shown = ns_of(look.next_attempt_at);
        rule!(
            "rule 1: callers are told when the next attempt may start",
            range.has_from(self.clocks.t, shown),
            "{shown} at {}, not {range:?}",
            self.clocks.t
        );
        Ok(())
    }

    /// The driver is woken in time for all that happens by time.
    pub(crate) fn deadline(&self, look: &Look) -> Check {
        let t = self.clocks.t;
        let flight = self.flight.map(|flight| flight.deadline_t);
        let trust = self.held.as_ref().map(|held| self.clocks.when_e(held.trust_e).hi);
        let gate = self.held.as_ref().and_then(|held| self.gate_changes_t(held));
        let fetch = look.next_fetch.filter(|_| flight.is_none()).map(|next| ns_of(next.at));
        let needed = [flight, trust, gate, fetch].into_iter().flatten().min().unwrap_or(FAR);
        let shown = look.deadline.map_or(FAR, |deadline| ns_of(deadline.at).min(FAR));
        rule!(
            "the deadline is in time for all that happens by time",
            shown <= needed.max(t) || needed >= FAR,
            "{:?} at {t}, needed at {needed}",
            look.deadline
        );
        Ok(())
    }

    /// Readers have no clock: between deadlines nothing that they see changes.
    pub(crate) fn readers_need_no_clock(&self, now: &Look, just_before: &Look) -> Check {
        rule!(
            "rule 3: the gate changes at deadlines alone",
            now.gate == just_before.gate && now.serving == just_before.serving,
            "{:?} becomes {:?} before {:?}",
            now.gate,
            just_before.gate,
            now.deadline
        );
        Ok(())
    }
}
