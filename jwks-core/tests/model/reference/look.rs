//! All that a machine shows at one time, against what the rules allow.

use std::num::NonZeroU64;

use jwks_core::refresh::{Deadline, FetchId, Freshness, Gate, Machine, Time};

use super::Model;
use super::held::Held;
use super::misses::CLASSES;
use super::span::{Check, Tri, ns_of, rule};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Look {
    pub(crate) deadline: Option<Deadline>,
    pub(crate) failures: u32,
    pub(crate) freshness: Freshness,
    pub(crate) gate: Gate,
    pub(crate) in_flight: Option<FetchId>,
    pub(crate) miss_opens_at: [Option<Time>; 4],
    pub(crate) next_attempt_at: Time,
    pub(crate) next_fetch: Option<Deadline>,
    pub(crate) refresh_opens_at: Option<Time>,
    pub(crate) retry_at: Time,
    pub(crate) serving: bool,
    pub(crate) trust_until: Option<Time>,
    pub(crate) usage: Option<NonZeroU64>,
    pub(crate) wants_miss: bool,
}

impl Look {
    pub(crate) fn at(machine: &Machine, now: Time) -> Self {
        Self {
            deadline: machine.poll_timeout(),
            failures: machine.failures(),
            freshness: machine.freshness(now),
            gate: machine.gate(now),
            in_flight: machine.in_flight(),
            miss_opens_at: CLASSES.map(|class| machine.miss_opens_at(now, class)),
            next_attempt_at: machine.next_attempt_at(),
            next_fetch: machine.next_fetch(),
            refresh_opens_at: machine.refresh_opens_at(now),
            retry_at: machine.retry_at(),
            serving: machine.is_serving(now),
            trust_until: machine.trust_until(),
            usage: machine.poll_usage(),
            wants_miss: machine.wants_miss(),
        }
    }
}

impl Model {
    /// Compares, and learns what was drawn. `settled`: `handle_timeout` has just been called.
    pub(crate) fn look(&mut self, look: &Look, settled: bool) -> Check {
        self.one_fetch(look)?;
        self.trust(look)?;
        if settled {
            self.nothing_is_due(look)?;
        }
        if !self.overdue() {
            self.ages(look)?;
            self.uses(look)?;
            self.retries(look)?;
            self.budget_of_misses(look)?;
            self.next_fetch(look)?;
            self.next_attempt(look)?;
            self.deadline(look)?;
            self.gate_fits(look)?;
        }
        self.shown.deadline = look.deadline;
        Ok(())
    }

    fn one_fetch(&self, look: &Look) -> Check {
        rule!(
            "rule 7: one fetch in flight at a time",
            look.in_flight == self.flight.map(|flight| flight.id),
            "{:?}, not {:?}",
            look.in_flight,
            self.flight
        );
        Ok(())
    }

    fn trust(&mut self, look: &Look) -> Check {
        let t = self.clocks.t;
        rule!(
            "rules 4 and 13: no key is served past its trust, and none is withheld before",
            self.serves().has(look.serving),
            "serving: {} at {t}, with {:?}",
            look.serving,
            self.held
        );
        let Some(held) = &mut self.held else {
            rule!("without a set there is no trust", look.trust_until.is_none(), "{look:?}");
            return Ok(());
        };
        let until = self.clocks.when_e(held.trust_e);
        let Some(shown) = look.trust_until.map(ns_of) else {
            // Only where it has just ended.
            rule!("a held set has an end of trust", until.lo <= t, "{look:?}");
            return Ok(());
        };
        let fits = until.has_from(0, shown);
        rule!("rule 13: trust counts from the request", fits, "until {shown}, not {until:?}");
        if until.lo < until.hi {
            held.trust_e = super::Span::at(shown + self.clocks.frozen());
        }
        Ok(())
    }

    fn ages(&self, look: &Look) -> Check {
        let shown = look.freshness;
        let allowed = match &self.held {
            None if self.expired => vec![Freshness::Expired],
            None => vec![Freshness::Missing],
            Some(held) => self.ages_of(held),
        };
        rule!("ages are half-open", allowed.contains(&shown), "{shown:?}, not {allowed:?}");
        Ok(())
    }

    fn ages_of(&self, held: &Held) -> Vec<Freshness> {
        let e = self.clocks.e();
        if held.spent(&self.policy, e) {
            return vec![Freshness::Stale];
        }
        if !self.policy.background_refresh() {
            return vec![Freshness::Fresh];
        }
        let (by_time, by_usage) = (held.point_e.over(e), held.usage_due_e.over(e));
        let b = self.clocks.b();
        let surely = by_time.and(held.floor_b.over(b)).or(by_usage.and(held.usage_floor_b.over(b)));
        // Before `min_refresh_interval` nothing is due; whether it shows is not said.
        match surely {
            _ if by_time.or(by_usage) == Tri::No => vec![Freshness::Fresh],
            Tri::Yes => vec![Freshness::Due],
            _ => vec![Freshness::Fresh, Freshness::Due],
        }
    }

    fn uses(&mut self, look: &Look) -> Check {
        let idle = self.idle();
        let shown = look.usage.map_or(0, NonZeroU64::get);
        let e = self.clocks.e();
        let Some(held) = &mut self.held else { return Ok(()) };
        let Some(usages) = self.policy.usages() else {
            rule!(
                "no uses are announced where they do not count",
                shown == 0 || (idle.may() && shown == 1),
                "{shown}"
            );
            return Ok(());
        };
        if idle.may() {
            rule!("idle ends with the next use", idle == Tri::Maybe || shown == 1, "{shown}");
            return Ok(());
        }
        let left = usages.saturating_sub(held.used);
        let ahead = self.policy.background_refresh();
        let Some((lo, hi)) = held.usage_point.filter(|&(_, hi)| ahead && held.used < hi) else {
            let fits = shown == left || (ahead && shown == 0);
            rule!("rule 3: uses are announced until they are spent", fits, "{shown} of {left}");
            return Ok(());
        };
        let point = held.used.saturating_add(shown);
        let drawn = shown > 0 && (lo..=hi).contains(&point);
        let behind = held.used >= lo && (shown == left || shown == 0);
        rule!(
            "rule 2: uses are announced until the refresh ahead",
            drawn || behind,
            "{shown}, used {}, drawn in {lo} to {hi}",
            held.used
        );
        let known = match (drawn, behind) {
            (true, false) => (point, point),
            (false, _) => (lo, held.used),
            // Either: the next announcement tells.
            (true, true) => (lo, hi),
        };
        held.learn_usage_point(known, e);
        Ok(())
    }

    fn gate_fits(&self, look: &Look) -> Check {
        let Some(held) = &self.held else { return Ok(()) };
        let allowed = self.gates(held);
        let name = if self.policy.background_refresh() {
            "rule 2: nobody waits for a held key"
        } else if self.people.beside.is_some() {
            "rule 3: nobody waits from a failed attempt to a success, or to a freeze"
        } else {
            "rule 3: the gate follows lifetime, grace and uses"
        };
        rule!(
            name,
            allowed.contains(&look.gate),
            "{:?}, not {allowed:?}, at {}",
            look.gate,
            self.clocks.t
        );
        Ok(())
    }
}
