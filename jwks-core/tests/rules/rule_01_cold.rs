//! Rule 1: without a set.

use jwks_core::refresh::{Freshness, Machine, Reason, Time};
use proptest::prelude::any;
use proptest::{prop_assert, prop_assert_eq, prop_assert_ne};

use crate::policies::{any_policy, background, on_demand};
use crate::script::{Pace, cases};
use crate::world::{always, check};

#[test]
fn rule_01_cold_the_first_load_starts_at_once_with_background_refresh_only() {
    check(cases(Pace::Careless, any_policy()), |case| {
        let mut machine = Machine::new(case.policy.clone(), case.seed, Time::ZERO);
        let reason = machine.handle_timeout(Time::ZERO).map(|start| start.reason);
        prop_assert_eq!(reason, case.policy.background_refresh().then_some(Reason::Load));
        Ok(())
    });
}

#[test]
fn rule_01_cold_the_first_load_starts_with_the_first_caller_otherwise() {
    check((cases(Pace::Careless, on_demand()), any::<bool>()), |(case, waits)| {
        let mut machine = Machine::new(case.policy.clone(), case.seed, Time::ZERO);
        if *waits {
            machine.handle_demand(Time::ZERO, 1);
        } else {
            machine.handle_ask(Time::ZERO);
        }
        let reason = machine.handle_timeout(Time::ZERO).map(|start| start.reason);
        prop_assert_eq!(reason, Some(Reason::Load));
        Ok(())
    });
}

#[test]
fn rule_01_cold_background_refresh_loads_and_retries_without_callers() {
    always(cases(Pace::Prompt, background()), |step| {
        if step.is_settled() && step.is.set.is_none() && step.is.flight.is_none() {
            step.seen();
            let limit = step.is.delayed_at_most_until(step.policy);
            let next = step.after().next_fetch.map(|next| next.at);
            prop_assert!(
                next.is_some_and(|at| at > step.now && at <= limit),
                "the next load is at {next:?}, not by {limit:?}"
            );
        }
        Ok(())
    });
}

#[test]
fn rule_01_cold_without_background_refresh_loads_while_callers_wait() {
    always(cases(Pace::Prompt, on_demand()), |step| {
        let is = step.is;
        if step.is_settled() && is.set.is_none() && is.flight.is_none() && is.waiting > 0 {
            step.seen();
            let limit = is.delayed_at_most_until(step.policy);
            let next = step.after().next_fetch.map(|next| next.at);
            prop_assert!(
                next.is_some_and(|at| at > step.now && at <= limit),
                "the next load is at {next:?}, not by {limit:?}"
            );
        }
        Ok(())
    });
}

#[test]
fn rule_01_cold_without_background_refresh_stops_when_nobody_waits() {
    always(cases(Pace::Careless, on_demand()), |step| {
        let is = step.is;
        let wanted = is.is_asked() || is.refresh.is_some() || is.reload.is_some();
        if is.set.is_none() && !wanted {
            step.seen();
            prop_assert_eq!(step.after().next_fetch, None);
        }
        Ok(())
    });
}

#[test]
fn rule_01_cold_no_load_before_the_pauses_end() {
    always(cases(Pace::Careless, any_policy()), |step| {
        if let Some(start) = step.started_automatically()
            && step.is.set.is_none()
        {
            step.seen();
            prop_assert!(matches!(start.reason, Reason::Load | Reason::Retry));
            // The fetch that has just timed out is known to the reference only afterwards.
            prop_assert!(step.now >= step.was.delayed_at_least_until());
        }
        Ok(())
    });
}

#[test]
fn rule_01_cold_callers_are_told_when_the_next_attempt_may_start() {
    always(cases(Pace::Prompt, any_policy()), |step| {
        let next = step.after().next_fetch.filter(|next| next.reason != Reason::Refresh);
        if let Some(next) = next
            && step.is.set.is_none()
        {
            prop_assert_eq!(next.at, step.after().retry_at.max(Time::ZERO));
            step.seen();
        }
        Ok(())
    });
}

#[test]
fn rule_01_cold_nothing_is_served_and_missing_is_not_expired() {
    always(cases(Pace::Careless, any_policy()), |step| {
        if step.is.set.is_none() {
            step.seen();
            prop_assert!(!step.after().serving);
            prop_assert_eq!(step.after().trust_until, None);
            let age = if step.is.expired { Freshness::Expired } else { Freshness::Missing };
            prop_assert_eq!(step.after().freshness, age);
        } else {
            prop_assert_ne!(step.after().freshness, Freshness::Missing);
        }
        Ok(())
    });
}
