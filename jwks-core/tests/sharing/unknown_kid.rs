//! Tokens that name a kid which the held set lacks.

use jwks_core::cache::{ErrorKind, Event, EventKind, Policy};
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
fn a_thousand_strangers_fetch_within_the_budget_and_make_nobody_else_wait() {
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
        // A burst of three, then one each cooldown: the last for those who came after the one
        // before it.
        assert_eq!(starts, [ms(1000), ms(1200), ms(1400), secs(3), secs(5), secs(7)]);
        assert!(world.sent[1..].iter().all(|sent| sent.no_cache));
        for caller in strangers {
            let error = world.outcome(caller).as_ref().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnknownKid);
            assert!(error.is_undecided() || !error.is_retryable());
        }
        assert_eq!(world.cache.status().misses, 1000);
        assert_eq!(world.count(Reason::Ahead), 0);
        let told = |event: &&Event| matches!(event.kind(), EventKind::UnknownKid { .. });
        assert_eq!(world.events.lock().unwrap().iter().filter(told).count(), starts.len());
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
fn the_cooldown_counts_from_the_attempt_even_a_failed_one() {
    let mut world = loaded(policy().unknown_kid_burst(1));
    let planned = world.cache.status().next_refresh_at;
    world.issuer.mode = Mode::Unreachable;
    let caller = world.call("c", secs(5));
    world.run_for(ms(200));
    let retry_at = Some(world.wall.now() + ms(1800));
    let error = world.outcome(caller).as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownKid);
    assert!(error.is_retryable() && !error.is_undecided(), "the issuer could not be asked");
    assert!(error.last_failure().unwrap().is_connect());
    assert_eq!(error.retry_at(), retry_at);
    let caller = world.call("c", secs(1));
    let error = world.outcome(caller).as_ref().unwrap_err();
    assert!(error.is_undecided() && error.retry_at() == retry_at);
    // It is counted, and does not change when the next automatic attempt is made.
    assert_eq!(world.cache.status().failures_in_a_row, 1);
    assert_eq!(world.cache.status().next_refresh_at, planned);
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
fn a_cold_load_is_the_answer_if_it_began_after_the_caller_came() {
    for background in [true, false] {
        let policy = policy().background_refresh(background);
        let mut world = World::new(policy.build().unwrap(), Issuer::new());
        let callers: Vec<_> = (0..10).map(|_| world.call("x", secs(5))).collect();
        let rotated = world.call("c", secs(5));
        world.run_to(ms(100));
        // What is on its way was sent before this.
        world.issuer.kids.push("c");
        world.run_to(secs(5));
        // With background refresh the load began when the cache was built.
        let fetches = if background { 2 } else { 1 };
        for caller in callers {
            let error = world.outcome(caller).as_ref().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnknownKid);
            assert!(!error.is_retryable());
            assert_eq!(world.waited(caller), ms(200) * fetches);
            assert_eq!(world.callers[caller].wakes(), 1, "carried all the way");
        }
        assert_eq!(world.outcome(rotated).is_ok(), background);
        assert_eq!(world.sent.len(), fetches as usize);
    }
}

#[test]
fn a_caller_at_the_instant_of_a_refresh_ahead_gets_one_that_passes_caches_by() {
    let mut world = loaded(policy().interval(secs(10)));
    world.run_to(ms(8_199));
    assert_eq!(world.sent.len(), 1);
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
    let (came, ends_at) = (world.wall.now(), world.wall.now() + secs(3));
    world.run_for(secs(5));
    for (budget, caller) in callers {
        let error = world.outcome(caller).as_ref().unwrap_err();
        assert_eq!((error.kind(), error.is_undecided()), (ErrorKind::UnknownKid, true));
        // Who does not wait has come before the fetch began, which was possible at once.
        let retry_at = if budget.is_zero() { came } else { ends_at };
        assert_eq!(error.retry_at(), Some(retry_at), "by then the fetch that runs has ended");
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

/// The fetch in flight began before the miss: it may have been answered before the key was there.
#[test]
fn a_read_that_misses_during_a_fetch_is_looked_into_after_it() {
    for comes in [false, true] {
        let mut world = loaded(policy());
        world.refresh();
        world.run_for(ms(100));
        let wakes = world.driver_wakes();
        (0..100).for_each(|_| assert!(world.read("c").unwrap_err().is_undecided()));
        assert!(world.driver_wakes() <= wakes + 1);
        if comes {
            world.issuer.kids.push("c");
            let flight = world.flight.take().unwrap();
            flight.answer_now();
        }
        world.run_for(secs(10));
        assert_eq!(world.sent.len(), 3);
        assert_eq!(world.read("c").is_ok(), comes);
    }
}

#[test]
fn a_read_whose_key_comes_with_the_fetch_in_flight_causes_nothing() {
    let mut world = loaded(policy());
    world.issuer.kids.push("c");
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
