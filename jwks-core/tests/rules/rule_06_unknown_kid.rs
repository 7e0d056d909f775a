//! Rule 6: unknown kids.

use jwks_core::refresh::{Answered, Reason, Time};
use proptest::{prop_assert, prop_assert_eq};

use crate::calls::{Call, Outcome};
use crate::policies::{any_policy, background, on_demand};
use crate::script::{MISSES, Pace, cases_with};
use crate::world::{Step, always};

#[test]
fn rule_06_unknown_kid_causes_one_fetch_at_once() {
    always(cases_with(MISSES, Pace::Prompt, any_policy()), |step| {
        if let Some(asked_at) = step.is.miss
            && step.is_settled()
        {
            return Err(proptest::test_runner::TestCaseError::fail(format!(
                "nothing is fetched for the miss of {asked_at:?}"
            )));
        }
        if step.started().is_some_and(|start| start.reason == Reason::UnknownKid) {
            step.seen();
            prop_assert!(step.was.miss.is_some(), "one miss caused two fetches, or none did");
            prop_assert!(step.started().is_some_and(|start| start.no_cache));
        }
        Ok(())
    });
}

#[test]
fn rule_06_unknown_kid_costs_one_attempt_a_cooldown_successful_or_not() {
    always(cases_with(MISSES, Pace::Careless, any_policy()), |step| {
        if step.started().is_some_and(|start| start.reason == Reason::UnknownKid)
            && let Some(last) = step.was.last_miss
        {
            step.seen();
            prop_assert!(step.now >= last + step.policy.unknown_kid_cooldown());
        }
        Ok(())
    });
}

#[test]
fn rule_06_unknown_kid_is_answered_at_once_inside_the_cooldown() {
    always(cases_with(MISSES, Pace::Prompt, any_policy()), |step| {
        let opens_at = step.is.miss_opens_at(step.policy);
        let closed = (opens_at > step.now).then_some(opens_at);
        prop_assert_eq!(step.after().unknown_kid_opens_at, closed);
        if closed.is_some() && step.is_settled() && opens_at < Time::MAX {
            step.seen();
            // The driver publishes the flag, and takes it back in time.
            prop_assert!(step.after().deadline.is_some_and(|deadline| deadline.at <= opens_at));
        }
        Ok(())
    });
}

#[test]
fn rule_06_unknown_kid_causes_nothing_cold_in_the_cooldown_or_during_a_fetch() {
    always(cases_with(MISSES, Pace::Careless, any_policy()), |step| {
        let Call::Usage { used: 0, missed: 1.. } = step.call else { return Ok(()) };
        let was = step.was;
        let closed = was.miss_opens_at(step.policy) > step.now;
        if was.miss.is_none() && (closed || was.set.is_none() || was.flight.is_some()) {
            step.seen();
            let reason = step.after().next_fetch.map(|next| next.reason);
            prop_assert!(reason != Some(Reason::UnknownKid));
        }
        Ok(())
    });
}

#[test]
fn rule_06_unknown_kid_that_fails_never_advances_the_backoff() {
    always(cases_with(MISSES, Pace::Prompt, any_policy()), |step| {
        if let Some(reason) = failed_for(step)
            && reason == Reason::UnknownKid
            && step.was.flight.is_some_and(|flight| !may_be_automatic(step, flight.began_at))
        {
            step.seen();
            prop_assert_eq!(step.after().failures, step.before().failures);
        }
        Ok(())
    });
}

#[test]
fn rule_06_unknown_kid_delays_another_cause_by_no_more_than_its_fetch() {
    always(cases_with(MISSES, Pace::Prompt, background()), |step| {
        // Once it has failed without a Retry-After, whatever else is due is due at once.
        let without = matches!(step.call, Call::Failure { retry_after: None, .. });
        if failed_for(step) == Some(Reason::UnknownKid) && without {
            let Some(set) = step.is.set else { return Ok(()) };
            let limit = step.is.delayed_at_most_until(step.policy).max(step.now);
            if set.is_due(step.policy, step.now) {
                step.seen();
                prop_assert!(step.after().next_fetch.is_some_and(|next| next.at <= limit));
            }
        }
        Ok(())
    });
}

#[test]
fn rule_06_unknown_kid_closes_no_gate() {
    always(cases_with(MISSES, Pace::Prompt, on_demand()), |step| {
        if matches!(step.call, Call::Usage { used: 0, missed: 1.. }) {
            step.seen();
            prop_assert_eq!(step.after().gate, step.before().gate);
            prop_assert_eq!(step.after().usage, step.before().usage);
        }
        Ok(())
    });
}

/// Why the fetch began that has just failed.
fn failed_for(step: &Step<'_>) -> Option<Reason> {
    let failed = step.outcome == Outcome::Answered(Answered::Failed);
    step.was.flight.filter(|_| failed).map(|flight| flight.start.reason)
}

/// Whether the machine may have had a cause of its own when this fetch began.
fn may_be_automatic(step: &Step<'_>, began_at: Time) -> bool {
    step.was.set.is_none_or(|set| {
        let spent = set.is_spent(step.policy, step.now);
        let ahead = step.policy.background_refresh() && set.may_be_due(step.policy, began_at);
        spent || ahead
    })
}
