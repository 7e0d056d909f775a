//! Saved keys: a confirmation some time ago, and never more trust than they had left.

use std::time::Duration;

use jwks_core::refresh::{Answered, Time};

use super::Model;
use super::held::{Held, Worth, cut_point};
use super::span::{Check, FAR, Span, Tri, ns, rule};

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
            // Where arithmetic saturates, it may end sooner.
            trust_e: if ns(age) < FAR { Span::at(end) } else { Span::between(e, end) },
            first: Tri::Maybe,
            read: None,
            validators: false,
        };
        let mut held = Held::new(&self.policy, worth);
        if end < confirmed_e + ns(self.policy.trust_for(lifetime)) {
            // Less than a confirmation so long ago would have left: the point may move with it,
            // counted from the confirmation or from now.
            let soon = cut_point(&self.policy, end - e);
            held.point_e = held.point_e.either(Span::at(e + soon));
            held.floor_b = held.floor_b.either(Span::at(b + soon));
            held.usage_floor_b = held.usage_floor_b.either(Span::at(b + soon));
            held.usage_lag = held.usage_lag.either(Span::at(0));
        }
        self.held = Some(held);
        self.misses.forget();
        self.settled_by_a_set();
        Ok(())
    }
}
