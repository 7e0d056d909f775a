//! Tokens that name a kid which the held set lacks.

use jwks_core::cache::{ErrorKind, Policy};
use jwks_core::refresh::{PolicyBuilder, Reason};

use crate::clocks::{ms, secs};
use crate::issuer::{Issuer, Mode};
use crate::world::World;

fn policy() -> PolicyBuilder {
    Policy::builder().jitter(0.0).unknown_kid_cooldown(secs(2)).fetch_timeout(secs(3))
}

fn loaded(policy: PolicyBuilder) -> World {
    let mut world = World::new(policy.build().unwrap(), Issuer::new());
    world.run_to(secs(1));
    world
}

#[test]
fn a_thousand_strangers_cause_one_fetch_per_cooldown() {
    for background in [true, false] {
        let policy =
            policy().background_refresh(background).interval(secs(3600)).max_trust(secs(9000));
        let mut world = World::new(policy.build().unwrap(), Issuer::new());
        world.read("a").unwrap_err();
        world.run_to(secs(1));
        let mut strangers = Vec::new();
        for n in 0..1000_u32 {
            world.run_to(secs(1) + ms(5) * n);
            if n % 3 == 0 {
                world.read(&format!("x{n}")).unwrap_err();
            } else {
                strangers.push(world.call(&format!("x{n}"), secs(5)));
            }
            let valid = world.call("a", secs(5));
            assert!(world.done(valid), "a valid caller waited");
            world.outcome(valid).as_ref().unwrap();
            world.settle();
        }
        world.run_to(secs(20));
        let starts: Vec<_> =
            world.sent.iter().filter(|s| s.reason == Reason::UnknownKid).map(|s| s.at).collect();
        assert_eq!(starts, [secs(1), secs(3), secs(5)]);
        assert!(world.sent[1..].iter().all(|sent| sent.no_cache));
        for caller in strangers {
            let error = world.outcome(caller).as_ref().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnknownKid);
            assert!(!error.is_retryable());
            assert!(world.waited(caller) <= ms(200));
        }
        assert_eq!(world.cache.status().misses, 1000);
        assert_eq!(world.count(Reason::Ahead), 0);
    }
}

#[test]
fn a_rotated_key_is_found() {
    let mut world = loaded(policy());
    world.issuer.kids = vec!["b", "c"];
    let callers: Vec<_> = (0..10).map(|_| world.call("c", secs(5))).collect();
    world.run_for(secs(1));
    for caller in callers {
        assert_eq!(world.outcome(caller).as_ref().unwrap(), "c");
        assert_eq!(world.waited(caller), ms(200));
    }
    assert_eq!(world.sent.len(), 2);
}

#[test]
fn in_the_cooldown_the_answer_comes_at_once_and_wakes_nobody() {
    let mut world = loaded(policy());
    world.call("x", secs(5));
    world.run_for(ms(200));
    let wakes = world.driver_wakes();
    let retry_at = world.wall.now() + ms(1800);
    for _ in 0..100 {
        let caller = world.call("y", secs(5));
        assert_eq!(world.outcome(caller).as_ref().unwrap_err().retry_at(), Some(retry_at));
        assert_eq!(world.read("y").unwrap_err().retry_at(), Some(retry_at));
    }
    assert_eq!(world.driver_wakes(), wakes);
    // The cooldown's end is a deadline: the next stranger is heard.
    world.run_to(secs(3));
    let caller = world.call("y", secs(5));
    assert!(!world.done(caller));
    world.settle();
    assert_eq!(world.sent.len(), 3);
}

#[test]
fn the_cooldown_counts_from_the_attempt_even_a_failed_one() {
    let mut world = loaded(policy());
    world.issuer.mode = Mode::Unreachable;
    let caller = world.call("c", secs(5));
    world.run_for(ms(200));
    let error = world.outcome(caller).as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownKid);
    assert!(error.is_retryable(), "nobody knows whether the kid is known");
    assert!(error.last_failure().unwrap().is_connect());
    assert_eq!(error.retry_at(), Some(world.wall.now() + ms(1800)));
    let caller = world.call("c", secs(5));
    let error = world.outcome(caller).as_ref().unwrap_err();
    assert!(error.is_retryable() && error.last_failure().unwrap().is_connect());
    // It does not lengthen the automatic pauses.
    assert_eq!(world.cache.status().failures_in_a_row, 0);
}

#[test]
fn a_miss_waits_for_the_fetch_in_flight_and_then_causes_one() {
    let mut world = loaded(policy());
    world.issuer.latency = secs(1);
    world.refresh();
    world.run_for(ms(500));
    let found = world.call("c", secs(5));
    world.run_for(ms(400));
    // The answer on its way was made before this.
    world.issuer.kids.push("c");
    world.run_for(ms(100));
    assert!(!world.done(found));
    world.run_for(secs(1));
    assert_eq!(world.outcome(found).as_ref().unwrap(), "c");
    let reasons: Vec<_> = world.sent[1..].iter().map(|sent| sent.reason).collect();
    assert_eq!(reasons, [Reason::Refresh, Reason::UnknownKid]);
}

#[test]
fn a_fetch_begun_after_the_caller_came_is_his_answer() {
    let mut world = loaded(policy());
    world.issuer.latency = secs(1);
    world.refresh();
    world.run_for(ms(500));
    let caller = world.call("x", secs(5));
    let again = world.refresh();
    world.run_for(ms(1500));
    // The second refresh began after he came: no third fetch.
    assert_eq!(world.outcome(caller).as_ref().unwrap_err().kind(), ErrorKind::UnknownKid);
    world.outcome(again).as_ref().unwrap();
    assert_eq!(world.sent.len(), 3);
}

#[test]
fn a_cold_load_that_lacks_the_kid_is_the_answer() {
    for background in [true, false] {
        let policy = policy().background_refresh(background);
        let mut world = World::new(policy.build().unwrap(), Issuer::new());
        let callers: Vec<_> = (0..10).map(|_| world.call("x", secs(5))).collect();
        world.run_to(secs(5));
        for caller in callers {
            let error = world.outcome(caller).as_ref().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnknownKid);
            assert!(!error.is_retryable());
            assert_eq!(world.waited(caller), ms(200));
        }
        assert_eq!(world.sent.len(), 1);
    }
}

#[test]
fn a_caller_at_the_instant_of_a_refresh_ahead_gets_one_that_passes_caches_by() {
    let mut world = loaded(policy().interval(secs(10)));
    world.run_to(ms(8_199));
    assert_eq!(world.sent.len(), 1);
    world.run_to(ms(8_199));
    // Both fall on one instant; the world lets the caller come first.
    world.now = ms(8_200);
    world.wall.forward(ms(1));
    let caller = world.call("c", secs(5));
    world.settle();
    assert_eq!(world.sent.len(), 2);
    assert!(world.sent[1].no_cache, "a cache on the way may hold the old set");
    world.run_for(secs(1));
    world.outcome(caller).as_ref().unwrap_err();
    assert_eq!(world.sent.len(), 2);
}

#[test]
fn budgets_end_while_the_fetch_runs() {
    let mut world = loaded(policy());
    world.issuer.mode = Mode::Silent;
    let callers = [ms(0), ms(1), ms(2999)].map(|budget| (budget, world.call("x", budget)));
    let patient = world.call("x", secs(60));
    world.run_for(secs(5));
    for (budget, caller) in callers {
        let error = world.outcome(caller).as_ref().unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::UnknownKid, true));
        assert_eq!(world.waited(caller), budget);
    }
    assert!(world.outcome(patient).as_ref().unwrap_err().last_failure().unwrap().is_timeout());
    assert_eq!(world.waited(patient), secs(3));
}

/// A caller who asked in vain is told `retryable`: his token may pass in a moment.
#[test]
fn a_read_that_misses_asks_once() {
    let mut world = loaded(policy());
    world.issuer.kids.push("c");
    let wakes = world.driver_wakes();
    for _ in 0..100 {
        assert!(world.read("c").unwrap_err().is_retryable());
    }
    assert_eq!(world.driver_wakes(), wakes + 1);
    world.run_for(ms(200));
    world.read("c").unwrap();
    assert_eq!(world.sent.len(), 2);
}

#[test]
fn in_the_cooldown_a_miss_waits_for_the_fetch_in_flight() {
    let mut world = loaded(policy());
    world.call("x", secs(5));
    world.run_for(ms(300));
    world.issuer.kids.push("c");
    world.refresh();
    world.run_for(ms(100));
    let callers = [world.call("c", secs(5)), world.call("y", secs(5))];
    world.run_for(ms(100));
    assert_eq!(world.outcome(callers[0]).as_ref().unwrap(), "c");
    let error = world.outcome(callers[1]).as_ref().unwrap_err();
    assert!(!error.is_retryable() && error.retry_at().is_some());
    assert_eq!(world.sent.len(), 3);
}

#[test]
fn a_miss_that_waited_for_a_fetch_in_vain_shares_its_failure() {
    let mut world = loaded(policy());
    world.issuer.mode = Mode::Unreachable;
    world.refresh();
    world.run_for(ms(100));
    let caller = world.call("c", secs(5));
    world.run_for(secs(1));
    assert!(world.outcome(caller).as_ref().unwrap_err().last_failure().unwrap().is_connect());
    assert_eq!((world.waited(caller), world.sent.len()), (ms(100), 2));
}

#[test]
fn a_miss_in_a_set_that_has_been_replaced_causes_nothing() {
    let mut world = loaded(policy());
    world.refresh();
    world.run_for(ms(100));
    world.read("c").unwrap_err();
    world.run_for(secs(10));
    assert_eq!(world.sent.len(), 2);
}

/// Both fall on one instant: there is no set any more that could lack the kid.
#[test]
fn a_fetch_that_fails_as_the_set_expires_leaves_the_caller_waiting_for_keys() {
    let policy = policy().background_refresh(false).interval(secs(10)).stale_if_error(secs(20));
    let mut world = World::new(policy.build().unwrap(), Issuer::new());
    world.read("a").unwrap_err();
    world.run_to(secs(29) + ms(200));
    world.issuer.mode = Mode::Unreachable;
    world.issuer.latency = secs(1);
    let caller = world.call("c", secs(20));
    world.run_to(secs(30) + ms(200));
    assert!(!world.done(caller), "{:?}", world.outcome(caller));
    world.issuer.mode = Mode::Up;
    world.issuer.kids.push("c");
    world.run_for(secs(10));
    world.outcome(caller).as_ref().unwrap();
}
