//! Rule 12: any order of calls, any clock.

use std::time::Duration;

use jwks_core::refresh::{Machine, Time};
use proptest::collection::vec;
use proptest::strategy::Strategy as Any;
use proptest::{prop_assert, prop_assert_eq, sample};

use crate::calls::{Call, Look, Outcome, look, put};
use crate::policies::any_policy;
use crate::script::{Op, Pace, cases};
use crate::world::{always, check, starts, trace};

#[test]
fn rule_12_any_order_nothing_is_due_after_handle_timeout() {
    always(cases(Pace::Careless, any_policy()), |step| {
        if step.call == Call::Timeout {
            step.seen();
            prop_assert!(step.after().deadline.is_none_or(|deadline| deadline.at > step.now));
            prop_assert!(step.after().deadline.is_none_or(|deadline| deadline.at < Time::MAX));
        }
        Ok(())
    });
}

#[test]
fn rule_12_any_order_a_fetch_starts_only_when_it_was_due() {
    always(cases(Pace::Careless, any_policy()), |step| {
        if step.started().is_some() {
            step.seen();
            prop_assert!(step.before().deadline.is_some_and(|deadline| deadline.at <= step.now));
        }
        Ok(())
    });
}

#[test]
fn rule_12_any_order_the_next_fetch_is_a_deadline_with_its_reason() {
    always(cases(Pace::Prompt, any_policy()), |step| {
        let (deadline, next) = (step.after().deadline, step.after().next_fetch);
        if let Some(next) = next.filter(|next| next.at.max(step.now) < Time::MAX) {
            step.seen();
            prop_assert!(deadline.is_some_and(|deadline| deadline.at <= next.at));
        }
        if let Some(start) = step.started()
            && step.before().in_flight.is_none()
            && step.policy.idle_after().is_none()
            && step.before().trust_until == step.after().trust_until
            && let Some(next) = step.before().next_fetch
        {
            prop_assert!(next.at <= step.now || step.was.is_asked());
            prop_assert!(next.reason == start.reason || step.was.is_asked());
        }
        Ok(())
    });
}

#[test]
fn rule_12_any_order_old_and_repeated_answers_change_nothing() {
    always(cases(Pace::Careless, any_policy()), |step| {
        let answered = matches!(step.outcome, Outcome::Answered(_));
        let awaited = step.was.flight.is_some_and(|flight| match step.call {
            Call::Failure { id, .. } | Call::NotModified { id, .. } | Call::Success { id, .. } => {
                id == flight.start.id && step.now < flight.start.deadline
            }
            _ => false,
        });
        if answered && !awaited {
            step.seen();
            let kept = |look: Look| (look.in_flight, look.failures, look.trust_until, look.usage);
            prop_assert_eq!(kept(step.after()), kept(step.before()));
            // Where it brought no news of the time either, nothing at all has changed.
            if step.now == step.was.now {
                prop_assert_eq!(step.after(), step.before());
            }
        }
        Ok(())
    });
}

#[test]
fn rule_12_any_order_a_clock_that_stands_still_starts_one_fetch_a_cause_at_most() {
    check((any_policy(), vec(any_call(), 0..100)), |(policy, calls)| {
        let mut machine = Machine::new(policy.clone(), 0, Time::ZERO);
        let mut starts = Vec::new();
        for &call in calls {
            put(&mut machine, Time::ZERO, call);
            if let Some(start) = machine.handle_timeout(Time::ZERO) {
                starts.push(start.reason);
                if calls.len() % 2 == 0 {
                    machine.handle_success(Time::ZERO, start.id, None, true);
                } else {
                    machine.handle_failure(Time::ZERO, start.id, Some(Duration::ZERO));
                }
            }
        }
        // A load of its own, and one for each of: the hand, the unknown kid, the distrust.
        prop_assert!(starts.len() <= 4, "{starts:?}");
        Ok(())
    });
}

#[test]
fn rule_12_any_order_spurious_calls_change_nothing() {
    check(cases(Pace::Prompt, any_policy()), |case| {
        let mut quiet = case.clone();
        quiet.script.retain(|op| !matches!(op, Op::Back(_)));
        let mut noisy = quiet.clone();
        let with_noise = |&op| [op, Op::Timeout, Op::Use(0), Op::Timeout];
        noisy.script = quiet.script.iter().flat_map(with_noise).collect();
        prop_assert_eq!(starts(&quiet)?, starts(&noisy)?);
        Ok(())
    });
}

#[test]
fn rule_12_any_order_the_same_calls_give_the_same_trace() {
    check(cases(Pace::Careless, any_policy()), |case| {
        prop_assert_eq!(trace(case)?, trace(case)?);
        Ok(())
    });
}

#[test]
fn rule_12_any_order_time_never_runs_backward() {
    check((cases(Pace::Careless, any_policy()), any_call(), any_call()), |(case, one, two)| {
        // To be told an earlier time is to be told the largest one seen, once more.
        let mut machine = Machine::new(case.policy.clone(), case.seed, Time::ZERO);
        machine.handle_timeout(HOUR);
        put(&mut machine, HOUR, *one);
        let mut behind = machine.clone();
        prop_assert_eq!(put(&mut machine, HOUR, *two), put(&mut behind, Time::ZERO, *two));
        prop_assert_eq!(machine.handle_timeout(HOUR), behind.handle_timeout(Time::ZERO));
        prop_assert_eq!(look(&machine, HOUR), look(&behind, Time::ZERO));
        Ok(())
    });
}

/// A call that needs no fetch.
fn any_call() -> impl Any<Value = Call> {
    sample::select(vec![
        Call::Ask,
        Call::Demand(1),
        Call::Distrust,
        Call::Invalidate,
        Call::Refresh,
        Call::Usage { used: 0, missed: 1 },
        Call::Usage { used: u64::MAX, missed: 0 },
    ])
}

const HOUR: Time = Time::from_origin(Duration::from_secs(3600));
