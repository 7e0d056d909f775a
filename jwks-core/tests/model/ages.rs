//! Rule 13: a service behind caches that give any `Age` keeps serving.

use std::time::Duration;

use jwks_core::refresh::{FetchStart, Freshness, Machine, Policy, Time};
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::strategy::Strategy as Any;
use proptest::test_runner::TestRunner;
use proptest::{option, prop_assert, prop_assert_eq};

use crate::play::response;
use crate::policies::background;
use crate::proof;
use crate::reference::span::just_before;

/// How one fetch goes: what part of its time it takes, and what the answer says.
#[derive(Clone, Copy, Debug)]
struct Fetch {
    /// 255: it ends just before its deadline.
    slow: u8,
    age: Option<u32>,
    lifetime: Option<u32>,
    /// How many uses happen until the next one.
    uses: u16,
}

#[test]
fn a_service_behind_any_age_keeps_serving() {
    let policies = background().prop_filter("room for attempts", |policy| {
        policy.max_trust() >= policy.fetch_timeout().saturating_mul(6)
    });
    let cases = (policies, any::<u64>(), vec(fetches(), 1..24));
    let result = TestRunner::new(proof::draws(500)).run(&cases, |(policy, seed, fetches)| {
        let mut machine = Machine::new(policy.clone(), seed, Time::ZERO);
        let mut served_until = Time::ZERO;
        for (place, fetch) in fetches.into_iter().enumerate() {
            let (now, start) = next_start(&mut machine, served_until)?;
            let end = now + policy.fetch_timeout().mul_f64(f64::from(fetch.slow) / 256.0);
            let end = if fetch.slow == 255 { just_before(start.deadline) } else { end };
            served_until = sleep(&mut machine, now, end);
            prop_assert!(place == 0 || machine.is_serving(served_until), "withheld at {end:?}");
            answer(&mut machine, &policy, end, start, fetch);
            prop_assert_eq!(machine.failures(), 0);
            machine.handle_usage(end, u64::from(fetch.uses));
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// The next fetch, at its time; until then a set serves, if there has been one.
fn next_start(
    machine: &mut Machine,
    mut now: Time,
) -> Result<(Time, FetchStart), proptest::test_runner::TestCaseError> {
    for _ in 0..20 {
        if let Some(start) = machine.handle_timeout(now) {
            return Ok((now, start));
        }
        let cold = machine.freshness(now) == Freshness::Missing;
        prop_assert!(cold || machine.is_serving(now), "withheld at {now:?}");
        now = machine.poll_timeout().expect("background refresh goes on for ever").at;
    }
    panic!("no fetch among twenty deadlines");
}

/// Through the deadlines on the way, as a punctual driver.
fn sleep(machine: &mut Machine, mut now: Time, until: Time) -> Time {
    while let Some(deadline) = machine.poll_timeout().filter(|next| next.at < until) {
        now = deadline.at;
        assert_eq!(machine.handle_timeout(now), None, "a fetch beside another");
    }
    now.max(until)
}

fn answer(machine: &mut Machine, policy: &Policy, now: Time, start: FetchStart, fetch: Fetch) {
    let part = |sixteenths: u32, whole: Duration| (whole / 16).saturating_mul(sixteenths);
    let age = fetch.age.map(|age| part(age, policy.max_trust()));
    let lifetime = fetch.lifetime.map(|lifetime| part(lifetime, policy.lifetime()));
    let response = response(lifetime, age, true);
    if start.conditional {
        machine.handle_not_modified(now, start.id, response);
    } else {
        machine.handle_success(now, start.id, response);
    }
}

fn fetches() -> impl Any<Value = Fetch> {
    (any::<u8>(), option::of(0_u32..40), option::of(0_u32..40), 0_u16..12)
        .prop_map(|(slow, age, lifetime, uses)| Fetch { slow, age, lifetime, uses })
}
