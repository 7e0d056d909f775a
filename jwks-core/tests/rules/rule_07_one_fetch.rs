//! Rule 7: one fetch in flight at a time, however many causes.

use std::collections::HashSet;

use jwks_core::refresh::Time;
use proptest::{prop_assert, prop_assert_eq};

use crate::calls::{Call, Outcome};
use crate::policies::any_policy;
use crate::script::{Pace, cases};
use crate::world::{always, check, starts};

#[test]
fn rule_07_one_fetch_is_in_flight_at_a_time() {
    always(cases(Pace::Careless, any_policy()), |step| {
        if step.started().is_some() {
            step.seen();
            let overdue = |deadline| step.now >= deadline;
            prop_assert!(step.was.flight.is_none_or(|flight| overdue(flight.start.deadline)));
        }
        prop_assert_eq!(step.after().in_flight, step.is.flight.map(|flight| flight.start.id));
        if step.after().in_flight.is_some() {
            prop_assert_eq!(step.after().next_fetch, None);
        }
        Ok(())
    });
}

#[test]
fn rule_07_one_fetch_has_a_name_of_its_own_and_its_own_deadline() {
    check(cases(Pace::Careless, any_policy()), |case| {
        let mut names = HashSet::new();
        for (begun_at, start) in starts(case)? {
            prop_assert!(names.insert(start.id), "{:?} again", start.id);
            prop_assert_eq!(start.deadline, begun_at + case.policy.fetch_timeout());
        }
        Ok(())
    });
}

#[test]
fn rule_07_one_fetch_that_is_never_answered_cannot_wedge_the_machine() {
    always(cases(Pace::Prompt, any_policy()), |step| {
        if let Some(flight) = step.is.flight
            && flight.start.deadline < Time::MAX
        {
            step.seen();
            let at = flight.start.deadline;
            prop_assert!(step.after().deadline.is_some_and(|deadline| deadline.at <= at));
            prop_assert!(!step.is_settled() || at > step.now);
        }
        Ok(())
    });
}

#[test]
fn rule_07_one_fetch_is_answered_once_and_only_in_time() {
    always(cases(Pace::Careless, any_policy()), |step| {
        if let Some(expected) = step.was.expected(step.now, step.call) {
            step.seen();
            prop_assert_eq!(step.outcome, Outcome::Answered(expected));
        }
        Ok(())
    });
}

#[test]
fn rule_07_one_fetch_belongs_to_no_caller() {
    always(cases(Pace::Careless, any_policy()), |step| {
        let caller = matches!(step.call, Call::Ask | Call::Demand(_) | Call::Usage { .. });
        if caller && step.before().in_flight.is_some() {
            step.seen();
            prop_assert_eq!(step.after().in_flight, step.before().in_flight);
        }
        Ok(())
    });
}
