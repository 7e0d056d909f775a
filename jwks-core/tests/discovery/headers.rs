//! Headers of the source's own: who sees them, and when they are made.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{HeaderMap, HeaderValue};
use jwks_core::adapter::Fetch;
use jwks_core::cache::{FetchErrorKind, Relaxation, Source, SourceBuilder};

use crate::provider::{ISSUER, Provider, SET, response};
use crate::world::{World, mins, policy, reply};

/// A token that is another each time.
fn source() -> SourceBuilder {
    let made = Arc::new(AtomicUsize::new(0));
    Source::builder().headers_with(move || {
        let number = made.fetch_add(1, Ordering::Relaxed) + 1;
        async move { Ok::<_, String>(one("authorization", &format!("Bearer hush-{number}"))) }
    })
}

fn one(name: &'static str, value: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(name, HeaderValue::from_str(value).unwrap());
    headers
}

/// What the adapter sends.
fn authorization(fetch: &mut Fetch) -> Option<String> {
    block_on(fetch.headers.add_to(&mut fetch.request)).unwrap();
    let value = fetch.request.headers().get("authorization")?;
    assert!(value.is_sensitive());
    assert!(!format!("{fetch:?} {:?} {:?}", fetch.request, fetch.headers).contains("hush"));
    Some(value.to_str().unwrap().to_owned())
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("it waits"),
    }
}

/// The tokens of the requests of one attempt, with discovery.
fn tokens(source: SourceBuilder, jwks_uri: &'static str) -> [Option<String>; 2] {
    let provider = Provider { jwks_uri, ..Provider::new() };
    let mut world = World::of(policy(), source.discover(ISSUER).unwrap());
    let mut fetch = world.fetch();
    let document = authorization(&mut fetch);
    reply(fetch, response(200, &provider.document()));
    let mut fetch = world.fetch();
    let keys = authorization(&mut fetch);
    reply(fetch, response(200, SET));
    world.idle();
    assert!(world.serves());
    [document, keys]
}

#[test]
fn they_are_made_for_each_request() {
    let source = source().jwks_uri("https://id.example.com/keys").unwrap();
    let mut world = World::of(policy(), source);
    for number in 1..=3 {
        let mut fetch = world.fetch();
        let expected = format!("Bearer hush-{number}");
        assert_eq!(authorization(&mut fetch), Some(expected));
        reply(fetch, response(200, SET));
        world.idle();
        world.pass(mins(60));
    }
}

#[test]
fn only_the_origin_of_the_configured_url_sees_them() {
    for same in [
        "https://id.example.com/keys",
        "https://id.example.com:443/keys",
        "https://ID.EXAMPLE.com/keys?x",
    ] {
        let [document, keys] = tokens(source(), same);
        assert_eq!(document.as_deref(), Some("Bearer hush-1"));
        assert_eq!(keys.as_deref(), Some("Bearer hush-2"), "{same}");
    }
    for other in [
        "https://keys.example.com/1",
        "https://id.example.com:8443/keys",
        "https://id.example.com.evil.example/keys",
        "https://example.com/keys",
        "https://evil.example/id.example.com/",
    ] {
        let [document, keys] = tokens(source(), other);
        assert_eq!((document.as_deref(), keys), (Some("Bearer hush-1"), None), "{other}");
    }
}

#[test]
fn another_origin_sees_them_if_it_is_named() {
    let source = || source().headers_also_to("https://Keys.example.com");
    let [_, keys] = tokens(source(), "https://keys.example.com/1");
    assert_eq!(keys.as_deref(), Some("Bearer hush-2"));
    let [_, keys] = tokens(source(), "https://keys.example.com:444/1");
    assert_eq!(keys, None);
}

#[test]
fn a_refusal_without_them_says_so() {
    for (status, hint) in [(401, true), (403, true), (404, false), (500, false)] {
        let mut world = World::of(policy(), source().discover(ISSUER).unwrap());
        reply(world.fetch(), response(200, &Provider::new().document()));
        reply(world.fetch(), response(status, ""));
        world.idle();
        let text = world.failures()[0].to_string();
        assert_eq!(text.contains("`headers_also_to`"), hint, "{text}");
    }
    let mut world = World::of(policy(), Source::discover(ISSUER).unwrap());
    reply(world.fetch(), response(200, &Provider::new().document()));
    reply(world.fetch(), response(401, ""));
    world.idle();
    assert_eq!(world.failures()[0].to_string(), "the key server answered 401");
}

#[test]
fn what_the_request_says_anyway_is_not_theirs_to_say() {
    for name in ["host", "accept", "if-none-match", "user-agent", "transfer-encoding", "range"] {
        let make = move || async move { Ok::<_, String>(one(name, "x")) };
        let source = Source::builder().headers_with(make).jwks_uri("https://a/keys").unwrap();
        let mut fetch = World::of(policy(), source).fetch();
        let before = fetch.request.headers().clone();
        let error = block_on(fetch.headers.add_to(&mut fetch.request)).unwrap_err();
        assert_eq!(error.kind(), FetchErrorKind::Headers);
        assert_eq!(fetch.request.headers(), &before, "{name}");
    }
}

#[test]
fn each_relaxation_is_seen() {
    let source = source()
        .headers_also_to("https://keys.example.com")
        .allow_http_host("keys.internal:80")
        .allow_loopback_http()
        .discovery_url("http://keys.internal/document")
        .discover(ISSUER)
        .unwrap();
    let world = World::of(policy(), source);
    let all = [
        Relaxation::Headers,
        Relaxation::HeadersAlsoTo,
        Relaxation::HttpHost,
        Relaxation::LoopbackHttp,
        Relaxation::DiscoveryUrl,
    ];
    let mut seen = world.status().relaxations;
    assert_eq!(*world.cache.relaxations(), *seen);
    seen.sort_by_key(|it| all.iter().position(|other| other == it));
    assert_eq!(seen, all);
    let oauth = Source::builder().discover_oauth(ISSUER).unwrap();
    assert_eq!(World::of(policy(), oauth).status().relaxations, [Relaxation::OAuthMetadata]);
    let plain = World::of(policy(), Source::discover(ISSUER).unwrap());
    assert!(plain.status().relaxations.is_empty());
}
