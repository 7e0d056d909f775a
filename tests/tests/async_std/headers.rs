//! Headers and statuses, through the types of surf.

use jwks_async_std::jwks_core::cache::FetchErrorKind;
use jwks_conformance::Reply;

use crate::world::{LONG, World, client, every, ms, once};

#[test]
fn a_tag_goes_back_as_it_came() {
    // The last is none of ASCII, and none that surf can hold.
    for tag in [&b"W/\"v1\""[..], b"\"v, 1\"", b"\"a\\b\"", b"\"\"", b"\"\xe9\""] {
        let world = World::new();
        world.issuer.always(Reply::published().header("etag", tag));
        let mut service = world.prepare(every(ms(50)));
        service.spawn(&client());
        assert!(world.issuer.wait_for_fetches(2, LONG));
        let requests = world.issuer.requests();
        assert_eq!(requests[0].headers.get("if-none-match"), None);
        assert_eq!(requests[1].headers.get("if-none-match").unwrap().as_bytes(), tag);
    }
}

#[test]
fn repeated_headers_stay_apart() {
    let world = World::new();
    let answer =
        "HTTP/1.1 503 No\r\ncontent-length: 0\r\nretry-after: 30\r\nX-A: 1\r\nx-a: 2\r\n\r\n";
    world.issuer.always(Reply::raw(answer));
    let client = client();
    let response = async_std::task::block_on(client.send(jwks_async_std::surf::Request::new(
        jwks_async_std::surf::http::Method::Get,
        world.issuer.url().parse().unwrap(),
    )));
    let response = response.unwrap();
    let values: Vec<_> = response.header("x-a").unwrap().iter().map(|it| it.as_str()).collect();
    assert_eq!(values, ["1", "2"]);
    assert!(response.header("content-type").is_none(), "made up");
    assert!(response.header("date").is_none(), "made up");
}

#[test]
fn a_status_that_surf_does_not_know_is_told_as_it_was() {
    for status in [299, 430, 520, 599] {
        let world = World::new();
        world.issuer.always(Reply::status(status));
        let mut service = world.prepare(once());
        service.spawn(&client());
        let failure = service.failure();
        assert_eq!((failure.kind(), failure.status()), (FetchErrorKind::Status, Some(status)));
    }
}

#[test]
fn what_the_issuer_is_asked() {
    let world = World::new();
    let mut service = world.prepare(once());
    service.spawn(&client());
    service.verify(&world.token);
    let request = &world.issuer.requests()[0];
    assert_eq!(request.header("accept-encoding"), Some("identity"));
    assert_eq!(request.header("accept"), Some("application/jwk-set+json, application/json"));
    assert_eq!(request.header("host"), Some(&*world.issuer.address().to_string()));
    assert!(request.header("user-agent").unwrap().starts_with("jwks-core/"));
    assert_eq!((&*request.method, request.headers.len()), ("GET", 4), "{:?}", request.headers);
}
