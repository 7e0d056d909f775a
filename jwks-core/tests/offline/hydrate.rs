//! Starting with saved keys.

use std::time::Duration;

use jwks_core::adapter::Action;
use jwks_core::cache::{ErrorKind, HydrateErrorKind, SavedKeys};
use jwks_core::refresh::{Freshness, PolicyBuilder};
use proptest::prelude::*;

use crate::world::{
    MINUTE, URL, Wall, World, found, header, not_modified, plain, saved, set_of, status,
};

#[test]
fn a_restart_survives_an_outage_of_the_issuer() {
    let wall = Wall::new();
    let text = saved(&wall, plain());
    wall.forward(30 * MINUTE);
    let keys = SavedKeys::from_json(&text).unwrap();
    let mut world = World::start_with(&wall, plain(), &keys).unwrap();
    world.read("a").unwrap();
    world.call("b").expect("nobody waits").unwrap();
    let age = world.cache.status().age(wall.now()).unwrap();
    assert_eq!(age, 30 * MINUTE);
    // Old enough to be refreshed at once, behind everybody's back; the issuer is down.
    for _ in 0..3 {
        let fetch = world.fetch();
        world.call("a").expect("nobody waits").unwrap();
        fetch.reply.send(Ok(status(503)));
        let pause = world.waits();
        world.pass(pause);
    }
    assert_eq!(world.cache.status().freshness, Freshness::Stale);
    assert!(world.cache.status().healthy);
    // At last it is up.
    world.fetch().reply.send(Ok(found(&["c"])));
    world.waits();
    world.read("c").unwrap();
    assert_eq!(world.read("a").unwrap_err().kind(), ErrorKind::UnknownKid);
}

#[test]
fn trust_ends_when_it_would_have_ended() {
    let wall = Wall::new();
    let text = saved(&wall, plain());
    wall.forward(79 * MINUTE);
    let mut world =
        World::start_with(&wall, plain(), &SavedKeys::from_json(&text).unwrap()).unwrap();
    let fetch = world.fetch();
    fetch.reply.send(Ok(status(503)));
    world.waits();
    world.pass(MINUTE - Duration::from_millis(1));
    world.read("a").unwrap();
    world.pass(Duration::from_millis(1));
    assert_eq!(world.read("a").unwrap_err().kind(), ErrorKind::Unavailable);
    assert!(world.cache.export().is_none());
    drop(world.poll());
    assert_eq!(world.cache.status().freshness, Freshness::Expired);
}

#[test]
fn time_between_the_loading_and_the_first_poll_counts() {
    let wall = Wall::new();
    let text = saved(&wall, plain());
    let world = World::start_with(&wall, plain(), &SavedKeys::from_json(&text).unwrap()).unwrap();
    wall.forward(80 * MINUTE);
    assert!(world.read("a").is_err());
}

#[test]
fn no_number_of_restarts_extends_the_trust() {
    let wall = Wall::new();
    let mut text = saved(&wall, plain());
    for restart in 1..16 {
        wall.forward(5 * MINUTE);
        let keys = SavedKeys::from_json(&text).unwrap();
        let world = World::start_with(&wall, plain(), &keys).unwrap();
        let again = world.cache.export().unwrap();
        assert_eq!(again, keys, "restart {restart}");
        text = serde_json::to_string(&again).unwrap();
    }
    wall.forward(5 * MINUTE);
    let keys = SavedKeys::from_json(&text).unwrap();
    let error = World::start_with(&wall, plain(), &keys).err().unwrap();
    assert_eq!(error.kind(), HydrateErrorKind::Expired);
}

/// Rule 9: what was saved may be forged or damaged. Only a set that the issuer sends in full tells.
#[test]
fn a_304_never_confirms_what_was_saved() {
    let policy = || plain().conditional_requests(true);
    let wall = Wall::new();
    // A forger knows the ETag of the genuine set, and writes a sound export of keys of their own.
    let mut forger = World::start(&wall, policy());
    forger.load(found(&["forged"]));
    let forged = serde_json::to_string(&forger.cache.export().unwrap()).unwrap();
    let keys = SavedKeys::from_json(&forged).unwrap();
    wall.forward(30 * MINUTE);
    let mut world = World::start_with(&wall, policy(), &keys).unwrap();
    let trust_until = world.cache.status().trust_until.unwrap();
    // Whatever makes it fetch: nothing of the export is asked about.
    for _ in 0..20 {
        let fetch = world.fetch();
        assert_eq!(fetch.request.uri(), URL);
        assert_eq!(header(&fetch.request, "if-none-match"), None);
        assert_eq!(header(&fetch.request, "if-modified-since"), None);
        // A host that answers so all the same.
        fetch.reply.send(Ok(not_modified("W/\"1\"")));
        let pause = world.waits();
        assert_eq!(world.cache.status().trust_until, Some(trust_until));
        world.pass(pause);
    }
    assert_eq!(world.cache.status().failures, 20);
    let left = trust_until.duration_since(wall.now()).unwrap();
    world.pass(left);
    world.read("forged").unwrap_err();
    // The genuine set ends them in any case, and is asked about from then on.
    world.fetch().reply.send(Ok(found(&["a"])));
    world.waits();
    world.read("a").unwrap();
    assert_eq!(world.read("forged").unwrap_err().kind(), ErrorKind::UnknownKid);
    world.fetch().reply.send(Ok(found(&["a"])));
    let ahead = world.waits();
    world.pass(ahead);
    assert_eq!(header(&world.fetch().request, "if-none-match"), Some("W/\"1\""));
}

#[test]
fn young_keys_are_not_refreshed_yet() {
    let wall = Wall::new();
    let keys = SavedKeys::from_json(saved(&wall, plain())).unwrap();
    wall.forward(10 * MINUTE);
    let mut world = World::start_with(&wall, plain(), &keys).unwrap();
    assert!(world.waits() <= 6 * MINUTE);
    world.pass(6 * MINUTE - Duration::from_millis(1));
    assert!(matches!(world.poll(), Action::Wait(_)));
    world.pass(Duration::from_millis(1));
    drop(world.fetch());
}

#[test]
fn the_responses_own_lifetime_goes_with_the_keys() {
    let policy = || plain().http_freshness(true);
    let wall = Wall::new();
    let keys = SavedKeys::from_json(saved(&wall, policy())).unwrap();
    wall.forward(3 * MINUTE);
    let mut world = World::start_with(&wall, policy(), &keys).unwrap();
    // 0.8 of the five minutes that the issuer gave.
    world.pass(MINUTE - Duration::from_millis(1));
    assert!(matches!(world.poll(), Action::Wait(_)));
    world.pass(Duration::from_millis(1));
    drop(world.fetch());
}

#[test]
fn without_background_refresh_whoever_finds_them_spent_waits() {
    let policy = || plain().background_refresh(false);
    let wall = Wall::new();
    let text = saved_on_demand(&wall, policy);
    wall.forward(10 * MINUTE);
    let keys = SavedKeys::from_json(&text).unwrap();
    let young = World::start_with(&wall, policy(), &keys).unwrap();
    young.call("a").expect("nobody waits").unwrap();
    wall.forward(20 * MINUTE);
    let mut world = World::start_with(&wall, policy(), &keys).unwrap();
    assert!(matches!(world.poll(), Action::Wait(_)), "nobody has asked");
    world.read("a").unwrap();
    assert!(world.call("a").is_none(), "waits for a fetch");
    drop(world.fetch());
}

#[test]
fn a_bundle_serves_as_old_as_it_is_said_to_be() {
    let wall = Wall::new();
    let built = wall.now() - 30 * MINUTE;
    let bundle = SavedKeys::from_jwk_set(set_of(&["a"]), built).unwrap();
    assert_eq!((bundle.source(), bundle.trust_until()), (None, None));
    let mut world = World::start_with(&wall, plain(), &bundle).unwrap();
    world.read("a").unwrap();
    assert_eq!(world.cache.status().trust_until, Some(built + 80 * MINUTE));
    let fetch = world.fetch();
    assert_eq!(header(&fetch.request, "if-none-match"), None);
    // What is exported has a source from now on, and the bundle's age.
    let export = world.cache.export().unwrap();
    assert_eq!(export.source(), Some("https://id.example.com/keys?…"));
    assert_eq!(export.confirmed_at(), built);
}

#[test]
fn a_policy_that_trusts_longer_or_shorter() {
    let wall = Wall::new();
    let keys = SavedKeys::from_json(saved(&wall, plain())).unwrap();
    let end = wall.now() + 80 * MINUTE;
    wall.forward(10 * MINUTE);
    let until = |policy: PolicyBuilder| {
        World::start_with(&wall, policy, &keys).unwrap().cache.status().trust_until.unwrap()
    };
    assert_eq!(until(plain().stale_if_error(600 * MINUTE)), end, "never longer than it was");
    assert_eq!(until(plain().stale_if_error(10 * MINUTE)), end - 50 * MINUTE);
}

fn saved_on_demand(wall: &Wall, policy: impl Fn() -> PolicyBuilder) -> String {
    let mut world = World::start(wall, policy());
    world.read("a").unwrap_err();
    world.load(found(&["a", "b"]));
    serde_json::to_string(&world.cache.export().unwrap()).unwrap()
}

proptest! {
    #![proptest_config(crate::proof::draws(64))]

    /// Whatever the policies before and after, and however long between: what is served is
    /// trusted no longer than either allows.
    #[test]
    fn trust_is_never_extended(
        stale in (1..200_u32, 1..200_u32),
        interval in (2..60_u32, 2..60_u32),
        minutes in prop::collection::vec(0..90_u32, 1..4),
    ) {
        let policy = |interval: u32, stale: u32| {
            plain().interval(interval * MINUTE).stale_if_error(stale * MINUTE)
        };
        let wall = Wall::new();
        let confirmed = wall.now();
        let mut text = saved(&wall, policy(interval.0, stale.0));
        let least = (interval.0 + stale.0).min(interval.1 + stale.1) * MINUTE;
        for minutes in minutes {
            wall.forward(minutes * MINUTE);
            let age = wall.now().duration_since(confirmed).unwrap();
            let keys = SavedKeys::from_json(&text).unwrap();
            match World::start_with(&wall, policy(interval.1, stale.1), &keys) {
                Ok(mut world) => {
                    prop_assert!(age < least);
                    let status = world.cache.status();
                    prop_assert_eq!(status.confirmed_at, Some(confirmed));
                    prop_assert_eq!(status.trust_until, Some(confirmed + least));
                    text = serde_json::to_string(&world.cache.export().unwrap()).unwrap();
                    // Polled by a monotonic clock alone it ends as well.
                    drop(world.poll());
                    let left = least - age;
                    let origin = jwks_core::refresh::Time::from_origin(left);
                    drop(world.driver.poll(origin));
                    prop_assert!(world.read("a").is_err());
                }
                Err(error) => {
                    prop_assert!(age >= least);
                    prop_assert_eq!(error.kind(), HydrateErrorKind::Expired);
                    break;
                }
            }
        }
    }
}
