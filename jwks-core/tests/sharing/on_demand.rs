//! Background refresh off: nothing is fetched until a validation finds the lifetime over.

use jwks_core::cache::Policy;
use jwks_core::refresh::{PolicyBuilder, Reason, Strategy};

use crate::clocks::{ms, secs};
use crate::issuer::{Issuer, Mode};
use crate::world::World;

/// 100 uses or 60 s, a second between refreshes.
fn policy() -> PolicyBuilder {
    Policy::builder()
        .background_refresh(false)
        .interval(secs(60))
        .usages(100)
        .min_refresh_interval(secs(1))
        .stale_if_error(secs(600))
        .fetch_timeout(secs(2))
        .retry(secs(4), secs(8))
}

fn loaded(policy: PolicyBuilder) -> World {
    let mut world = World::new(policy.only_effective().build().unwrap(), Issuer::new());
    world.read("a").unwrap_err();
    world.run_to(ms(200));
    world
}

#[test]
fn exactly_the_usages_pass_and_then_all_wait_for_one_fetch() {
    let mut world = loaded(policy());
    world.run_to(secs(2));
    for n in 0..100 {
        let caller = world.call("a", secs(5));
        assert!(world.done(caller), "use {n} waited");
        world.settle();
    }
    assert_eq!(world.sent.len(), 1);
    let waiting: Vec<_> = (0..30).map(|_| world.call("b", secs(5))).collect();
    assert!(waiting.iter().all(|caller| !world.done(*caller)));
    world.run_to(secs(2) + ms(100));
    let late = world.call("b", secs(5));
    world.run_to(secs(4));
    assert_eq!(world.waited(late), ms(100));
    for caller in waiting {
        assert_eq!(world.waited(caller), ms(200));
        assert_eq!(world.callers[caller].wakes(), 1);
        world.outcome(caller).as_ref().unwrap();
    }
    assert_eq!((world.sent.len(), world.sent[1].reason), (2, Reason::Demand));
}

#[test]
fn who_wants_all_keys_waits_for_fresh_ones_as_all_do() {
    let mut world = loaded(policy());
    world.run_to(secs(70));
    let cache = world.cache.clone();
    let caller = world.spawn(secs(5), async move {
        let count = cache.with_all_keys(secs(5), |keys| Some(keys.count())).await?;
        Ok(format!("{count:?}"))
    });
    assert!(!world.done(caller));
    world.run_for(ms(200));
    assert_eq!(world.told(caller), "Some(2)");
}

#[test]
fn uses_that_run_out_before_the_least_interval_wait_at_its_end() {
    let mut world = loaded(policy());
    while world.now < ms(1200) {
        for _ in 0..10 {
            let caller = world.call("a", secs(5));
            assert!(world.done(caller), "waited at {:?}", world.now);
        }
        world.run_for(ms(10));
    }
    let caller = world.call("a", secs(5));
    assert!(!world.done(caller));
    world.run_to(secs(2));
    assert_eq!(world.sent[1].at, ms(1200));
}

#[test]
fn the_lifetime_ends_by_time_without_a_fetch() {
    let mut world = loaded(policy().strategy(Strategy::Time));
    world.run_to(ms(60_199));
    let caller = world.call("a", secs(5));
    assert!(world.done(caller));
    world.run_to(secs(100));
    assert_eq!(world.sent.len(), 1);
    let callers = [world.call("a", secs(5)), world.call("b", secs(5))];
    world.run_to(secs(200));
    assert!(callers.iter().all(|caller| world.waited(*caller) == ms(200)));
    assert_eq!(world.sent.len(), 2);
}

#[test]
fn after_a_failed_fetch_nobody_waits_and_attempts_go_on_while_callers_ask() {
    let mut world = loaded(policy());
    world.run_to(secs(100));
    world.issuer.mode = Mode::Status(503, None);
    let callers: Vec<_> = (0..10).map(|_| world.call("a", secs(5))).collect();
    world.run_to(secs(100) + ms(200));
    for caller in callers {
        world.outcome(caller).as_ref().unwrap();
        assert_eq!(world.waited(caller), ms(200));
    }
    world.run_to(secs(110));
    assert_eq!(world.sent.len(), 2, "nobody has asked");
    let at_once = |world: &mut World| {
        let caller = world.call("a", secs(5));
        assert!(world.done(caller), "waited at {:?}", world.now);
        world.outcome(caller).as_ref().unwrap();
        world.settle();
    };
    // The pause of the second failure is 4 s at least.
    while world.now < secs(114) {
        at_once(&mut world);
        world.run_for(ms(50));
    }
    assert_eq!((world.sent.len(), world.sent[2].reason), (3, Reason::Retry));
    world.issuer.mode = Mode::Silent;
    while world.now < secs(130) {
        at_once(&mut world);
        world.run_for(ms(50));
    }
    let attempts = world.sent.len();
    assert!((5..=6).contains(&attempts), "at the pauses' pace: {attempts}");
    world.issuer.mode = Mode::Up;
    at_once(&mut world);
    world.run_to(secs(140));
    assert_eq!(world.sent.len(), attempts + 1);
    // A success ends it: the next lifetime is waited for as ever.
    world.run_to(secs(300));
    let caller = world.call("a", secs(5));
    assert!(!world.done(caller));
    world.run_for(ms(200));
    world.outcome(caller).as_ref().unwrap();
}

#[test]
fn a_failed_fetch_of_another_cause_hands_out_the_stale_set_too() {
    let mut world = loaded(policy());
    world.run_to(secs(100));
    world.issuer.mode = Mode::Status(503, None);
    let stranger = world.call("x", secs(5));
    world.run_to(secs(100) + ms(100));
    let callers = [world.call("a", secs(5)), world.call("b", secs(5))];
    world.run_to(secs(100) + ms(200));
    assert!(world.outcome(stranger).is_err());
    for caller in callers {
        assert_eq!(world.waited(caller), ms(100), "a convoy of serial fetches");
        world.outcome(caller).as_ref().unwrap();
    }
}

#[test]
fn when_a_budget_ends_nobody_waits_for_freshness_any_more() {
    let mut world = loaded(policy());
    world.run_to(secs(100));
    world.issuer.latency = ms(1500);
    let short = world.call("a", ms(100));
    let long = world.call("a", secs(5));
    let stranger = world.call("x", secs(5));
    world.run_to(secs(100) + ms(100));
    for caller in [short, long] {
        world.outcome(caller).as_ref().unwrap();
        assert_eq!(world.waited(caller), ms(100));
    }
    let late = world.call("a", secs(5));
    assert!(world.done(late));
    // Those who wait for a key wait on.
    assert!(!world.done(stranger));
    world.run_to(secs(110));
    assert_eq!(world.waited(stranger), ms(1500));
    assert_eq!(world.sent.len(), 2);
    assert_eq!(world.cache.status().uses, 3, "a caller who waits is one use");
    // The fetch has succeeded: the next lifetime is waited for again.
    world.run_to(secs(200));
    let caller = world.call("a", secs(5));
    assert!(!world.done(caller));
}

#[test]
fn a_budget_of_zero_is_one_use_and_one_miss() {
    let mut world = loaded(policy());
    world.run_to(secs(100));
    let held = world.call("a", secs(0));
    world.outcome(held).as_ref().unwrap();
    let stranger = world.call("x", secs(0));
    assert!(world.outcome(stranger).as_ref().unwrap_err().is_retryable());
    let status = world.cache.status();
    assert_eq!((status.uses, status.misses), (1, 1));
    world.run_for(ms(500));
    assert_eq!(world.sent.len(), 2, "both asked for the same fetch");
}

#[test]
fn a_caller_whose_budget_ended_asks_for_nothing_more() {
    let mut world = loaded(policy());
    world.run_to(secs(100));
    world.issuer.mode = Mode::Silent;
    let caller = world.call("a", ms(100));
    world.run_to(secs(300));
    world.outcome(caller).as_ref().unwrap();
    assert_eq!(world.sent.len(), 2, "a retry for nobody");
}

#[test]
fn a_read_that_cannot_wait_uses_the_held_set_and_asks() {
    let mut world = loaded(policy());
    world.run_to(secs(100));
    let wakes = world.driver_wakes();
    for _ in 0..1000 {
        world.read("a").unwrap();
    }
    assert_eq!(world.driver_wakes(), wakes + 1);
    world.settle();
    assert_eq!(world.sent.len(), 2);
    for _ in 0..1000 {
        world.read("a").unwrap();
        world.settle();
    }
    assert!(world.driver_wakes() <= wakes + 2, "reads wake the driver while a fetch runs");
    world.run_to(secs(102));
    assert_eq!(world.sent.len(), 2);
}

/// The note stays while a fetch is in flight. When that fetch runs into its timeout, without a
/// pause after it, the note must be heard then: later ones change nothing and wake nobody.
#[test]
fn what_was_asked_during_a_fetch_that_times_out_is_heard() {
    let mut world = loaded(policy().unknown_kid_cooldown(ms(1)));
    world.run_to(secs(100));
    world.issuer.mode = Mode::Silent;
    // The fetch in flight is for an unknown kid, so that no pause follows it.
    world.read("x").unwrap_err();
    world.run_to(secs(101));
    world.read("a").unwrap();
    world.run_to(secs(102));
    world.issuer.mode = Mode::Up;
    world.run_to(secs(103));
    world.read("a").unwrap();
    world.run_to(secs(104));
    let fetches = world.sent.len();
    assert_eq!(fetches, 3, "the wish was lost");
}

#[test]
fn a_miss_noted_during_a_fetch_that_times_out_is_heard() {
    let mut world = loaded(policy().unknown_kid_cooldown(ms(1)));
    world.issuer.mode = Mode::Silent;
    world.refresh();
    world.run_to(ms(500));
    world.read("c").unwrap_err();
    world.issuer.kids.push("c");
    world.issuer.mode = Mode::Up;
    world.run_to(secs(4));
    world.read("c").unwrap();
}

#[test]
fn the_last_use_of_an_idle_read_wakes_once() {
    let mut world = loaded(policy());
    world.run_to(secs(2));
    let wakes = world.driver_wakes();
    for _ in 0..500 {
        world.read("a").unwrap();
    }
    // The last use, and the first wish.
    assert!(world.driver_wakes() - wakes <= 2);
}
