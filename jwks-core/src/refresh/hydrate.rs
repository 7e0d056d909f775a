//! The refresh machine: a set that comes from elsewhere than a fetch.

use std::time::Duration;

use super::lease::{Grant, Lease};
use super::{Answered, Machine, Time};

impl Machine {
    /// A set from elsewhere than a fetch (a file, a bundle) is held as if it had been confirmed
    /// `age` ago, and is trusted for at most `trust` more. `lifetime`: what its response gave
    /// itself, as in [`Response::lifetime`](super::Response::lifetime).
    ///
    /// Ignored if a set is held already, or if no trust is left.
    pub fn handle_hydrate(
        &mut self,
        now: Time,
        age: Duration,
        trust: Duration,
        lifetime: Option<Duration>,
    ) -> Answered {
        self.clock.advance(now);
        let lifetime = self.policy.lifetime_for(lifetime);
        let granted = self.policy.trust_for(lifetime);
        let trust = trust.min(granted.saturating_sub(age));
        if self.lease.is_some() || trust.is_zero() {
            return Answered::Ignored;
        }
        let now = self.clock.moment();
        let trust_until = now.effective + granted;
        let lease = Lease::new(
            &self.policy,
            &mut self.rng,
            Grant {
                now,
                lifetime,
                trust_until,
                hard_end: trust_until,
                validated_from: None,
                first: true,
            },
        );
        self.lease = Some(lease.aged(&self.policy, now, age, trust));
        self.expired = false;
        self.demand.asked = false;
        Answered::Confirmed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::refresh::{
        Freshness, Gate, Policy, PolicyBuilder, Reason, Response, Strategy as Lifetime,
    };

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(elapsed: Duration) -> Time {
        Time::from_origin(elapsed)
    }

    fn hydrated(policy: PolicyBuilder, age: Duration, trust: Duration) -> Machine {
        let mut machine = Machine::new(policy.build().unwrap(), 1, Time::ZERO);
        let answered = machine.handle_hydrate(Time::ZERO, age, trust, None);
        assert_eq!(answered, Answered::Confirmed);
        machine
    }

    fn plain() -> PolicyBuilder {
        Policy::builder().jitter(0.0)
    }

    #[test]
    fn a_young_set_is_refreshed_at_its_point() {
        let mut machine = hydrated(plain(), 10 * MINUTE, Duration::MAX);
        assert_eq!(machine.freshness(Time::ZERO), Freshness::Fresh);
        assert_eq!(machine.handle_timeout(Time::ZERO), None);
        let next = machine.next_fetch().unwrap();
        assert_eq!((next.at, next.reason), (at(6 * MINUTE), Reason::Ahead));
        assert_eq!(machine.trust_until(), Some(at(70 * MINUTE)));
    }

    #[test]
    fn an_older_one_is_refreshed_at_once_and_unconditionally() {
        for (age, freshness) in
            [(17, Freshness::Due), (20, Freshness::Stale), (79, Freshness::Stale)]
        {
            let mut machine = hydrated(plain(), age * MINUTE, Duration::MAX);
            assert_eq!(machine.freshness(Time::ZERO), freshness);
            let start = machine.handle_timeout(Time::ZERO).unwrap();
            assert_eq!((start.reason, start.conditional), (Reason::Ahead, false));
            assert_eq!(machine.gate(Time::ZERO), Gate::Open);
            machine.handle_success(at(MINUTE / 60), start.id, Response::default());
            assert_eq!(machine.trust_until(), Some(at(80 * MINUTE)));
        }
    }

    #[test]
    fn without_background_the_gate_is_the_usual_one() {
        let policy = || plain().background_refresh(false);
        let mut machine = hydrated(policy(), 25 * MINUTE, Duration::MAX);
        assert_eq!(machine.gate(Time::ZERO), Gate::Closed);
        assert_eq!(machine.handle_timeout(Time::ZERO), None, "nobody has asked");
        machine.handle_demand(Time::ZERO, 1);
        assert_eq!(machine.handle_timeout(Time::ZERO).unwrap().reason, Reason::Demand);
        assert_eq!(hydrated(policy(), 5 * MINUTE, MINUTE).gate(Time::ZERO), Gate::Counted);
    }

    #[test]
    fn trust_that_ends_sooner_is_renewed_sooner() {
        let mut machine = hydrated(plain(), MINUTE, 10 * MINUTE);
        assert_eq!(machine.trust_until(), Some(at(10 * MINUTE)));
        assert_eq!(machine.next_fetch().unwrap().at, at(8 * MINUTE));
        assert!(machine.handle_timeout(at(8 * MINUTE)).is_some());
        machine.handle_timeout(at(10 * MINUTE));
        assert_eq!(machine.freshness(at(10 * MINUTE)), Freshness::Expired);
    }

    #[test]
    fn a_fleet_that_starts_with_one_old_bundle_is_spread_out() {
        let points: std::collections::BTreeSet<_> = (0..20)
            .map(|seed| {
                let policy = plain().spread_first_refresh(true).build().unwrap();
                let mut machine = Machine::new(policy, seed, Time::ZERO);
                machine.handle_hydrate(Time::ZERO, 30 * MINUTE, Duration::MAX, None);
                let start = machine.handle_timeout(Time::ZERO).unwrap();
                machine.handle_success(Time::ZERO, start.id, Response::default());
                machine.next_fetch().unwrap().at
            })
            .collect();
        assert!(points.len() > 15, "{points:?}");
        assert!(points.iter().all(|&point| point < at(16 * MINUTE)));
    }

    #[test]
    fn what_is_not_trusted_or_comes_too_late_is_ignored() {
        let policy = || plain().build().unwrap();
        for (age, trust) in
            [(80 * MINUTE, MINUTE), (Duration::MAX, Duration::MAX), (MINUTE, Duration::ZERO)]
        {
            let mut machine = Machine::new(policy(), 1, Time::ZERO);
            let answered = machine.handle_hydrate(Time::ZERO, age, trust, None);
            assert_eq!(answered, Answered::Ignored);
            assert_eq!(machine.freshness(Time::ZERO), Freshness::Missing);
            assert_eq!(machine.handle_timeout(Time::ZERO).unwrap().reason, Reason::Load);
        }
        let mut machine = hydrated(plain(), MINUTE, Duration::MAX);
        let again = machine.handle_hydrate(Time::ZERO, Duration::ZERO, Duration::MAX, None);
        assert_eq!(again, Answered::Ignored);
        assert_eq!(machine.trust_until(), Some(at(79 * MINUTE)));
    }

    fn policies() -> impl Strategy<Value = Policy> {
        let lifetimes =
            prop_oneof![Just(Lifetime::Both), Just(Lifetime::Time), Just(Lifetime::Usage),];
        (any::<bool>(), any::<bool>(), lifetimes, 0.0..=1.0, 0.0..=1.0, 0..600_u64).prop_map(
            |(background, spread, lifetime, threshold, jitter, stale)| {
                Policy::builder()
                    .background_refresh(background)
                    .spread_first_refresh(spread)
                    .strategy(lifetime)
                    .background_refresh_threshold(threshold)
                    .jitter(jitter)
                    .interval(10 * MINUTE)
                    .stale_if_error(Duration::from_secs(10 + stale))
                    .only_effective()
                    .build()
                    .unwrap()
            },
        )
    }

    proptest! {
        #![proptest_config(crate::proof::draws(256))]

        /// A hydrated set is as one that was confirmed so long ago.
        #[test]
        fn as_a_confirmation_so_long_ago(
            policy in policies(),
            seed in any::<u64>(),
            age in 0..1500_u64,
            later in 0..1500_u64,
        ) {
            let age = Duration::from_secs(age);
            let mut long_ago = Machine::new(policy.clone(), seed, Time::ZERO);
            long_ago.handle_demand(Time::ZERO, 1);
            let load = long_ago.handle_timeout(Time::ZERO).unwrap();
            long_ago.handle_demand(Time::ZERO, 0);
            long_ago.handle_success(Time::ZERO, load.id, Response::default());

            let mut machine = Machine::new(policy.clone(), seed, at(age));
            let answered = machine.handle_hydrate(at(age), age, Duration::MAX, None);
            let trusted = age < policy.trust_for(policy.lifetime());
            prop_assert_eq!(answered == Answered::Confirmed, trusted);
            if trusted {
                let then = at(age) + Duration::from_secs(later);
                prop_assert_eq!(machine.trust_until(), long_ago.trust_until());
                prop_assert_eq!(machine.freshness(then), long_ago.freshness(then));
                prop_assert_eq!(machine.gate(then), long_ago.gate(then));
                let due = |machine: &Machine| machine.next_fetch().map(|next| next.at.max(at(age)));
                prop_assert_eq!(due(&machine), due(&long_ago));
            }
        }

        /// Rules 4 and 12: no age and no trust is past bearing, and none is extended.
        #[test]
        fn trust_is_never_extended(
            policy in policies(),
            now in any::<Duration>(),
            age in any::<Duration>(),
            trust in any::<Duration>(),
            lifetime in any::<Option<Duration>>(),
        ) {
            let mut machine = Machine::new(policy.clone(), 3, Time::ZERO);
            machine.handle_hydrate(at(now), age, trust, lifetime);
            let granted = policy.trust_for(policy.lifetime_for(lifetime)).saturating_sub(age);
            if let Some(until) = machine.trust_until() {
                prop_assert!(until <= at(now) + trust.min(granted));
            }
            machine.handle_timeout(at(now) + trust.min(granted));
            prop_assert!(!machine.is_serving(at(now) + trust.min(granted)));
            machine.handle_timeout(Time::MAX);
        }
    }
}
