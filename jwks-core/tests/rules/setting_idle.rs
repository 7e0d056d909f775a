//! The setting `idle_after`.

use std::num::NonZeroU64;

use jwks_core::refresh::Time;
use proptest::{prop_assert, prop_assert_eq};

use crate::calls::Call;
use crate::policies::background_with_idle;
use crate::script::{Pace, cases};
use crate::world::always;

#[test]
fn idle_pauses_background_refresh_after_two_periods_at_most() {
    always(cases(Pace::Punctual, background_with_idle()), |step| {
        let Some(period) = step.policy.idle_after() else { return Ok(()) };
        let paused = step.is_settled() && step.now >= step.is.last_activity + period + period;
        if paused && !step.was.is_asked() {
            step.seen();
            prop_assert!(step.started_automatically().is_none());
            let by_hand = step.is.refresh.is_some() || step.is.reload.is_some();
            prop_assert!(by_hand || step.after().next_fetch.is_none());
            // The next validation is reported at once.
            prop_assert_eq!(step.after().usage, Some(NonZeroU64::MIN));
        }
        Ok(())
    });
}

#[test]
fn idle_pauses_nothing_within_one_period() {
    always(cases(Pace::Punctual, background_with_idle()), |step| {
        let Some(period) = step.policy.idle_after() else { return Ok(()) };
        let active = step.now < step.is.last_activity + period;
        if active && step.is_settled() && step.is.flight.is_none() {
            step.seen();
            let limit = step.is.delayed_at_most_until(step.policy);
            let point = step.is.set.map_or(Time::ZERO, |set| set.ahead_until(step.policy));
            let next = step.after().next_fetch.map(|next| next.at);
            prop_assert!(next.is_some_and(|at| at <= limit.max(point)), "{next:?}");
        }
        Ok(())
    });
}

#[test]
fn idle_ends_with_the_next_validation() {
    always(cases(Pace::Prompt, background_with_idle()), |step| {
        let woken = match step.call {
            Call::Usage { used, .. } => used > 0,
            Call::Demand(waiting) => waiting > 0,
            Call::Ask => true,
            _ => false,
        };
        if woken && step.is.flight.is_none() && step.now < Time::MAX {
            step.seen();
            let limit = step.is.delayed_at_most_until(step.policy);
            let point = step.is.set.map_or(Time::ZERO, |set| set.ahead_until(step.policy));
            let next = step.after().next_fetch.map(|next| next.at);
            prop_assert!(next.is_some_and(|at| at <= limit.max(point)), "{next:?}");
        }
        Ok(())
    });
}

#[test]
fn idle_leaves_expiry_armed() {
    always(cases(Pace::Punctual, background_with_idle()), |step| {
        let Some(period) = step.policy.idle_after() else { return Ok(()) };
        let Some(set) = step.is.set.filter(|_| step.is_settled()) else { return Ok(()) };
        if step.now >= step.is.last_activity + period + period {
            step.seen();
            prop_assert!(step.after().deadline.is_some_and(|next| next.at <= set.trust_until));
        }
        Ok(())
    });
}

#[test]
fn idle_never_pauses_a_load_that_callers_wait_for() {
    always(cases(Pace::Punctual, background_with_idle()), |step| {
        let waits = step.is.waiting > 0 && step.is.set.is_none() && step.is.flight.is_none();
        if waits && step.is_settled() {
            step.seen();
            let limit = step.is.delayed_at_most_until(step.policy);
            let next = step.after().next_fetch.map(|next| next.at);
            prop_assert!(next.is_some_and(|at| at <= limit), "{next:?}");
        }
        Ok(())
    });
}
