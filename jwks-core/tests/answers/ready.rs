//! A probe waits for the first keys, asks for them itself, and never changes its mind.

use std::time::Duration;

use jwks_core::cache::{ErrorKind, SavedKeys};

use crate::world::{Caller, World, hours, keys, mins, policy, secs, set_of, status};

fn ready(world: &World, budget: Duration) -> Caller<Result<(), ErrorKind>> {
    let cache = world.cache.clone();
    Caller::new(async move { cache.ready(budget).await.map_err(|error| error.kind()) })
}

/// The answer of a probe that never waits.
fn probe(world: &World) -> Result<(), ErrorKind> {
    ready(world, Duration::ZERO).poll().expect("a budget of zero never waits")
}

/// A service on demand that gets no token before it is ready.
#[test]
fn a_probe_that_does_not_wait_asks_and_locks_nobody_out() {
    let mut world = World::new(policy().background_refresh(false));
    world.waits();
    assert_eq!(world.asked.len(), 0, "nothing is fetched before somebody asks");
    assert_eq!(probe(&world), Err(ErrorKind::Unavailable));
    world.fetch().reply.send(Ok(status(503)));
    world.waits();
    // Nobody waits: the next probe asks again.
    world.pass(secs(10));
    assert_eq!(probe(&world), Err(ErrorKind::Unavailable));
    world.load(keys(&["a"]));
    assert_eq!(probe(&world), Ok(()));
    let status = world.status();
    assert_eq!((status.uses, status.misses), (0, 0));
}

#[test]
fn a_probe_waits_within_its_budget() {
    for background in [true, false] {
        let mut world = World::new(policy().background_refresh(background));
        let (mut short, mut long) = (ready(&world, secs(1)), ready(&world, secs(60)));
        assert!(short.poll().is_none() && long.poll().is_none());
        let fetch = world.fetch();
        world.waits();
        world.pass(secs(1));
        world.waits();
        assert_eq!(short.poll(), Some(Err(ErrorKind::Unavailable)));
        assert_eq!(long.poll(), None);
        fetch.reply.send(Ok(keys(&["a"])));
        world.waits();
        assert_eq!(long.poll(), Some(Ok(())));
        assert_eq!(world.status().uses, 0);
    }
}

#[test]
fn once_ready_it_stays_ready() {
    // Withdrawn by hand, and the issuer is down.
    let mut world = World::holding(policy(), &["a"]);
    world.cache.invalidate();
    world.fetch().reply.send(Ok(status(503)));
    world.waits();
    world.read("a").unwrap_err();
    assert_eq!(probe(&world), Ok(()));
    // Expired, by an outage.
    let mut world = World::holding(policy(), &["a"]);
    world.run(hours(3), |_| status(503));
    world.read("a").unwrap_err();
    assert_eq!(probe(&world), Ok(()));
    assert_eq!(ready(&world, secs(5)).poll(), Some(Ok(())));
    // Stopped.
    let World { cache, driver, .. } = world;
    drop(driver);
    assert_eq!(pollster::block_on(cache.ready(secs(5))).map_err(|e| e.kind()), Ok(()));
}

/// Who fetches on demand fetches for tokens, not for probes.
#[test]
fn once_ready_it_asks_for_nothing() {
    let mut world = World::new(policy().background_refresh(false));
    let _unavailable = probe(&world);
    world.load(keys(&["a"]));
    world.run(hours(30), |_| panic!("nobody has asked"));
    world.read("a").map_err(|error| error.kind()).unwrap_err();
    world.load(keys(&["a"]));
    world.run(hours(3), |_| panic!("nobody has asked"));
    assert_eq!(probe(&world), Ok(()));
    world.waits();
}

#[test]
fn keys_that_came_and_went_while_it_waited_count() {
    let mut world = World::new(policy());
    let mut waits = ready(&world, secs(3));
    assert_eq!(waits.poll(), None);
    world.load(keys(&["a"]));
    world.cache.invalidate();
    assert_eq!(waits.poll(), None, "it waits for the next");
    assert_eq!(probe(&world), Ok(()));
    let _runs = world.fetch();
    world.waits();
    world.pass(secs(3));
    world.waits();
    assert_eq!(waits.poll(), Some(Ok(())));
}

#[test]
fn saved_keys_count() {
    let mut world = World::new(policy());
    let saved = SavedKeys::from_jwk_set(set_of(&["a"]), world.wall() - mins(1)).unwrap();
    assert_eq!(probe(&world), Err(ErrorKind::Unavailable));
    world.driver.hydrate(&saved).unwrap();
    assert_eq!(probe(&world), Ok(()));
}

#[test]
fn without_a_driver_it_says_so() {
    let world = World::new(policy());
    world.freeze(secs(6));
    assert_eq!(probe(&world), Err(ErrorKind::NeverRun));
    assert_eq!(ready(&world, secs(5)).poll(), Some(Err(ErrorKind::NeverRun)));
    let mut world = World::new(policy());
    world.fetch();
    let mut waits = ready(&world, secs(5));
    assert_eq!(waits.poll(), None);
    let World { cache, driver, .. } = world;
    drop(driver);
    assert_eq!(waits.poll(), Some(Err(ErrorKind::Stopped)));
    let error = pollster::block_on(cache.ready(Duration::ZERO)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
}
