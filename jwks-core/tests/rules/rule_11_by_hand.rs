//! Rule 11: `refresh` and `invalidate`.

use std::{cell::Cell, time::Duration};

use jwks_core::refresh::{Freshness, Policy, Reason, Time};
use proptest::{prop_assert, prop_assert_eq};

use crate::calls::{Call, Outcome};
use crate::policies::any_policy;
use crate::script::{Case, Op, Pace, REFRESHES, Reply, Span, cases_with};
use crate::world::{Step, Verdict, always, play};

#[test]
fn rule_11_by_hand_at_most_one_refresh_a_second() {
    always(cases_with(REFRESHES, Pace::Careless, any_policy()), |step| {
        if step.started().is_some_and(|start| start.reason == Reason::Refresh)
            && let Some(last) = step.was.last_by_hand
        {
            step.seen();
            prop_assert!(step.now >= last + SECOND);
        }
        Ok(())
    });
}

#[test]
fn rule_11_by_hand_a_refresh_never_joins_a_fetch_begun_before_it() {
    always(cases_with(REFRESHES, Pace::Prompt, any_policy()), |step| {
        if step.outcome == Outcome::Refresh(Ok(())) && step.was.flight.is_some() {
            step.seen();
            prop_assert!(step.is.refresh.is_some());
        }
        // It stays wanted until a fetch begins, or a Retry-After refuses it.
        let held = step.is.hold_until.is_some_and(|until| until > step.now);
        if step.was.refresh.is_some() && step.started().is_none() && !held && step.now < Time::MAX {
            prop_assert!(step.is.refresh.is_some());
            if step.is.flight.is_none() {
                let limit = step.is.last_by_hand.map_or(step.now, |last| last + SECOND);
                let next = step.after().next_fetch.map(|next| next.at);
                prop_assert!(next.is_some_and(|at| at <= limit.max(step.now)), "{next:?}");
            }
        }
        Ok(())
    });
}

#[test]
fn rule_11_by_hand_it_starts_at_once_despite_our_backoff() {
    always(cases_with(REFRESHES, Pace::Prompt, any_policy()), |step| {
        let wanted = step.is.refresh.is_some() || step.is.reload.is_some();
        if step.is_settled() && wanted && step.is.flight.is_none() {
            step.seen();
            let limit = step.is.last_by_hand.map(|last| last + SECOND).max(step.is.hold_until);
            let next = step.after().next_fetch;
            prop_assert!(next.is_some_and(|next| Some(next.at) <= limit), "not by {limit:?}");
        }
        Ok(())
    });
}

#[test]
fn rule_11_by_hand_passes_caches_by() {
    always(cases_with(REFRESHES, Pace::Careless, any_policy()), |step| {
        if let Some(start) = step.started() {
            let asked = step.was.refresh.is_some() || step.was.reload.is_some();
            let missed = step.was.miss.is_some();
            if asked {
                step.seen();
                prop_assert!(start.no_cache);
            }
            if !asked && !missed {
                prop_assert!(!start.no_cache);
                prop_assert!(start.reason != Reason::Refresh);
            }
        }
        Ok(())
    });
}

#[test]
fn rule_11_by_hand_is_refused_inside_a_retry_after() {
    always(cases_with(REFRESHES, Pace::Careless, any_policy()), refused_inside_a_retry_after);
}

/// The call is the first to bring the time at which the lifetime ends, so a caller who waits is
/// heard: the time has changed something, and the call has not.
#[test]
fn rule_11_by_hand_a_refused_refresh_may_bring_the_end_of_the_lifetime() {
    let second = Duration::from_secs(1);
    let policy = Policy::builder()
        .background_refresh(false)
        .interval(2 * second)
        .usages(1)
        .min_refresh_interval(second)
        .fetch_timeout(second)
        .unknown_kid_cooldown(second)
        .retry(second, second)
        .stale_if_error(11 * second)
        .max_trust(13 * second);
    let retry_after = Some(Span::Sixteenths(9));
    let script = vec![
        Op::Ask,
        Op::Timeout,
        Op::Demand(1),
        Op::Answer(Reply::Success { lifetime: None, validators: false }),
        Op::ToDeadline,
        Op::Miss(1),
        Op::Timeout,
        Op::Answer(Reply::Failure { retry_after }),
        Op::Back(Span::Sixteenths(1)),
        Op::ToDeadline,
        Op::Refresh,
    ];
    let policy = policy.build().unwrap();
    let case = Case { pace: Pace::Careless, policy, script, seed: 0 };
    let seen = Cell::new(0);
    play(&case, &seen, &refused_inside_a_retry_after).unwrap();
    assert_eq!(seen.get(), 1);
}

fn refused_inside_a_retry_after(step: &Step<'_>) -> Verdict {
    if step.call == Call::Refresh {
        let held = step.was.hold_until.filter(|&until| until > step.now);
        prop_assert_eq!(step.outcome, Outcome::Refresh(held.map_or(Ok(()), Err)));
        if held.is_some() {
            step.seen();
            prop_assert_eq!(step.after(), step.before());
        }
    }
    Ok(())
}

#[test]
fn rule_11_by_hand_invalidate_empties_before_it_returns() {
    always(cases_with(REFRESHES, Pace::Careless, any_policy()), |step| {
        if step.call == Call::Invalidate {
            step.seen();
            prop_assert!(!step.after().serving);
            prop_assert_eq!(step.after().freshness, Freshness::Missing);
            prop_assert_eq!(step.after().trust_until, None);
            // A fetch begun earlier publishes nothing: see rule 7, its answer is ignored.
            prop_assert_eq!(step.after().in_flight, None);
        }
        Ok(())
    });
}

#[test]
fn rule_11_by_hand_invalidate_refetches_unconditionally_under_the_same_budget() {
    always(cases_with(REFRESHES, Pace::Prompt, any_policy()), |step| {
        if let Some(start) = step.started()
            && step.was.reload.is_some()
        {
            step.seen();
            prop_assert!(!start.conditional && start.no_cache);
            if let Some(last) = step.was.last_by_hand {
                prop_assert!(step.now >= last + SECOND);
            }
        }
        if step.was.reload.is_some() && step.started().is_none() && step.now < Time::MAX {
            prop_assert!(step.is.reload.is_some());
        }
        Ok(())
    });
}

const SECOND: Duration = Duration::from_secs(1);
