//! Cases drawn at random, played, and saved when one fails.

use jwks_core::refresh::Policy;
use proptest::collection;
use proptest::prelude::any;
use proptest::strategy::Strategy as Any;
use proptest::test_runner::{TestCaseError, TestError, TestRunner};

use crate::play::World;
use crate::proof;
use crate::reference::Broken;
use crate::script::{Case, LONGEST, Menu, Pace, op, places};
use crate::traces::saved;

/// Draws cases, and plays each to its end.
pub(crate) fn always_holds(count: u32, cases: impl Any<Value = Case>) {
    let result = TestRunner::new(proof::draws(count)).run(&cases, |case| {
        World::new(&case).play_all().map(drop).map_err(|(broken, calls)| {
            let Broken { rule, why } = broken;
            let calls: String =
                calls.iter().map(|(at, call)| format!("\n  {at:?} {call:?}")).collect();
            TestCaseError::fail(format!("{rule}\n{why}\nafter{calls}\n"))
        })
    });
    if let Err(error) = result {
        let TestError::Fail(_, case) = &error else { panic!("{error}") };
        panic!("{error}\n{}", saved("model", &World::new(case).recording()));
    }
}

/// Scripts in which all of it happens, and some of it more often.
pub(crate) fn cases(
    more: Menu,
    pace: Pace,
    policies: impl Any<Value = Policy>,
) -> impl Any<Value = Case> {
    let script = collection::vec((0..places(more), any::<u32>()), 1..LONGEST);
    let choices = (any::<u64>(), any::<bool>());
    (policies, script, choices).prop_map(move |(policy, script, (seed, wall))| {
        let script = script.into_iter().map(|(place, dice)| op(more, place, dice)).collect();
        Case { pace, policy, script, seed, wall }
    })
}
