//! Rule 12: any order of calls, and a clock that stands still.

use std::time::Duration;

use jwks_core::refresh::{FetchStart, Machine, Miss, Response, Time};
use proptest::prelude::any;
use proptest::strategy::{Just, Strategy as Any};
use proptest::test_runner::{TestCaseError, TestRunner};
use proptest::{collection, prop_assert, prop_assert_eq, prop_oneof};

use crate::draw::cases;
use crate::play::World;
use crate::policies::any_policy;
use crate::proof;
use crate::reference::look::Look;
use crate::script::{Case, Op, Pace};

#[test]
fn the_same_calls_give_the_same_fetches() {
    check(cases(&[], Pace::Careless, any_policy()), |case| {
        prop_assert_eq!(starts(&case)?, starts(&case)?);
        Ok(())
    });
}

#[test]
fn calls_that_bring_no_news_change_no_fetch() {
    check(cases(&[], Pace::Prompt, any_policy()), |mut case| {
        case.script.retain(|op| !matches!(op, Op::Back(_)));
        let quiet = starts(&case)?;
        let noise = |&op| [op, Op::Timeout, Op::Use(0), Op::Timeout];
        case.script = case.script.iter().flat_map(noise).collect();
        prop_assert_eq!(quiet, starts(&case)?);
        Ok(())
    });
}

#[test]
fn an_earlier_time_is_the_largest_seen() {
    check((any_policy(), calls(), calls()), |(policy, before, after)| {
        let mut machine = Machine::new(policy, 0, Time::ZERO);
        machine.handle_timeout(HOUR);
        before.iter().for_each(|call| call(&mut machine, HOUR));
        let mut behind = machine.clone();
        for call in after {
            call(&mut machine, HOUR);
            call(&mut behind, Time::ZERO);
            prop_assert_eq!(machine.handle_timeout(HOUR), behind.handle_timeout(Time::ZERO));
            prop_assert_eq!(Look::at(&machine, HOUR), Look::at(&behind, Time::ZERO));
        }
        Ok(())
    });
}

#[test]
fn a_clock_that_stands_still_starts_one_fetch_a_cause() {
    check(
        (any_policy(), collection::vec(calls(), 0..12), any::<bool>()),
        |(policy, calls, well)| {
            let burst = policy.unknown_kid_burst() as usize;
            let mut machine = Machine::new(policy, 0, Time::ZERO);
            let mut begun = Vec::new();
            for call in calls.into_iter().flatten() {
                call(&mut machine, Time::ZERO);
                if let Some(start) = machine.handle_timeout(Time::ZERO) {
                    begun.push(start.reason);
                    if well {
                        machine.handle_success(Time::ZERO, start.id, Response::default());
                    } else {
                        machine.handle_failure(Time::ZERO, start.id, Some(Duration::ZERO));
                    }
                }
            }
            // A load, one for the hand, one for the distrust, and the burst of unknown kids.
            prop_assert!(begun.len() <= 3 + burst, "{begun:?}");
            Ok(())
        },
    );
}

fn check<C: std::fmt::Debug>(
    cases: impl Any<Value = C>,
    property: impl Fn(C) -> Result<(), TestCaseError>,
) {
    if let Err(error) = TestRunner::new(proof::draws(250)).run(&cases, property) {
        panic!("{error}");
    }
}

fn starts(case: &Case) -> Result<Vec<(Time, FetchStart)>, TestCaseError> {
    match World::new(case).play_all() {
        Ok(world) => Ok(world.starts),
        Err((broken, _)) => Err(TestCaseError::fail(format!("{broken:?}"))),
    }
}

/// A call that needs no fetch in flight.
type Call = fn(&mut Machine, Time);

fn calls() -> impl Any<Value = Vec<Call>> {
    let call = prop_oneof![
        Just((|machine, now| machine.handle_ask(now)) as Call),
        Just((|machine, now| machine.handle_demand(now, 1)) as Call),
        Just((|machine, now| machine.handle_distrust(now)) as Call),
        Just((|machine, now| machine.handle_invalidate(now)) as Call),
        Just((|machine, now| assert!(machine.handle_refresh(now).is_ok())) as Call),
        Just((|machine, now| machine.handle_miss(now, Miss::Kid)) as Call),
        Just((|machine, now| machine.handle_miss(now, Miss::Kidless)) as Call),
        Just((|machine, now| machine.handle_stale_given(now)) as Call),
        Just((|machine, now| machine.handle_usage(now, u64::MAX)) as Call),
        Just((|machine, now| machine.handle_wall_clock(now, Duration::from_secs(9))) as Call),
    ];
    collection::vec(call, 0..8)
}

const HOUR: Time = Time::from_origin(Duration::from_secs(3600));
