//! Rule 9: a 304 confirms.

use jwks_core::refresh::Answered;
use proptest::{prop_assert, prop_assert_eq};

use crate::calls::{Call, Outcome};
use crate::policies::any_policy;
use crate::script::{NOT_MODIFIED, Pace, cases_with};
use crate::world::always;

#[test]
fn rule_09_not_modified_confirms_for_max_trust_and_its_lifetime_replaces_the_old() {
    always(cases_with(NOT_MODIFIED, Pace::Careless, any_policy()), |step| {
        let Call::NotModified { lifetime, .. } = step.call else { return Ok(()) };
        if step.outcome == Outcome::Answered(Answered::Confirmed) {
            step.seen();
            let lifetime = step.policy.lifetime_for(lifetime);
            let trust = lifetime.saturating_add(step.policy.stale_if_error());
            let trust = trust.min(step.policy.max_trust());
            prop_assert_eq!(step.after().trust_until, Some(step.now + trust));
            prop_assert!(step.after().serving);
        }
        Ok(())
    });
}

#[test]
fn rule_09_not_modified_counts_uses_anew() {
    always(cases_with(NOT_MODIFIED, Pace::Careless, any_policy()), |step| {
        let confirmed = step.outcome == Outcome::Answered(Answered::Confirmed);
        let (Some(usages), true) = (step.policy.usages(), confirmed) else { return Ok(()) };
        if step.policy.idle_after().is_none() {
            step.seen();
            let least = step.policy.usage_threshold().filter(|_| step.policy.background_refresh());
            let announced = step.after().usage.map_or(0, |count| count.get());
            prop_assert!(announced >= least.unwrap_or(usages) && announced <= usages);
        }
        Ok(())
    });
}

#[test]
fn rule_09_not_modified_is_asked_for_only_with_validators_of_the_held_set() {
    always(cases_with(NOT_MODIFIED, Pace::Careless, any_policy()), |step| {
        if let Some(start) = step.started() {
            let held = step.is.set.is_some_and(|set| set.validators);
            prop_assert_eq!(start.conditional, held);
            if held {
                step.seen();
            }
        }
        Ok(())
    });
}

#[test]
fn rule_09_not_modified_without_set_or_validators_is_a_failure() {
    always(cases_with(NOT_MODIFIED, Pace::Careless, any_policy()), |step| {
        let (Call::NotModified { .. }, Some(flight)) = (step.call, step.was.flight) else {
            return Ok(());
        };
        let awaited = step.outcome != Outcome::Answered(Answered::Ignored);
        let held = step.was.serves(step.now);
        if awaited && (!held || !flight.start.conditional) {
            step.seen();
            prop_assert_eq!(step.outcome, Outcome::Answered(Answered::Failed));
            prop_assert_eq!(step.after().serving, held);
            // The next attempt is unconditional: a set that is held still has no validators.
            prop_assert!(!held || step.is.set.is_some_and(|set| !set.validators));
        }
        Ok(())
    });
}
