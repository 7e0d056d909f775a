//! Rule 1: a cache comes back within one pause of its issuer.

use std::time::Duration;

use jwks_core::refresh::{Machine, Policy, Time};
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::strategy::Strategy as Any;
use proptest::test_runner::TestRunner;
use proptest::{option, prop_assert};

use crate::play::response;
use crate::policies::{background, on_demand};
use crate::proof;

/// One attempt during the outage.
#[derive(Clone, Copy, Debug)]
enum Outage {
    Fails {
        retry_after: Option<u32>,
    },
    /// Nothing comes; the machine ends it.
    Hangs,
}

#[test]
fn a_cold_cache_comes_back_within_cold_retry_max() {
    comes_back(background(), false, |policy, _| policy.cold_retry_max());
}

#[test]
fn a_cold_cache_on_demand_comes_back_within_cold_retry_max() {
    comes_back(on_demand(), false, |policy, _| policy.cold_retry_max());
}

#[test]
fn a_cache_that_holds_a_set_comes_back_within_one_pause() {
    comes_back(background(), true, |policy, _| policy.retry_max().max(policy.cold_retry_max()));
}

/// However long it failed, and however: once the issuer is well, a set is confirmed within one
/// attempt, one pause (or what a `Retry-After` holds at most), and one attempt more.
fn comes_back(
    policies: impl Any<Value = Policy>,
    held: bool,
    pause: fn(&Policy, &Machine) -> Duration,
) {
    let outages = vec(outage(), 1..16);
    let cases = (policies, any::<u64>(), outages, any::<bool>());
    let result =
        TestRunner::new(proof::draws(300)).run(&cases, |(policy, seed, outages, hangs)| {
            let mut machine = Machine::new(policy.clone(), seed, Time::ZERO);
            machine.handle_demand(Time::ZERO, u64::from(!policy.background_refresh()));
            let mut now = Time::ZERO;
            if held {
                let load = machine.handle_timeout(now).expect("the first load");
                machine.handle_success(now, load.id, response(None, None, false));
            }
            let mut longest_hold = Duration::ZERO;
            for outage in outages {
                let start = next_start(&mut machine, &mut now);
                match outage {
                    Outage::Hangs => now = start.deadline,
                    Outage::Fails { retry_after } => {
                        let asked =
                            retry_after.map(|count| (policy.lifetime() / 16).saturating_mul(count));
                        let cap = if machine.is_serving(now) { HOUR } else { MINUTE };
                        longest_hold = longest_hold.max(asked.unwrap_or_default().min(cap));
                        machine.handle_failure(now, start.id, asked);
                    }
                }
            }
            // From here on the issuer is well; but for the attempt that may be under way.
            if hangs {
                now = next_start(&mut machine, &mut now).deadline;
            }
            machine.handle_timeout(now);
            machine.handle_demand(now, 1);
            let limit = now + pause(&policy, &machine).max(longest_hold);
            let mut at = now;
            next_start(&mut machine, &mut at);
            prop_assert!(at <= limit, "the next attempt is at {at:?}, not by {limit:?}");
            Ok(())
        });
    if let Err(error) = result {
        panic!("{error}");
    }
}

fn next_start(machine: &mut Machine, now: &mut Time) -> jwks_core::refresh::FetchStart {
    for _ in 0..40 {
        if let Some(start) = machine.handle_timeout(*now) {
            return start;
        }
        let deadline = machine.poll_timeout().expect("attempts go on");
        *now = (*now).max(deadline.at);
    }
    panic!("no fetch among forty deadlines");
}

fn outage() -> impl Any<Value = Outage> {
    option::weighted(0.7, option::weighted(0.3, 0_u32..400)).prop_map(|fails| match fails {
        Some(retry_after) => Outage::Fails { retry_after },
        None => Outage::Hangs,
    })
}

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);
