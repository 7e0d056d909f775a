//! Rule 12: fetch starts in any window never exceed the sum of the causes' budgets.

use std::time::Duration;

use jwks_core::refresh::{Machine, Policy, Reason, Time};
use proptest::prop_assert;

use crate::policies::{any_policy, background};
use crate::script::{Op, Pace, cases};
use crate::world::{always, check, starts};

#[test]
fn rule_12_budget_of_all_causes_together_holds_in_any_window() {
    check(cases(Pace::Prompt, any_policy()), |case| {
        let starts = starts(case)?;
        let count = |wanted: fn(&&Op) -> bool| case.script.iter().filter(wanted).count() as u128;
        let distrusts = count(|op| matches!(op, Op::Distrust));
        let invalidations = count(|op| matches!(op, Op::Invalidate));
        for (first, &(from, _)) in starts.iter().enumerate() {
            for (last, &(to, _)) in starts.iter().enumerate().skip(first) {
                let window = to.saturating_since(from);
                let budget = budget(&case.policy, window, distrusts, invalidations);
                let begun = (last - first + 1) as u128;
                prop_assert!(begun <= budget, "{begun} starts in {window:?}, {budget} allowed");
            }
        }
        Ok(())
    });
}

#[test]
fn rule_12_budget_of_each_cause_holds_in_any_window() {
    check(cases(Pace::Prompt, any_policy()), |case| {
        let starts = starts(case)?;
        let gaps = [
            (Reason::Refresh, Duration::from_secs(1)),
            (Reason::UnknownKid, case.policy.unknown_kid_cooldown()),
        ];
        for (reason, gap) in gaps {
            let times: Vec<_> = starts
                .iter()
                .filter(|start| start.1.reason == reason)
                .map(|start| start.0)
                .collect();
            for pair in times.windows(2) {
                prop_assert!(pair[1].saturating_since(pair[0]) >= gap, "{reason:?} at {pair:?}");
            }
        }
        Ok(())
    });
}

#[test]
fn rule_12_budget_of_automatic_refreshes_is_one_per_min_refresh_interval() {
    always(cases(Pace::Careless, any_policy()), |step| {
        if let (Some(_), Some(set)) = (step.started_automatically(), step.is.set) {
            step.seen();
            prop_assert!(step.now >= set.confirmed_at + step.policy.min_refresh_interval());
        }
        Ok(())
    });
}

#[test]
fn rule_12_budget_of_distrust_is_one_load_per_min_refresh_interval() {
    // However often the wall clock jumps: each set is distrusted as soon as it is loaded.
    check(cases(Pace::Careless, background()), |case| {
        let mut machine = Machine::new(case.policy.clone(), case.seed, Time::ZERO);
        let (mut now, mut loads) = (Time::ZERO, Vec::new());
        for _ in 0..8 {
            if let Some(start) = machine.handle_timeout(now) {
                loads.push(now);
                machine.handle_success(now, start.id, None, false);
                machine.handle_distrust(now);
            }
            now = machine.poll_timeout().map_or(now, |deadline| deadline.at);
        }
        // The first load was no distrust's.
        for pair in loads.windows(2).skip(1) {
            let least = case.policy.min_refresh_interval();
            prop_assert!(pair[1].saturating_since(pair[0]) >= least, "loads at {pair:?}");
        }
        Ok(())
    });
}

/// The most fetches that may begin in a window, both its ends included.
///
/// An invalidation abandons a fetch, which is nobody's failure: where that was an automatic one,
/// the next may begin without a pause, in the budget of the hand.
fn budget(policy: &Policy, window: Duration, distrusts: u128, invalidations: u128) -> u128 {
    let in_window = |gap: Duration| window.as_nanos() / gap.as_nanos().max(1) + 1;
    let automatic = policy.min_refresh_interval().min(policy.retry_initial() / 2);
    let by_distrust = in_window(policy.min_refresh_interval()).min(distrusts);
    let by_hand = in_window(Duration::from_secs(1));
    let abandoned = by_hand.min(invalidations);
    let missed = in_window(policy.unknown_kid_cooldown());
    in_window(automatic) + abandoned + by_distrust + by_hand + missed
}
