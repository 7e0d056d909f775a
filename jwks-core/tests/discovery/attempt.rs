//! One attempt of two requests.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use jwks_core::cache::FetchErrorKind;

use crate::provider::{DOCUMENT, KEYS, Provider, SET, response};
use crate::world::{World, mins, policy, reply, secs};

#[test]
fn the_issuer_is_asked_and_then_its_keys() {
    let mut world = World::new(policy());
    let fetch = world.fetch();
    let headers = fetch.request.headers();
    assert_eq!(headers["accept"], "application/json");
    assert_eq!(headers["accept-encoding"], "identity");
    assert!(headers["user-agent"].to_str().unwrap().starts_with("jwks-core/"));
    assert_eq!(world.idle(), secs(5));
    assert_eq!(world.status().source, DOCUMENT);

    world.pass(secs(2));
    reply(fetch, response(200, &Provider::new().document()));
    let fetch = world.fetch();
    assert_eq!(fetch.request.headers()["accept"], "application/jwk-set+json, application/json");
    assert_eq!(world.status().source, format!("{DOCUMENT} -> {KEYS}"));
    assert!(!world.serves() && world.status().refreshing);
    world.pass(secs(2));
    reply(fetch, response(200, SET));
    assert_eq!(world.idle(), mins(16) + secs(4));
    assert!(world.serves());
    // One attempt, whose deadline both requests share.
    assert_eq!(world.status().fetches, 1);
    let deadlines: Vec<_> = world.asked.iter().map(|asked| asked.deadline).collect();
    assert_eq!(deadlines, [secs(5); 2]);
    assert!(world.asked.iter().all(|asked| !asked.conditional && !asked.no_cache));
    assert_eq!(world.urls(), [DOCUMENT, KEYS]);
}

#[test]
fn the_second_request_has_what_time_the_first_has_left() {
    let mut world = World::new(policy());
    let fetch = world.fetch();
    world.pass(secs(4));
    reply(fetch, response(200, &Provider::new().document()));
    let fetch = world.fetch();
    assert_eq!(world.idle(), secs(5));
    world.pass(secs(1));
    reply(fetch, response(200, SET));
    world.idle();
    assert!(!world.serves());
    assert_eq!(world.failures()[0].kind(), FetchErrorKind::Timeout);
    assert_eq!(world.status().failures, 1);
}

#[test]
fn a_document_at_the_deadline_is_too_late() {
    let mut world = World::new(policy());
    let fetch = world.fetch();
    world.pass(secs(5));
    reply(fetch, response(200, &Provider::new().document()));
    let retry = world.idle();
    assert_eq!(world.failures()[0].kind(), FetchErrorKind::Timeout);
    assert_eq!(world.status().source, DOCUMENT);
    world.pass(retry - world.now);
    world.fetch();
    assert_eq!(world.urls(), [DOCUMENT, DOCUMENT]);
}

#[test]
fn a_document_of_an_attempt_that_has_ended_leads_nowhere() {
    let mut world = World::new(policy());
    let late = world.fetch();
    world.pass(secs(5));
    let retry = world.idle();
    world.pass(retry - world.now);
    let next = world.fetch();
    let other = Provider { jwks_uri: "https://evil.example.com/", ..Provider::new() };
    reply(late, response(200, &other.document()));
    assert_eq!(world.idle(), world.asked[1].deadline);
    reply(next, response(200, &Provider::new().document()));
    assert_eq!(world.fetch().request.uri(), KEYS);
}

#[test]
fn invalidation_during_the_first_request_begins_anew() {
    let mut world = World::new(policy());
    world.run_to(mins(1), &Provider::new());
    world.urls();
    world.cache.invalidate();
    let old = world.fetch();
    world.pass(secs(1));
    world.cache.invalidate();
    // Also if its answer is there already.
    reply(old, response(200, &Provider::new().document()));
    let new = world.fetch();
    assert!(world.asked[1].no_cache && world.asked[1].deadline == world.now + secs(5) / 2);
    reply(new, response(200, &Provider::new().document()));
    reply(world.fetch(), response(200, SET));
    world.idle();
    assert!(world.serves());
    assert_eq!(world.urls(), [DOCUMENT, DOCUMENT, KEYS]);
}

#[test]
fn invalidation_during_the_second_request_begins_anew() {
    let mut world = World::new(policy());
    reply(world.fetch(), response(200, &Provider::new().document()));
    let old = world.fetch();
    world.pass(secs(2));
    world.cache.invalidate();
    reply(old, response(200, SET));
    let new = world.fetch();
    assert!(!world.serves());
    reply(new, response(200, &Provider::new().document()));
    world.fetch();
    assert_eq!(world.urls(), [DOCUMENT, KEYS, DOCUMENT, KEYS]);
}

#[test]
fn a_reply_dropped_between_fails_the_attempt() {
    let mut world = World::new(policy());
    drop(world.fetch());
    world.idle();
    assert!(world.failures()[0].is_abandoned());
}

#[test]
fn callers_wait_for_both_requests() {
    let mut world = World::new(policy());
    let cache = world.cache.clone();
    let mut ready = pin!(cache.ready(secs(60)));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(ready.as_mut().poll(&mut cx).is_pending());
    reply(world.fetch(), response(200, &Provider::new().document()));
    let fetch = world.fetch();
    assert!(ready.as_mut().poll(&mut cx).is_pending());
    reply(fetch, response(200, SET));
    world.idle();
    assert!(matches!(ready.as_mut().poll(&mut cx), Poll::Ready(Ok(()))));

    let mut refreshed = pin!(cache.refresh());
    assert!(refreshed.as_mut().poll(&mut cx).is_pending());
    reply(world.fetch(), response(404, ""));
    assert!(refreshed.as_mut().poll(&mut cx).is_pending());
    reply(world.fetch(), response(500, ""));
    world.idle();
    let Poll::Ready(Err(error)) = refreshed.as_mut().poll(&mut cx) else { panic!("no answer") };
    assert_eq!(error.last_failure().unwrap().status(), Some(500));
    assert_eq!(world.urls(), [DOCUMENT, KEYS, DOCUMENT, KEYS]);
}
