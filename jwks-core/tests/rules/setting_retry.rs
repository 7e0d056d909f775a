//! The setting `retry`, and `Retry-After`.

use jwks_core::refresh::{Answered, Time};
use proptest::{prop_assert, prop_assert_eq};

use crate::calls::{Call, Outcome};
use crate::policies::any_policy;
use crate::script::{Pace, cases};
use crate::world::{always, is_automatic};

#[test]
fn retry_pauses_between_half_and_whole_of_the_doubling_pause() {
    always(cases(Pace::Careless, any_policy()), |step| {
        let failed = step.outcome == Outcome::Answered(Answered::Failed);
        let reason = step.was.flight.map(|flight| flight.start.reason);
        if failed && reason.is_some_and(is_automatic) {
            step.seen();
            prop_assert_eq!(step.after().failures, step.before().failures + 1);
            prop_assert!(step.after().retry_at >= step.is.delayed_at_least_until());
            prop_assert!(step.after().retry_at <= step.is.delayed_at_most_until(step.policy));
        }
        Ok(())
    });
}

#[test]
fn retry_counts_from_the_timeout_as_from_any_other_failure() {
    always(cases(Pace::Careless, any_policy()), |step| {
        let reason = step.was.flight.map(|flight| flight.start.reason);
        let gone =
            step.before().in_flight.is_some() && step.after().in_flight != step.before().in_flight;
        if step.call == Call::Timeout && gone && reason.is_some_and(is_automatic) {
            step.seen();
            prop_assert_eq!(step.after().failures, step.before().failures + 1);
            prop_assert!(step.after().retry_at >= step.is.delayed_at_least_until());
            prop_assert!(step.after().retry_at > step.now || step.now == Time::MAX);
        }
        Ok(())
    });
}

#[test]
fn retry_starts_anew_after_each_success() {
    always(cases(Pace::Careless, any_policy()), |step| {
        if step.outcome == Outcome::Answered(Answered::Confirmed) && step.before().failures > 0 {
            step.seen();
            prop_assert_eq!(step.after().failures, 0);
            prop_assert_eq!(step.after().retry_at, Time::ZERO);
        }
        Ok(())
    });
}

#[test]
fn retry_count_follows_automatic_attempts_only() {
    always(cases(Pace::Careless, any_policy()), |step| {
        if step.after().failures != step.before().failures {
            step.seen();
            let answered = step.was.flight.is_some();
            prop_assert!(answered);
            let more = step.after().failures == step.before().failures + 1;
            let confirmed = step.outcome == Outcome::Answered(Answered::Confirmed);
            prop_assert!(more != confirmed);
        }
        Ok(())
    });
}

#[test]
fn retry_after_holds_every_cause_up_to_its_cap() {
    always(cases(Pace::Careless, any_policy()), |step| {
        let held = step.is.hold_until.filter(|&until| until > step.now);
        if let Some(until) = held {
            step.seen();
            prop_assert!(step.after().retry_at >= until);
            prop_assert!(step.after().unknown_kid_opens_at >= Some(until));
            prop_assert!(step.after().next_fetch.is_none_or(|next| next.at >= until));
            prop_assert_eq!(step.started(), None);
        }
        Ok(())
    });
}

#[test]
fn retry_after_never_shortens_a_pause() {
    always(cases(Pace::Careless, any_policy()), |step| {
        if let Call::Failure { retry_after: Some(_), .. } = step.call
            && step.outcome == Outcome::Answered(Answered::Failed)
        {
            step.seen();
            prop_assert!(step.after().retry_at >= step.before().retry_at);
            prop_assert!(step.after().retry_at >= step.is.delayed_at_least_until());
            prop_assert!(step.is.hold_until >= step.was.hold_until);
        }
        Ok(())
    });
}
