//! What the keys cost, and how long they serve.

use std::time::Duration;

use jwks_cognito::alb::AlbErrorKind as Kind;
use jwks_cognito::jwks_core::keys::Algorithm;
use jwks_cognito::jwks_core::refresh::Policy;
use jwks_testkit::{Reply, Signer};

use crate::world::{KID, World, builder, pem};

fn invented(number: usize) -> String {
    format!("00000000-0000-0000-0000-{number:012x}")
}

#[test]
fn many_callers_share_one_fetch() {
    let mut world = World::new();
    world.host.delay(Duration::from_secs(1));
    let (good, alb) = (world.good(), world.alb.clone());
    let mut all: Vec<_> =
        (0..50).map(|_| Box::pin(alb.verify::<serde_json::Value>(&good))).collect();
    let mut left = 50;
    world.memory.block_on(std::future::poll_fn(|cx| {
        all.retain_mut(|one| match one.as_mut().poll(cx) {
            std::task::Poll::Ready(answer) => {
                answer.unwrap();
                left -= 1;
                false
            }
            std::task::Poll::Pending => true,
        });
        if left == 0 { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    }));
    assert_eq!(world.fetches(), 1);
}

#[test]
fn a_kid_that_is_not_there_is_not_asked_for_again_for_a_while() {
    let mut world = World::new();
    for status in [404, 403, 410] {
        let kid = invented(status);
        world.host.always_at(&format!("/{kid}"), Reply::status(u16::try_from(status).unwrap()));
        let before = world.fetches();
        for _ in 0..20 {
            let text = world.with("kid", &*kid);
            let error = world.verify(&text).unwrap_err();
            assert_eq!((error.kind(), error.status_code()), (Kind::UnknownKey, 401));
            assert!(error.retry_at().unwrap() > world.now());
            world.advance(10);
        }
        assert_eq!(world.fetches(), before + 1);
        world.advance(150);
        let text = world.with("kid", &*kid);
        world.verify(&text).unwrap_err();
        assert_eq!(world.fetches(), before + 2);
    }
    assert!(world.alb.status().is_empty(), "nothing is kept of them");
}

#[test]
fn a_flood_of_invented_kids_costs_little_and_hurts_no_held_key() {
    let mut world = World::new();
    let good = world.good();
    world.verify(&good).unwrap();
    for number in 0..500 {
        let text = world.with("kid", invented(number));
        assert_eq!(world.verify(&text).unwrap_err().kind(), Kind::UnknownKey);
        world.verify(&good).unwrap();
    }
    assert!((8..=9).contains(&world.fetches()), "{}", world.fetches());
    assert_eq!(world.alb.status().len(), 1);
    // A key that is new has its turn when the budget has.
    let new = Signer::new(Algorithm::ES256, KID);
    let kid = invented(7777);
    world.host.always_at(&format!("/{kid}"), Reply::keys(pem(&new)));
    world.signer = new;
    let text = world.with("kid", &*kid);
    let error = world.verify(&text).unwrap_err();
    assert_eq!(error.kind(), Kind::UnknownKey);
    let wait = error.retry_at().unwrap().duration_since(world.now()).unwrap();
    world.memory.advance(wait);
    let text = world.with("kid", &*kid);
    world.verify(&text).unwrap();
}

#[test]
fn an_outage_is_told_and_a_held_key_serves_through_it() {
    let mut world = World::new();
    world.host.go_down();
    let good = world.good();
    let error = world.verify(&good).unwrap_err();
    assert_eq!((error.kind(), error.status_code()), (Kind::Unavailable, 503));
    assert!(error.cache_error().is_some(), "{error}");
    let fetches = world.fetches();
    for _ in 0..10 {
        assert_eq!(world.verify(&good).unwrap_err().status_code(), 401, "it was asked just now");
    }
    assert_eq!(world.fetches(), fetches);
    world.host.come_up();
    world.advance(10);
    world.verify(&good).unwrap();
    world.host.go_down();
    world.advance(23 * 3600);
    let later = world.good();
    world.verify(&later).unwrap();
    world.advance(3600);
    let later = world.good();
    assert_eq!(world.verify(&later).unwrap_err().kind(), Kind::Unavailable);
}

#[test]
fn what_is_no_key_of_that_kind_verifies_nothing() {
    let mut world = World::new();
    let path = format!("/{KID}");
    for body in ["<html>", "", &pem(&Signer::new(Algorithm::ES384, KID))] {
        world.host.always_at(&path, Reply::keys(body));
        let good = world.good();
        let error = world.verify(&good).unwrap_err();
        assert!(matches!(error.kind(), Kind::Unavailable | Kind::InvalidSignature), "{error}");
        world.advance(4000);
    }
}

#[test]
fn a_key_is_fetched_again_each_hour_while_it_is_used() {
    let mut world = World::new();
    let good = world.good();
    world.verify(&good).unwrap();
    world.advance(10 * 3600);
    assert!((9..=13).contains(&world.fetches()), "{}", world.fetches());
    let status = world.alb.status();
    assert_eq!(status[0].label, "alb key 0");
}

#[test]
fn at_most_so_many_keys_are_held() {
    let mut world = World::new();
    let good = world.good();
    world.verify(&good).unwrap();
    for number in 0..60 {
        let kid = invented(number);
        world.host.always_at(&format!("/{kid}"), Reply::keys(pem(&world.signer)));
        let text = world.with("kid", &*kid);
        world.verify(&text).unwrap();
        let good = world.good();
        world.verify(&good).unwrap();
        world.advance(10);
    }
    assert_eq!(world.alb.status().len(), 32);
}

#[test]
fn a_slow_host_is_not_given_up_by_who_does_not_wait_so_long() {
    let policy = Policy::builder().wait_budget(Duration::from_secs(1));
    let pause = Duration::from_secs(12);
    let policy = policy.retry(pause, pause).cold_retry_max(pause).build().unwrap();
    let host = "https://public-keys.auth.elb.eu-west-1.amazonaws.com";
    let mut world = World::of(builder().policy(policy), host, Algorithm::ES256);
    let slow = Reply::keys(pem(&world.signer)).delay(Duration::from_secs(2));
    world.host.always_at(&format!("/{KID}"), slow);
    let good = world.good();
    assert_eq!(world.verify(&good).unwrap_err().kind(), Kind::Unavailable);
    world.advance(1);
    world.verify(&good).unwrap();
    assert_eq!(world.fetches(), 1);
}

/// A service drops the call when its client goes.
#[test]
fn callers_who_go_leave_no_fetches_behind_that_go_on_for_ever() {
    let mut world = World::new();
    for number in 0..8 {
        let text = world.with("kid", invented(number));
        let alb = world.alb.clone();
        let mut call = Box::pin(alb.verify::<serde_json::Value>(&text));
        let waker = std::task::Waker::noop();
        assert!(call.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_pending());
    }
    world.advance(24 * 3600);
    // Pauses double up to an hour, and are half to all of it: some 40 attempts a day for each.
    assert!(world.fetches() < 8 * 45, "{}", world.fetches());
}
