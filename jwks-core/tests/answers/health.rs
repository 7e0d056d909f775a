//! The states of a cache, through all that can happen to it.

use std::time::{Duration, SystemTime};

use jwks_core::cache::{Health, HealthKind, SavedKeys, Trouble};
use serde_json::json;

use crate::world::{World, hours, keys, mins, policy, secs, set_of, status};

fn kind(world: &World) -> HealthKind {
    world.cache.health().kind()
}

/// Since when it is down, and when it tries again.
fn down(world: &World) -> (SystemTime, Trouble, Option<SystemTime>) {
    match world.cache.health() {
        Health::Down { since, why, retry_at, .. } => (since, why, retry_at),
        other => panic!("{other:?}"),
    }
}

/// Since when it is degraded, and until when the keys serve.
fn degraded(world: &World) -> (SystemTime, SystemTime, Trouble) {
    match world.cache.health() {
        Health::Degraded { since, until, why, .. } => (since, until, why),
        other => panic!("{other:?}"),
    }
}

#[test]
fn through_an_outage_and_back() {
    let mut world = World::new(policy());
    let built_at = world.wall();
    assert_eq!(kind(&world), HealthKind::Starting);
    let fetch = world.fetch();
    world.waits();
    world.pass(secs(2));
    assert_eq!(kind(&world), HealthKind::Starting);
    fetch.reply.send(Ok(status(503)));
    let pause = world.waits();
    let (since, why, retry_at) = down(&world);
    assert_eq!((since, retry_at), (built_at, Some(world.wall() + pause)));
    assert!(matches!(why, Trouble::Failing { failures: 1, .. }), "{why:?}");
    assert!(why.to_string().contains("503"), "{why}");
    world.pass(pause);
    world.load(keys(&["a"]));
    assert_eq!(kind(&world), HealthKind::Ready);
    let until = world.wall() + mins(80);
    world.pass(mins(16));
    world.fetch().reply.send(Ok(status(500)));
    assert_eq!(kind(&world), HealthKind::Ready, "the driver has not seen it");
    world.waits();
    let failed_at = world.wall();
    let (since, serve_until, why) = degraded(&world);
    assert_eq!((since, serve_until), (failed_at, until));
    assert!(matches!(why, Trouble::Failing { failures: 1, .. }), "{why:?}");
    world.run(mins(10), |_| status(500));
    let (since, _, why) = degraded(&world);
    assert_eq!(since, failed_at);
    assert!(matches!(why, Trouble::Failing { failures: 2.., .. }), "{why:?}");
    world.run(mins(60), |_| status(500));
    let (since, why, retry_at) = down(&world);
    assert_eq!(since, until);
    assert!(retry_at.is_some() && matches!(why, Trouble::Failing { .. }), "{why:?}");
    world.run(mins(2), |_| keys(&["a"]));
    assert_eq!(kind(&world), HealthKind::Ready);
}

/// A driver that is starved makes no failures.
#[test]
fn a_driver_that_is_not_polled_in_time() {
    // Between its polls it is well.
    let mut world = World::holding(policy(), &["a"]);
    let (until, pause) = (world.wall() + mins(80), world.waits());
    let due = world.wall() + pause;
    world.freeze(pause + secs(5));
    assert_eq!(kind(&world), HealthKind::Ready);
    world.freeze(Duration::from_millis(1));
    let (since, serve_until, why) = degraded(&world);
    assert!(matches!(why, Trouble::Late), "{why:?}");
    assert_eq!((since, serve_until), (due, until));
    world.freeze(hours(2));
    let (since, why, _) = down(&world);
    assert!(matches!(why, Trouble::Late), "{why:?}");
    assert_eq!(since, until);
    // As soon as it is polled it is what it is.
    let fetch = world.fetch();
    assert_eq!(kind(&world), HealthKind::Starting);
    // A fetch that runs too long is ended by the driver, if that is polled.
    world.pass(secs(10));
    assert_eq!(kind(&world), HealthKind::Starting);
    world.pass(Duration::from_millis(1));
    assert!(matches!(down(&world).1, Trouble::Late));
    world.waits();
    assert!(matches!(down(&world).1, Trouble::Failing { .. }));
    drop(fetch);
}

#[test]
fn without_a_driver() {
    let mut world = World::holding(policy(), &["a"]);
    let until = world.wall() + mins(80);
    world.pass(mins(1));
    let stopped_at = world.wall();
    let cache = world.cache.clone();
    let World { driver, .. } = std::mem::replace(&mut world, World::new(policy()));
    drop(driver);
    // The new world's clock stands: only the old one's counts.
    let Health::Degraded { since, until: serve_until, why, .. } = cache.health() else {
        panic!("{:?}", cache.health())
    };
    assert!(matches!(why, Trouble::Stopped));
    assert_eq!((since, serve_until), (stopped_at, until));
    cache.invalidate();
    let Health::Down { since, why, retry_at, .. } = cache.health() else {
        panic!("{:?}", cache.health())
    };
    assert!(matches!(why, Trouble::Stopped));
    assert_eq!((since, retry_at), (stopped_at, None));

    // Never run: nothing is wrong until the callers' budget has passed.
    let built_at = world.wall();
    world.freeze(secs(5));
    assert_eq!(kind(&world), HealthKind::Starting);
    world.freeze(secs(1));
    let (since, why, retry_at) = down(&world);
    assert!(matches!(why, Trouble::NeverRun));
    assert_eq!((since, retry_at), (built_at, None));
    let saved = SavedKeys::from_jwk_set(set_of(&["a"]), world.wall()).unwrap();
    world.driver.hydrate(&saved).unwrap();
    let (since, _, why) = degraded(&world);
    assert!(matches!(why, Trouble::NeverRun));
    assert_eq!(since, built_at);
    world.waits();
    assert_eq!(kind(&world), HealthKind::Ready);
}

/// Keys that nobody asks for are no alarm.
#[test]
fn on_demand_rest_is_no_trouble() {
    let mut world = World::new(policy().background_refresh(false));
    world.waits();
    world.pass(hours(100));
    world.waits();
    assert_eq!(kind(&world), HealthKind::Starting);
    world.read("a").unwrap_err();
    world.load(keys(&["a"]));
    world.pass(mins(79));
    world.waits();
    assert_eq!(kind(&world), HealthKind::Ready, "stale, and nobody has asked since");
    world.pass(hours(1));
    assert_eq!(kind(&world), HealthKind::Starting);
    world.waits();
    assert_eq!(kind(&world), HealthKind::Starting);
}

#[test]
fn is_serialised() {
    let mut world = World::holding(policy(), &["a"]);
    let shown = |world: &World| serde_json::to_value(world.cache.health()).unwrap();
    assert_eq!(shown(&world), json!({"state": "ready"}));
    assert_eq!(shown(&World::new(policy())), json!({"state": "starting"}));
    world.pass(mins(16));
    world.fetch().reply.send(Ok(status(500)));
    world.waits();
    let degraded = shown(&world);
    assert_eq!(degraded["state"], "degraded");
    assert_eq!(degraded["since"], 1_800_000_960.0);
    assert_eq!(degraded["until"], 1_800_004_800.0);
    assert!(degraded["why"].as_str().unwrap().contains("500"), "{degraded}");
    world.cache.invalidate();
    world.fetch().reply.send(Ok(status(500)));
    world.waits();
    let down = shown(&world);
    assert_eq!(down["state"], "down");
    assert_eq!(down["since"], 1_800_000_960.0);
    assert!(down["retry_at"].as_f64().unwrap() > 1_800_000_960.0, "{down}");
}
