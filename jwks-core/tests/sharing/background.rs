//! Background refresh: 1000 validations a second, and none of them waits or fails.

use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use jwks_core::cache::Policy;
use jwks_core::refresh::{Freshness, PolicyBuilder, Reason, Strategy};

use crate::clocks::{ms, secs};
use crate::issuer::Issuer;
use crate::world::World;

/// 10 s or 1000 uses, refreshed ahead at 0.8 of them, exactly.
fn policy() -> PolicyBuilder {
    Policy::builder()
        .interval(secs(10))
        .jitter(0.0)
        .min_refresh_interval(ms(100))
        .stale_if_error(secs(20))
        .fetch_timeout(secs(2))
}

/// A validation each millisecond, sync and async by turns, from the first load on.
fn validate_until(world: &mut World, end: u64) {
    world.run_to(ms(200));
    for t in 201..=end {
        world.run_to(ms(t));
        if t % 2 == 0 {
            world.read("a").expect("a validation failed");
            continue;
        }
        let future = pin!(world.cache.with_keys("a", |keys| keys.count()));
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(found) => assert_eq!(found.expect("a validation failed"), 1),
            Poll::Pending => panic!("a validation waited at {t} ms"),
        }
    }
}

fn starts(world: &World) -> Vec<u128> {
    world.sent.iter().map(|sent| sent.at.as_millis()).collect()
}

#[test]
fn by_time_none_waits_none_fails() {
    let policy = policy().strategy(Strategy::Time).build().unwrap();
    let mut world = World::new(policy, Issuer::new());
    validate_until(&mut world, 420_000);
    // Loaded at 0.2 s; each refresh starts 8 s after the confirmation before it, and takes 0.2 s.
    let expected: Vec<u128> = [0]
        .into_iter()
        .chain((0..).map(|n| 8200 * (n + 1)).take_while(|at| *at <= 420_000))
        .collect();
    assert_eq!(starts(&world), expected);
    assert!(expected.len() > 50);
    assert_eq!(world.cache.status().uses, 420_000 - 200);
    assert!(world.sent[1..].iter().all(|sent| sent.reason == Reason::Ahead && !sent.no_cache));
}

#[test]
fn by_usage_none_waits_none_fails() {
    let policy = policy().strategy(Strategy::Usage).only_effective().build().unwrap();
    let mut world = World::new(policy, Issuer::new());
    validate_until(&mut world, 60_000);
    // The use at 1000 ms is the 800th; that of the millisecond in which the answer comes is the
    // first of the new count.
    let n = world.sent.len();
    assert_eq!(starts(&world)[..3], [0, 1000, 1999]);
    assert!(starts(&world).windows(2).skip(1).all(|pair| pair[1] - pair[0] == 999));
    assert_eq!(n, 61);
    assert_eq!(world.count(Reason::AheadByUsage), 60);
    assert_eq!(world.cache.status().uses, 60_000 - 200);
    // Each time one use wakes the driver, and one reply does.
    assert!(world.driver_wakes() <= 2 * n + 1, "{} wake-ups for {n} fetches", world.driver_wakes());
}

#[test]
fn by_both_the_first_to_come_counts() {
    let policy = policy().strategy(Strategy::Both).usages(5_000).build().unwrap();
    let mut world = World::new(policy, Issuer::new());
    validate_until(&mut world, 60_000);
    assert_eq!(starts(&world)[..3], [0, 4200, 8399]);
    let by_usage = world.count(Reason::AheadByUsage);
    assert_eq!(by_usage, 14);
    // Traffic ends: time alone refreshes.
    let confirmed = world.cache.status().confirmed_at.unwrap();
    world.run_to(secs(120));
    assert_eq!(world.count(Reason::AheadByUsage), by_usage);
    assert!(world.count(Reason::Ahead) >= 6);
    assert!(world.cache.status().confirmed_at.unwrap() > confirmed);
}

#[test]
fn usage_waits_for_the_least_interval_and_serves_meanwhile() {
    let policy =
        policy().strategy(Strategy::Both).usages(10).min_refresh_interval(secs(5)).build().unwrap();
    let mut world = World::new(policy, Issuer::new());
    validate_until(&mut world, 60_000);
    assert_eq!(starts(&world)[..3], [0, 5200, 10400]);
}

#[test]
fn a_slow_or_silent_issuer_makes_nobody_wait() {
    let policy = policy().strategy(Strategy::Time).build().unwrap();
    let mut world = World::new(policy, Issuer::new());
    world.run_to(ms(200));
    world.issuer.latency = ms(1999);
    validate_until(&mut world, 30_000);
    assert_eq!(world.cache.status().failures, 0);
    world.issuer.latency = ms(2000);
    validate_until_later(&mut world, 45_000);
    let status = world.cache.status();
    assert!(status.failures > 0, "an answer at the deadline is too late");
    assert_eq!(status.freshness, Freshness::Stale);
}

fn validate_until_later(world: &mut World, end: u64) {
    while world.now < ms(end) {
        world.run_for(ms(1));
        world.read("a").expect("a validation failed");
    }
}

#[test]
fn confirmations_by_304_count_anew_and_keep_the_validators() {
    let policy = policy().strategy(Strategy::Usage).conditional_requests(true);
    let policy = policy.only_effective().build().unwrap();
    let mut issuer = Issuer::new();
    issuer.etags = true;
    let mut world = World::new(policy, issuer);
    validate_until(&mut world, 30_000);
    assert_eq!(starts(&world)[..3], [0, 1000, 1999]);
    assert!(world.sent[1..].iter().all(|sent| sent.conditional));
    assert_eq!(world.cache.status().failures, 0);
}

#[test]
fn while_nobody_validates_refreshes_pause_and_the_next_use_wakes_them() {
    let policy = policy().strategy(Strategy::Time).idle_after(Some(secs(30))).build().unwrap();
    let mut world = World::new(policy, Issuer::new());
    validate_until(&mut world, 12_000);
    world.run_to(secs(80));
    assert!(world.cache.status().healthy);
    let fetches = world.sent.len();
    // Idle from 60 s on; the set that was confirmed last is trusted for 30 s.
    assert!(world.sent.iter().all(|sent| sent.at < secs(60)));
    let wakes = world.driver_wakes();
    world.read("a").expect("a validation failed");
    assert_eq!(world.driver_wakes(), wakes + 1, "the first use is to wake the driver");
    world.run_for(ms(1));
    assert_eq!(world.sent.len(), fetches + 1);
    // Without any use the set expires; then a caller waits, and others are as before.
    world.run_to(secs(400));
    assert!(!world.cache.status().healthy);
    let caller = world.call("a", secs(5));
    world.run_for(ms(200));
    world.outcome(caller).as_ref().unwrap();
}
