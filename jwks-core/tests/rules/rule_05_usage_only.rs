//! Rule 5: usage only.

use jwks_core::refresh::{Freshness, Reason};
use proptest::{prop_assert, prop_assert_eq};

use crate::policies::usage_only;
use crate::script::{Pace, cases};
use crate::world::always;

#[test]
fn rule_05_usage_only_lives_by_time_as_long_as_it_is_trusted_less_the_stale_window() {
    always(cases(Pace::Careless, usage_only()), |step| {
        let Some(set) = step.is.set.filter(|_| step.is.serves(step.now)) else { return Ok(()) };
        step.seen();
        let trust = step.policy.max_trust();
        let lifetime = trust - step.policy.stale_if_error();
        prop_assert_eq!(step.after().trust_until, Some(set.confirmed_at + trust));
        if step.policy.usages().is_some_and(|usages| set.used < usages) {
            let over = step.now >= set.confirmed_at + lifetime;
            prop_assert_eq!(step.after().freshness == Freshness::Stale, over);
        }
        Ok(())
    });
}

#[test]
fn rule_05_usage_only_is_refreshed_ahead_by_time_like_any_other() {
    always(cases(Pace::Punctual, usage_only()), |step| {
        let policy = step.policy;
        if !policy.background_refresh() || policy.idle_after().is_some() {
            return Ok(());
        }
        let Some(set) = step.was.set else { return Ok(()) };
        let lifetime = policy.max_trust() - policy.stale_if_error();
        let latest = set.confirmed_at + policy.latest_refresh_point(lifetime);
        if step.started().is_some_and(|start| start.reason == Reason::Ahead) {
            step.seen();
            let threshold = policy.threshold_point(lifetime);
            let first = set.first && policy.spread_first_refresh();
            let from = if first { policy.min_refresh_interval() } else { threshold };
            prop_assert!(step.now >= set.confirmed_at + from);
        }
        if step.is_settled() && !step.is.failing && step.is.set.is_some() && step.now >= latest {
            prop_assert!(step.is.flight.is_some());
        }
        Ok(())
    });
}
