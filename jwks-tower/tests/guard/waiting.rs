//! Who waits for keys, and for how long.

use std::time::Duration;

use jwks_tower::jwks_core::verify::Registered;
use tower::{Layer, Service, service_fn};

use crate::world::{World, answer, bearer, header};

fn took(world: &mut World, budget: Option<Duration>) -> (u16, Duration) {
    let guard = match budget {
        Some(budget) => world.guard().wait_at_most(budget),
        None => world.guard(),
    };
    let guard = guard.build().expect("a guard");
    let token = world.token().sign();
    let before = world.memory.clock().now();
    let status = world.ask(&guard, bearer(&token)).status().as_u16();
    (status, world.memory.clock().now().duration_since(before).expect("no step back"))
}

#[test]
fn a_cold_start_is_waited_for_within_the_budget() {
    let cold = || World::prepared(|issuer| issuer.always(jwks_testkit::Reply::hang()));
    let secs = Duration::from_secs;
    assert_eq!(took(&mut cold(), Some(secs(2))), (503, secs(2)));
    assert_eq!(took(&mut cold(), Some(Duration::ZERO)), (503, Duration::ZERO));
    assert_eq!(took(&mut cold(), None), (503, secs(5)));
}

#[test]
fn a_rotation_is_found_by_the_first_token() {
    let mut world = World::new();
    world.issuer.rotate();
    assert_eq!(took(&mut world, None), (200, Duration::ZERO));
    assert_eq!(world.issuer.fetches(), 2);
}

/// The look before the wait counts for nothing: as many fetches as without a guard.
#[test]
fn looking_first_costs_no_fetch() {
    let (mut plain, mut guarded) = (World::new(), World::new());
    let guard = guarded.guard().build().unwrap();
    for count in 0..8 {
        let claims = guarded.token();
        let kid = format!("unknown-{}", count / 2);
        let token = claims.kid(&kid).sign();
        assert_eq!(guarded.ask(&guard, bearer(&token)).status(), 401);
        let token = plain.token().kid(&kid).sign();
        let verifying = plain.verifier.verify::<Registered>(&token);
        plain.memory.block_on(verifying).unwrap_err();
        assert_eq!(guarded.issuer.fetches(), plain.issuer.fetches(), "{count}");
    }
}

#[test]
fn a_look_leaves_no_trace() {
    let mut world = World::new();
    let token = jwks_testkit::unknown_kid_token(world.token().claims());
    let held = world.verifier.verify_held::<Registered>(&token);
    assert!(held.unwrap().is_none());
    assert!(world.verifier.verify_held::<Registered>(&world.token().sign()).unwrap().is_some());
    world.memory.settle();
    assert_eq!(world.issuer.fetches(), 1);
}

/// The driver may run between the look and the wait, on another thread. What it begins then would
/// be too old for the caller: its no would be no final one, and a second fetch would be made.
#[test]
fn a_driver_that_runs_between_look_and_wait_changes_nothing() {
    let forged = |world: &World| world.token().forged().sign();
    let unknown = |world: &World| jwks_testkit::unknown_kid_token(world.token().claims());
    for token in [forged, unknown] {
        let mut world = World::new();
        let guard = world.guard().build().unwrap();
        let token = token(&world);
        let future = guard.layer(service_fn(answer)).call(bearer(&token));
        world.memory.settle();
        let response = world.memory.block_on(future).unwrap();
        assert_eq!(response.status(), 401);
        assert_eq!(header(&response, "retry-after"), None);
        assert_eq!(world.issuer.fetches(), 2);
    }
}

#[test]
fn keys_that_are_held_outlive_an_outage() {
    let mut world = World::new();
    world.issuer.go_down();
    world.memory.advance(Duration::from_secs(60 * 60));
    assert_eq!(took(&mut world, None), (200, Duration::ZERO));
    world.memory.advance(Duration::from_secs(60 * 60));
    assert_eq!(took(&mut world, Some(Duration::from_millis(1))).0, 503);
    world.issuer.come_up();
    // Within the pause after a failed attempt.
    assert_eq!(took(&mut world, Some(Duration::from_secs(10))).0, 200);
}
