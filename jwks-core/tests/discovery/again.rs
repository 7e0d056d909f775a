//! When the issuer is asked again, and when its word is enough.

use std::pin::pin;
use std::task::{Context, Waker};
use std::time::UNIX_EPOCH;

use crate::provider::{DOCUMENT, KEYS, MOVED, Provider, response};
use crate::world::{World, mins, policy, secs};

const DAY: u64 = 24 * 60;

#[test]
fn the_place_is_remembered_for_a_day() {
    let provider = Provider::new();
    let mut world = World::new(policy());
    world.run_to(mins(2 * DAY), &provider);
    let documents: Vec<_> = world.asked.iter().filter(|it| it.url == DOCUMENT).collect();
    // With the first refresh after each day, as often as any is made: 24 h are 90 times 16 min.
    let at: Vec<_> = documents.iter().map(|asked| asked.at).collect();
    assert_eq!(at, [mins(0), mins(DAY), mins(2 * DAY)]);
    let keys: Vec<_> = world.asked.iter().filter(|it| it.url == KEYS).collect();
    assert_eq!(keys.len(), 181);
    // The document is never asked for conditionally, its keys always.
    assert!(documents.iter().all(|asked| !asked.conditional));
    assert!(keys[1..].iter().all(|asked| asked.conditional));
    assert_eq!(world.status().failures, 0);
}

#[test]
fn a_day_is_24_hours_exactly() {
    let mut world = World::new(policy());
    world.run_to(mins(DAY) - secs(1), &Provider::new());
    world.urls();
    let cache = world.cache.clone();
    let mut by_hand = pin!(cache.refresh());
    assert!(by_hand.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(world.fetch());
    world.idle();
    world.run_to(mins(DAY) + secs(1), &Provider::new());
    assert_eq!(world.urls(), [KEYS, DOCUMENT, KEYS]);
}

#[test]
fn keys_that_are_gone_are_looked_for() {
    for status in [404, 410] {
        let mut provider = Provider::new();
        let mut world = World::new(policy());
        world.run_to(mins(1), &provider);
        world.urls();
        // Moved, and 404 or 410 from there on.
        provider.keys = vec![MOVED];
        provider.jwks_uri = MOVED;
        world.run_to(mins(16) - secs(1), &provider);
        world.pass(secs(1));
        let fetch = world.fetch();
        fetch.reply.send(Ok(response(status, "")));
        let retry = world.idle();
        assert_eq!(world.status().source, DOCUMENT);
        assert!(world.serves());
        world.run_to(retry, &provider);
        assert_eq!(world.urls(), [KEYS, DOCUMENT, MOVED]);
        assert_eq!(world.status().source, format!("{DOCUMENT} -> {MOVED}"));
        assert_eq!(world.status().failures, 1);
        world.run_to(retry + mins(17), &provider);
        assert_eq!(world.urls(), [MOVED]);
    }
}

#[test]
fn validators_do_not_move_with_the_keys() {
    let mut provider = Provider::new();
    let mut world = World::new(policy());
    world.run_to(mins(DAY) - secs(1), &provider);
    provider.jwks_uri = MOVED;
    world.asked.clear();
    world.run_to(mins(DAY) + mins(17), &provider);
    let asked: Vec<_> = world.asked.iter().map(|it| (it.url.as_str(), it.conditional)).collect();
    assert_eq!(asked, [(DOCUMENT, false), (MOVED, false), (MOVED, true)]);
    assert_eq!(world.status().failures, 0);
}

#[test]
fn a_304_of_another_place_confirms_nothing() {
    let mut provider = Provider::new();
    let mut world = World::new(policy());
    world.run_to(mins(DAY) - secs(1), &provider);
    provider.jwks_uri = MOVED;
    provider.keys_status = 304;
    let confirmed = world.status().confirmed_at;
    world.run_to(mins(DAY), &provider);
    assert_eq!(world.failures()[0].status(), Some(304));
    assert_eq!(world.status().confirmed_at, confirmed);
}

#[test]
fn other_failures_are_no_reason_to_ask_again() {
    for status in [400, 403, 429, 500, 503] {
        let mut provider = Provider::new();
        let mut world = World::new(policy());
        world.run_to(mins(1), &provider);
        world.urls();
        provider.keys = vec![KEYS];
        provider.keys_status = status;
        world.pass(mins(15));
        let fetch = world.fetch();
        fetch.reply.send(Ok(response(status, "")));
        let retry = world.idle();
        world.pass(retry - world.now);
        assert_eq!(world.fetch().request.uri(), KEYS, "{status}");
        assert_eq!(world.urls(), [KEYS, KEYS]);
    }
}

#[test]
fn without_keys_the_issuer_is_asked_in_every_attempt() {
    let mut provider = Provider::new();
    provider.keys_status = 500;
    let mut world = World::new(policy());
    world.run_to(secs(0), &provider);
    world.run_to(secs(1), &provider);
    assert_eq!(world.urls(), [DOCUMENT, KEYS, DOCUMENT, KEYS]);
    provider.keys_status = 200;
    world.run_to(secs(3), &provider);
    world.urls();

    // Expired, after a failed refresh each second: only then it is asked again.
    let held = world.status().trust_until.unwrap();
    let left = held.duration_since(UNIX_EPOCH).unwrap();
    world.run_to(mins(15), &provider);
    while world.now < left - secs(10) {
        world.pass(secs(1));
        if let Ok(fetch) = world.poll() {
            fetch.reply.send(Ok(response(500, "")));
        }
    }
    assert!(world.asked.iter().all(|asked| asked.url == KEYS) && world.asked.len() > 1000);
    world.asked.clear();
    world.pass(secs(10));
    let retry = world.idle();
    assert!(!world.serves());
    world.pass(retry - world.now);
    assert_eq!(world.fetch().request.uri(), DOCUMENT);
}

#[test]
fn invalidation_asks_the_issuer() {
    let mut world = World::new(policy());
    world.run_to(mins(1), &Provider::new());
    world.urls();
    world.cache.invalidate();
    world.run_to(mins(1), &Provider::new());
    assert_eq!(world.urls(), [DOCUMENT, KEYS]);
}
