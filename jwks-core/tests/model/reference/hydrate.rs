//! Saved keys: a confirmation some time ago, and never more trust than they had left.

use std::time::Duration;

use jwks_core::refresh::{Answered, Time};

use super::Model;
use super::held::{Held, Worth};
use super::span::{Check, Span, Tri, ns, rule};

impl Model {
    pub(crate) fn hydrate(
        &mut self,
        now: Time,
        age: Duration,
        trust: Duration,
        lifetime: Option<Duration>,
        answered: Answered,
    ) -> Check {
        self.tell(now);
        let (e, b) = (self.clocks.e(), self.clocks.b());
        let lifetime = self.policy.lifetime_for(lifetime);
        let confirmed_e = e - ns(age);
        let end = (confirmed_e + ns(self.policy.trust_for(lifetime))).min(e + ns(trust));
        let possible = self.held.is_none() && end > e;
        rule!(
            "saved keys are taken by a cold cache alone, and only while they are trusted",
            (answered == Answered::Confirmed) == possible || self.overdue(),
            "{answered:?} at {e}, trusted until {end}, with {:?}",
            self.held
        );
        if answered != Answered::Confirmed {
            return Ok(());
        }
        // No confirmation: what was frozen before it counts on.
        let worth = Worth {
            confirmed_e,
            confirmed_b: b - ns(age),
            frozen: self.clocks.frozen(),
            lifetime,
            trust_e: Span::at(end),
            first: Tri::Maybe,
            read: None,
            validators: false,
        };
        let by_confirmation = Held::new(&self.policy, worth);
        // Where a short trust moves the point: by what is left, from now.
        let from_now = Worth { confirmed_e: e, confirmed_b: b, ..worth };
        let mut held = Held::new(&self.policy, from_now);
        held.point_e = held.point_e.either(by_confirmation.point_e);
        held.point_e.lo = by_confirmation.point_e.lo.min(held.point_e.lo);
        held.floor_b = held.floor_b.either(by_confirmation.floor_b);
        held.lifetime_end_e = by_confirmation.lifetime_end_e;
        self.held = Some(held);
        self.misses.forget();
        self.settled_by_a_set();
        Ok(())
    }
}
