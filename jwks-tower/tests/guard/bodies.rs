//! Bodies of one's own: they say more, and change nothing else.

use http::HeaderValue;
use jwks_tower::{FillBody, Guard, Need};
use serde_json::{Value, json};
use tower::{Layer, ServiceExt, service_fn};

use crate::cases::{self, Case};
use crate::world::{World, answer, bearer, header, request};

#[test]
fn json_says_what_the_challenge_says() {
    let mut world = World::new();
    let guard = world.guard().json().build().unwrap();
    let mut ask = |request| {
        let response = world.ask(&guard, request);
        assert_eq!(header(&response, "content-type"), Some("application/json"));
        serde_json::from_str::<Value>(response.body()).unwrap()
    };
    let expected = json!({
        "error": "unauthorized", "error_description": "an access token is required",
    });
    assert_eq!(ask(request(&[])), expected);
    let expected = json!({
        "error": "invalid_token", "error_description": "the access token is not valid",
    });
    assert_eq!(ask(bearer("a.b.c")), expected);
}

#[test]
fn problems_are_as_rfc_9457_has_them() {
    let mut world = World::new();
    let guard = world.guard().problem_json().build().unwrap();
    let response = world.ask(&guard, bearer("a.b.c"));
    assert_eq!(header(&response, "content-type"), Some("application/problem+json"));
    let expected = json!({
        "title": "Unauthorized", "status": 401, "detail": "the access token is not valid",
        "error": "invalid_token",
    });
    assert_eq!(serde_json::from_str::<Value>(response.body()).unwrap(), expected);
}

#[test]
fn a_body_changes_neither_status_nor_headers() {
    for Case { name, mut world, guard, request, answer } in cases::all() {
        drop(guard);
        let plain = HeaderValue::from_static("text/plain");
        let guard = world.guard().body(plain, |answer| format!("go away: {}", answer.reason()));
        let guard = guard.wait_at_most(crate::world::SHORT).build().unwrap();
        // Only cases that need nothing of the guard but its verifier.
        let by_verifier = ["4", "5", "6", "7", "8b", "9", "10"]
            .iter()
            .any(|it| name.split(':').next() == Some(it));
        if !by_verifier {
            continue;
        }
        let response = world.ask(&guard, request);
        assert_eq!(response.status(), answer.status, "{name}");
        assert_eq!(header(&response, "www-authenticate").is_some(), answer.challenge.is_some());
        assert_eq!(header(&response, "content-type"), Some("text/plain"));
        assert_eq!(*response.body(), format!("go away: {}", answer.reason), "{name}");
    }
}

/// A layer of a route does not know of the guard's type, and speaks as it does all the same.
#[test]
fn a_route_inside_speaks_as_the_guard_does() {
    fn refusal<B: FillBody<String>>(world: &mut World, guard: &Guard<Registered, B>) -> String {
        let token = world.token().sign();
        let service = guard.layer(Need::all(["x"]).layer(service_fn(answer)));
        let response = world.memory.block_on(service.oneshot(bearer(&token))).unwrap();
        assert_eq!(response.status(), 403);
        response.into_body()
    }
    use jwks_tower::jwks_core::verify::Registered;

    let mut world = World::new();
    let guard = world.guard().json().build().unwrap();
    assert!(refusal(&mut world, &guard).contains("insufficient_scope"));
    let guard = world.guard().build().unwrap();
    assert_eq!(refusal(&mut world, &guard), "");
}

#[test]
fn grpc_has_no_body() {
    let mut world = World::new();
    let guard = world.guard().json().build().unwrap();
    let response = world.ask(&guard, request(&[("content-type", "application/grpc")]));
    assert_eq!((header(&response, "grpc-status"), &**response.body()), (Some("16"), ""));
}
