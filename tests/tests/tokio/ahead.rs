//! Background refresh: nobody waits.

use std::{
    thread,
    time::{Duration, Instant},
};

use jwks_tests::Reply;
use jwks_tokio::{Policy, Strategy};

use crate::{
    log::{completed, failed},
    world::{LONG, Service, World, lifetime, ms, sleep_until},
};

#[test]
fn by_time_nobody_waits_and_nobody_fails() {
    let world = World::new();
    world.issuer.delay(ms(200));
    let service = world.loaded(lifetime(ms(300)));
    let elapsed = traffic(&service, &world.token(), 750);
    let fetches = world.issuer.fetches();
    assert!(fetches >= 4, "{fetches} fetches in {elapsed:?}");
    // An answer takes 200 ms, and the next refresh begins 240 ms after it.
    assert!(fetches <= 2 + times(elapsed, ms(440)), "{fetches} fetches in {elapsed:?}");
    assert_eq!(world.issuer.max_open(), 1);
    assert_eq!(service.status().failures, 0);
}

#[test]
fn refreshes_that_fail_make_nobody_wait_either() {
    let world = World::new();
    let service = world.loaded(lifetime(ms(100)).retry(ms(20), ms(40)));
    for _ in 0..100 {
        world.issuer.next(Reply::status(503).delay(ms(50)));
        world.issuer.next(Reply::published().delay(ms(50)));
    }
    traffic(&service, &world.token(), 250);
    assert!(world.log.count(failed) >= 2 && world.log.count(completed) >= 2);
    assert_eq!(world.issuer.max_open(), 1);
}

#[test]
fn by_usage_the_refresh_comes_ahead_and_nobody_waits() {
    let world = World::new();
    let policy = Policy::builder()
        .strategy(Strategy::Usage)
        .usages(100)
        .jitter(0.0)
        .min_refresh_interval(ms(1));
    let service = world.loaded(policy);
    let token = world.token();
    let uses = |count| (0..count).for_each(|_| service.passes_at_once(&token));
    for round in 1..=3 {
        uses(79);
        thread::sleep(ms(50));
        assert_eq!(world.issuer.fetches(), round, "before the threshold");
        world.issuer.next(Reply::published().delay(ms(200)));
        uses(1);
        assert!(world.issuer.wait_for_fetches(round + 1, LONG));
        // More than the lifetime has, while the fetch takes its time.
        uses(200);
        world.log.wait_for(round, completed);
        assert_eq!(world.issuer.fetches(), round + 1);
    }
    assert_eq!(world.issuer.max_open(), 1);
    assert_eq!(service.status().failures, 0);
}

#[test]
fn by_both_whichever_comes_first() {
    let world = World::new();
    let policy = Policy::builder()
        .strategy(Strategy::Both)
        .interval(ms(800))
        .usages(100)
        .jitter(0.0)
        .min_refresh_interval(ms(1));
    let service = world.loaded(policy);
    let token = world.token();
    let reasons = || {
        let reason = |event: &jwks_tokio::Event| match event {
            jwks_tokio::Event::RefreshStarted { reason, .. } => Some(reason.to_string()),
            _ => None,
        };
        world.log.events().iter().filter_map(reason).collect::<Vec<_>>()
    };
    (0..80).for_each(|_| service.passes_at_once(&token));
    world.log.wait_for(1, completed);
    world.log.wait_for(2, completed);
    let expected = ["no keys", "ahead of the last use", "ahead of the lifetime's end"];
    assert_eq!(reasons()[..3], expected);
    service.passes_at_once(&token);
}

/// Four callers, each with a validation every 4 ms: together a thousand a second.
fn traffic(service: &Service, token: &str, each: u32) -> Duration {
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for done in 1..=each {
                    service.passes_at_once(token);
                    sleep_until(start + ms(4) * done);
                }
            });
        }
    });
    start.elapsed()
}

fn times(elapsed: Duration, each: Duration) -> usize {
    usize::try_from(elapsed.as_millis() / each.as_millis()).expect("a small number")
}
