//! Rule 3: background refresh off.

use jwks_core::refresh::{Freshness, Gate, Reason, Time};
use proptest::{prop_assert, prop_assert_eq};

use crate::policies::on_demand;
use crate::script::{Pace, cases};
use crate::world::always;

#[test]
fn rule_03_on_demand_nothing_is_fetched_until_a_caller_finds_the_lifetime_over() {
    always(cases(Pace::Careless, on_demand()), |step| {
        let Some(start) = step.started_automatically() else { return Ok(()) };
        step.seen();
        prop_assert!(step.was.is_asked());
        if let Some(set) = step.is.set {
            prop_assert!(matches!(start.reason, Reason::Demand | Reason::Retry));
            prop_assert!(set.is_spent(step.policy, step.now));
            prop_assert!(step.now >= set.earliest(step.policy));
            prop_assert!(step.now >= step.was.delayed_at_least_until());
        }
        Ok(())
    });
}

#[test]
fn rule_03_on_demand_the_fetch_starts_as_soon_as_it_may() {
    always(cases(Pace::Prompt, on_demand()), |step| {
        let Some(set) = step.is.set.filter(|_| step.is_settled()) else { return Ok(()) };
        let wanted = step.is.is_asked() && set.is_spent(step.policy, step.now);
        if wanted && step.is.flight.is_none() {
            let limit = step.is.delayed_at_most_until(step.policy);
            let limit = limit.max(set.earliest(step.policy));
            let next = step.after().next_fetch.map(|next| next.at);
            step.seen();
            prop_assert!(
                next.is_some_and(|at| at > step.now && at <= limit),
                "the next fetch is at {next:?}, not by {limit:?}"
            );
        }
        Ok(())
    });
}

#[test]
fn rule_03_on_demand_the_gate_follows_lifetime_grace_and_pause() {
    always(cases(Pace::Careless, on_demand()), |step| {
        let Some(set) = step.is.set else { return Ok(()) };
        step.seen();
        let (policy, now) = (step.policy, step.now);
        let over = now >= set.confirmed_at + set.lifetime;
        let spent = if over {
            Gate::Closed
        } else if policy.usages().is_some() {
            Gate::Counted
        } else {
            Gate::Open
        };
        let is_paused_at_most = now < step.is.delayed_at_most_until(policy);
        let is_paused_at_least = now < step.is.delayed_at_least_until();
        if now < set.earliest(policy) || is_paused_at_least {
            prop_assert_eq!(step.after().gate, Gate::Open);
        } else if is_paused_at_most {
            prop_assert!([Gate::Open, spent].contains(&step.after().gate));
        } else {
            prop_assert_eq!(step.after().gate, spent);
        }
        Ok(())
    });
}

#[test]
fn rule_03_on_demand_readers_need_no_clock() {
    // The gate changes at deadlines only, where a driver publishes it.
    always(cases(Pace::Prompt, on_demand()), |step| {
        if step.is_settled() {
            if step.is.set.is_some() && step.after().deadline.is_some() {
                step.seen();
            }
            prop_assert_eq!(step.after().gate, step.after().gate_later);
        }
        Ok(())
    });
}

#[test]
fn rule_03_on_demand_uses_are_announced_until_they_are_spent() {
    always(cases(Pace::Careless, on_demand()), |step| {
        let Some(set) = step.is.set else { return Ok(()) };
        step.seen();
        let left = step.policy.usages().map_or(0, |usages| usages.saturating_sub(set.used));
        prop_assert_eq!(step.after().usage.map_or(0, |count| count.get()), left);
        Ok(())
    });
}

#[test]
fn rule_03_on_demand_ages_are_fresh_until_the_end_of_the_lifetime() {
    always(cases(Pace::Careless, on_demand()), |step| {
        let Some(set) = step.is.set.filter(|_| step.is.serves(step.now)) else { return Ok(()) };
        step.seen();
        let spent = set.is_spent(step.policy, step.now);
        let age = if spent { Freshness::Stale } else { Freshness::Fresh };
        prop_assert_eq!(step.after().freshness, age);
        Ok(())
    });
}

#[test]
fn rule_03_on_demand_one_who_asks_causes_one_attempt() {
    always(cases(Pace::Prompt, on_demand()), |step| {
        let nobody = step.is.waiting == 0 && !step.is.asked;
        let by_hand = step.is.refresh.is_some() || step.is.reload.is_some();
        if nobody && !by_hand && step.is.failing && step.is.miss.is_none() {
            step.seen();
            prop_assert_eq!(step.after().next_fetch, None);
            let now = step.now < Time::MAX;
            prop_assert!(!now || step.started_automatically().is_none() || step.was.is_asked());
        }
        Ok(())
    });
}
