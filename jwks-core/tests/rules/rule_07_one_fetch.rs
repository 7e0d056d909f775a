//! Rule 7: one fetch in flight at a time, however many causes.

use std::cell::RefCell;
use std::collections::HashSet;

use jwks_core::refresh::Time;
use proptest::{prop_assert, prop_assert_eq};

use crate::policies::any_policy;
use crate::script::{Pace, cases};
use crate::world::{Call, Outcome, always};

#[test]
fn rule_07_one_fetch_is_in_flight_at_a_time() {
    always(cases(Pace::Careless, any_policy()), |step| {
        if step.started().is_some() {
            step.seen();
            let overdue = |deadline| step.now >= deadline;
            prop_assert!(step.was.flight.is_none_or(|flight| overdue(flight.start.deadline)));
        }
        prop_assert_eq!(step.after.in_flight, step.is.flight.map(|flight| flight.start.id));
        if step.after.in_flight.is_some() {
            prop_assert_eq!(step.after.next_fetch, None);
        }
        Ok(())
    });
}

#[test]
fn rule_07_one_fetch_has_a_name_of_its_own_and_its_own_deadline() {
    let names = RefCell::new(HashSet::new());
    always(cases(Pace::Careless, any_policy()), |step| {
        if step.was.now == Time::ZERO && step.was.last_activity == Time::ZERO {
            let newborn = step.was.flight.is_none() && !step.was.failing && step.was.set.is_none();
            if newborn && step.was.last_by_hand.is_none() {
                names.borrow_mut().clear();
            }
        }
        if let Some(start) = step.started() {
            step.seen();
            prop_assert_eq!(start.deadline, step.now + step.policy.fetch_timeout());
            prop_assert!(names.borrow_mut().insert(start.id), "{:?} again", start.id);
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
            prop_assert!(step.after.deadline.is_some_and(|deadline| deadline.at <= at));
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
        if caller && step.before.in_flight.is_some() {
            step.seen();
            prop_assert_eq!(step.after.in_flight, step.before.in_flight);
        }
        Ok(())
    });
}
