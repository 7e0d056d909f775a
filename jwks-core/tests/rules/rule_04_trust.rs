//! Rule 4: failure never removes keys, `max_trust` always does.

use jwks_core::refresh::{Answered, Freshness, Time};
use proptest::{prop_assert, prop_assert_eq};

use crate::calls::{Call, Outcome};
use crate::policies::any_policy;
use crate::script::{Pace, cases};
use crate::world::always;

#[test]
fn rule_04_trust_a_set_serves_exactly_until_its_trust_ends() {
    always(cases(Pace::Careless, any_policy()), |step| {
        prop_assert_eq!(step.after().serving, step.is.serves(step.now));
        prop_assert_eq!(step.after().trust_until, step.is.set.map(|set| set.trust_until));
        if let Some(set) = step.is.set {
            step.seen();
            let hard_end = set.confirmed_at + step.policy.max_trust();
            prop_assert!(set.trust_until <= hard_end);
            let expired = step.now >= set.trust_until;
            prop_assert_eq!(step.after().freshness == Freshness::Expired, expired);
        }
        Ok(())
    });
}

#[test]
fn rule_04_trust_a_failure_removes_nothing() {
    always(cases(Pace::Careless, any_policy()), |step| {
        if step.outcome == Outcome::Answered(Answered::Failed) && step.was.set.is_some() {
            step.seen();
            prop_assert_eq!(step.after().trust_until, step.before().trust_until);
            prop_assert_eq!(step.after().freshness, step.before().freshness);
            prop_assert_eq!(step.after().usage, step.before().usage);
        }
        Ok(())
    });
}

#[test]
fn rule_04_trust_only_an_end_of_trust_or_an_operator_removes_a_set() {
    always(cases(Pace::Careless, any_policy()), |step| {
        if step.before().trust_until.is_some() && step.after().trust_until.is_none() {
            step.seen();
            let over = step.before().trust_until.is_some_and(|end| step.now >= end);
            let by_hand = matches!(step.call, Call::Distrust | Call::Invalidate);
            prop_assert!(by_hand || over && step.call == Call::Timeout);
        }
        Ok(())
    });
}

#[test]
fn rule_04_trust_its_end_is_armed_whatever_else_is_due() {
    always(cases(Pace::Prompt, any_policy()), |step| {
        let end = step.is.set.map(|set| set.trust_until).filter(|&end| end < Time::MAX);
        if let Some(end) = end {
            step.seen();
            prop_assert!(step.after().deadline.is_some_and(|deadline| deadline.at <= end));
            prop_assert!(!step.is_settled() || end > step.now);
        }
        Ok(())
    });
}
