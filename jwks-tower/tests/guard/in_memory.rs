//! Each case over a service in memory, as HTTP and as gRPC.

use http::HeaderValue;
use jwks_testkit::Challenge;
use tower::{Layer, ServiceExt, service_fn};

use crate::cases::{self, Case};
use crate::world::{World, answer, bearer, header, request};

#[test]
fn http_answers_as_the_table_says() {
    let cases = cases::all();
    assert_eq!(cases.len(), 66, "a row has gone");
    for Case { name, mut world, guard, request, answer } in cases {
        let response = world.ask(&guard, request);
        let challenges = Challenge::of(response.headers()).expect("a challenge by the grammar");
        challenges.iter().for_each(|it| it.check_oauth().expect("by the rules of OAuth"));
        assert_eq!(response.status(), answer.status, "{name}");
        let expected = answer.www_authenticate();
        assert_eq!(header(&response, "www-authenticate"), expected.as_deref(), "{name}");
        let retry = header(&response, "retry-after").map(|it| it.parse::<u64>().expect("seconds"));
        assert_eq!(retry.is_some(), answer.retry, "{name}");
        assert!(retry.is_none_or(|it| (1..=60).contains(&it)), "{name}: {retry:?}");
        assert_eq!(header(&response, "cache-control"), Some("no-store"), "{name}");
        assert!(response.body().is_empty(), "{name}");
    }
}

#[test]
fn grpc_answers_as_the_table_says() {
    for Case { name, mut world, guard, mut request, answer } in cases::all() {
        let grpc = HeaderValue::from_static("application/grpc+proto");
        request.headers_mut().insert("content-type", grpc);
        let response = world.ask(&guard, request);
        assert_eq!(response.status(), 200, "{name}");
        let code = answer.grpc.to_string();
        assert_eq!(header(&response, "grpc-status"), Some(&*code), "{name}");
        assert!(header(&response, "grpc-message").is_some_and(|it| !it.is_empty()), "{name}");
        assert_eq!(header(&response, "content-type"), Some("application/grpc"), "{name}");
        let pushback = header(&response, "grpc-retry-pushback-ms");
        let pushback = pushback.map(|it| it.parse::<u32>().expect("milliseconds"));
        assert_eq!(pushback.is_some(), answer.retry, "{name}");
        assert!(pushback.is_none_or(|it| (1..=60_000).contains(&it)), "{name}: {pushback:?}");
        assert!(response.body().is_empty(), "{name}");
    }
}

#[test]
fn the_observer_is_told_each_reason_once() {
    for Case { name, mut world, guard, request, answer } in cases::all() {
        world.ask(&guard, request);
        assert_eq!(world.reasons(), [answer.reason], "{name}");
    }
}

/// Row 20, and a good token beside it.
#[test]
fn an_optional_guard_lets_pass_who_presents_nothing() {
    let mut world = World::new();
    let guard = world.guard().optional().build().unwrap();
    let response = world.ask(&guard, request(&[]));
    assert_eq!((response.status().as_u16(), &**response.body()), (200, "nobody"));
    assert_eq!(header(&response, "vary"), Some("Authorization"));
    let token = world.token().subject("alice").sign();
    let response = world.ask(&guard, bearer(&token));
    assert_eq!((response.status().as_u16(), &**response.body()), (200, "alice"));
    assert_eq!(header(&response, "vary"), Some("Authorization"));

    let required = world.guard().build().unwrap();
    assert_eq!(header(&world.ask(&required, bearer(&token)), "vary"), None);
}

/// Row 22.
#[test]
fn a_preflight_passes_and_no_other_options_does() {
    let mut world = World::new();
    let guard = world.guard().build().unwrap();
    let preflight = [("origin", "https://app.example"), ("access-control-request-method", "GET")];
    let mut ask = |method: http::Method, headers: &[(&str, &str)]| {
        let mut request = request(headers);
        *request.method_mut() = method;
        let response = world.ask(&guard, request);
        (response.status().as_u16(), response.into_body())
    };
    assert_eq!(ask(http::Method::OPTIONS, &preflight), (200, "nobody".to_owned()));
    assert_eq!(ask(http::Method::OPTIONS, &preflight[..1]).0, 401);
    assert_eq!(ask(http::Method::OPTIONS, &preflight[1..]).0, 401);
    assert_eq!(ask(http::Method::GET, &preflight).0, 401);
}

/// Row 23.
#[test]
fn a_caller_is_asked_for_where_no_guard_ran() {
    let mut world = World::new();
    let response = world.memory.block_on(service_fn(answer).oneshot(request(&[]))).unwrap();
    assert!(response.body().contains("no guard ran"), "{}", response.body());
    // A need without a guard lets nobody in.
    let need = jwks_tower::Need::caller();
    let service = need.layer(service_fn(answer));
    let response = world.memory.block_on(service.oneshot(request(&[]))).unwrap();
    assert_eq!((response.status().as_u16(), &**response.body()), (500, ""));
    assert_eq!(header(&response, "www-authenticate"), None);
    let grpc = request(&[("content-type", "application/grpc")]);
    let service = need.layer(service_fn(answer));
    let response = world.memory.block_on(service.oneshot(grpc)).unwrap();
    assert_eq!(header(&response, "grpc-status"), Some("13"));
}

/// Nothing of the request comes back.
#[test]
fn no_answer_shows_what_was_presented() {
    for Case { name, mut world, guard, request, .. } in cases::all() {
        let values = request.headers().get_all("authorization");
        let presented: Vec<String> = values
            .iter()
            .filter_map(|value| Some(value.to_str().ok()?.split_once(' ')?.1.to_owned()))
            .filter(|token| token.len() > 8)
            .collect();
        let response = world.ask(&guard, request);
        let shown = format!("{response:?}");
        for token in presented {
            assert!(!shown.contains(&token) && !shown.contains(&token[..8]), "{name}: {shown}");
        }
    }
}
