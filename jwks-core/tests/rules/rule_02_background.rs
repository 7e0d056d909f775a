//! Rule 2: background refresh on.

use jwks_core::refresh::{Freshness, Gate, Reason, Time};
use proptest::{prop_assert, prop_assert_eq};

use crate::calls::Call;
use crate::ledger::is_ahead;
use crate::policies::background;
use crate::script::{Pace, cases};
use crate::world::{Verdict, always};

#[test]
fn rule_02_background_a_refresh_is_ahead_after_every_success_for_ever() {
    always(cases(Pace::Prompt, background()), |step| {
        let Some(set) = step.is.set.filter(|_| step.is_settled()) else { return Ok(()) };
        let limit = set.ahead_until(step.policy).max(step.is.delayed_at_most_until(step.policy));
        if step.is.flight.is_none() && limit < Time::MAX {
            step.seen();
            let next = step.after().next_fetch.map(|next| next.at);
            prop_assert!(
                next.is_some_and(|at| at > step.now && at <= limit),
                "the next refresh is at {next:?}, not by {limit:?}"
            );
        }
        Ok(())
    });
}

#[test]
fn rule_02_background_no_refresh_before_the_threshold() {
    always(cases(Pace::Careless, background()), |step| -> Verdict {
        let Some(start) = step.started_automatically() else { return Ok(()) };
        let Some(set) = step.is.set else { return Ok(()) };
        step.seen();
        prop_assert!(is_ahead(start.reason) || start.reason == Reason::Retry);
        prop_assert!(set.may_be_due(step.policy, step.now));
        match start.reason {
            Reason::Ahead => prop_assert!(step.now >= set.ahead_from(step.policy)),
            Reason::AheadByUsage => {
                prop_assert!(step.policy.usage_threshold().is_some_and(|at| set.used >= at));
                prop_assert!(step.now >= set.earliest(step.policy));
            }
            _ => prop_assert!(step.is.failing),
        }
        Ok(())
    });
}

#[test]
fn rule_02_background_usage_starts_one_fetch_at_the_latest_point() {
    always(cases(Pace::Prompt, background()), |step| {
        let Some(set) = step.is.set.filter(|_| step.is_settled()) else { return Ok(()) };
        let spent = step.policy.latest_usage_point().is_some_and(|point| set.used >= point);
        let early = step.now < set.earliest(step.policy);
        if spent && !early && step.now >= step.is.delayed_at_most_until(step.policy) {
            step.seen();
            prop_assert!(step.is.flight.is_some());
        }
        Ok(())
    });
}

#[test]
fn rule_02_background_uses_are_announced_until_the_refresh_ahead() {
    always(cases(Pace::Prompt, background()), |step| {
        let Some(set) = step.is.set else { return Ok(()) };
        let Some(latest) = step.policy.latest_usage_point() else { return Ok(()) };
        if set.used < latest {
            step.seen();
            let announced = step.after().usage.map_or(0, |count| count.get());
            let limit = if set.used < step.policy.usage_threshold().unwrap_or(0) {
                latest - set.used
            } else {
                // The drawn point may be behind us: then the end of the lifetime is announced.
                step.policy.usages().unwrap_or(0) - set.used
            };
            prop_assert!(announced > 0 && announced <= limit, "{announced} of {limit}");
        }
        Ok(())
    });
}

#[test]
fn rule_02_background_uses_past_the_point_do_not_move_it() {
    always(cases(Pace::Careless, background()), |step| {
        let used = matches!(step.call, Call::Usage { missed: 0, .. });
        let due = step.before().next_fetch.filter(|next| next.reason == Reason::AheadByUsage);
        if used && due.is_some() && step.now < Time::MAX {
            step.seen();
            prop_assert_eq!(step.after().next_fetch, due);
        }
        Ok(())
    });
}

#[test]
fn rule_02_background_nobody_ever_waits_for_a_held_key() {
    always(cases(Pace::Careless, background()), |step| {
        if step.is.serves(step.now) {
            step.seen();
        }
        prop_assert_eq!(step.after().gate, Gate::Open);
        prop_assert_eq!(step.after().gate_later, Gate::Open);
        Ok(())
    });
}

#[test]
fn rule_02_background_ages_turn_due_at_the_refresh_ahead_and_stale_at_the_end() {
    always(cases(Pace::Careless, background()), |step| {
        let Some(set) = step.is.set.filter(|_| step.is.serves(step.now)) else { return Ok(()) };
        step.seen();
        let age = step.after().freshness;
        let spent = set.is_spent(step.policy, step.now);
        prop_assert_eq!(age == Freshness::Stale, spent);
        if !spent && set.is_due(step.policy, step.now) {
            prop_assert_eq!(age, Freshness::Due);
        }
        if !spent && !set.may_be_due(step.policy, step.now) {
            prop_assert_eq!(age, Freshness::Fresh);
        }
        Ok(())
    });
}
