//! Answers of the issuer that lead nowhere.

use std::error::Error;

use http::Response;
use jwks_core::cache::{FetchErrorKind, Source};

use crate::provider::{DOCUMENT, ISSUER, KEYS, Provider, response};
use crate::world::{World, policy, reply, secs};

fn chain(error: &dyn Error) -> String {
    let cause = error.source().map(|cause| format!(": {}", chain(cause)));
    format!("{error}{}", cause.unwrap_or_default())
}

/// What becomes of this first answer: its text.
fn refused(answer: Response<Vec<u8>>) -> String {
    let mut world = World::new(policy());
    reply(world.fetch(), answer);
    world.idle();
    assert!(!world.serves());
    let error = world.failures().remove(0);
    assert_eq!(error.kind(), FetchErrorKind::Discovery);
    assert!(error.is_discovery() && !error.is_key_set());
    assert_eq!(world.urls(), [DOCUMENT]);
    assert_eq!(world.status().last_error, Some(chain(&error)));
    chain(&error)
}

fn refused_document(provider: &Provider) -> String {
    refused(response(200, &provider.document()))
}

#[test]
fn the_document_of_another_issuer() {
    for (issuer, shown) in [
        ("https://id.example.com", "https://id.example.com"),
        ("https://evil.example.com/", "https://evil.example.com/"),
        (r"\u001b[31m\n", r"\u{1b}[31m\n"),
    ] {
        let text = refused_document(&Provider { issuer, ..Provider::new() });
        let reason =
            format!("the document is that of another issuer, `{shown}`, not of `{ISSUER}`");
        let slash = issuer == "https://id.example.com";
        let hint = if slash { ": they differ by the slash at the end" } else { "" };
        assert_eq!(text, format!("discovery failed: {reason}{hint}"));
    }
}

#[test]
fn a_step_down_to_http() {
    let refusal = "discovery failed: the document's `jwks_uri` is refused";
    for (jwks_uri, reason) in [
        ("http://keys.example.com/1", "the url is not https"),
        (
            "http://127.0.0.1/1",
            "the url is plain http to this machine, which has to be allowed; for tests, allow it with \
             `allow_loopback_http`",
        ),
        ("file:///etc/passwd", "the url is malformed"),
        ("/1", "the url is relative"),
    ] {
        let text = refused_document(&Provider { jwks_uri, ..Provider::new() });
        assert!(text.starts_with(&format!("{refusal}: {reason}")), "{text}");
    }
}

#[test]
fn loopback_is_for_issuers_on_loopback() {
    let here = "http://localhost:1";
    let document = |jwks_uri| {
        let provider = Provider { issuer: here, jwks_uri, ..Provider::new() };
        response(200, &provider.document())
    };
    assert!(Source::discover(here).unwrap_err().is_insecure());
    for jwks_uri in ["http://127.0.0.1:2/keys", KEYS] {
        let source = Source::builder().allow_loopback_http().discover(here).unwrap();
        let mut world = World::of(policy(), source);
        reply(world.fetch(), document(jwks_uri));
        assert_eq!(world.fetch().request.uri(), jwks_uri);
    }
    let source = Source::builder().allow_loopback_http().discover(ISSUER).unwrap();
    let mut world = World::of(policy(), source);
    let provider = Provider { jwks_uri: "http://localhost:1/keys", ..Provider::new() };
    reply(world.fetch(), response(200, &provider.document()));
    world.idle();
    assert!(world.failures()[0].is_discovery());
}

#[test]
fn what_is_no_document() {
    for (answer, reason) in [
        (response(200, "<html>"), "the document is not JSON (line 1, column 1)"),
        (response(200, ""), "the key server answered 200 with an empty body"),
        (response(200, "{}"), "the document has no `issuer` that is a string"),
        (
            response(200, &format!(r#"{{"issuer":"{ISSUER}"}}"#)),
            "the document has no `jwks_uri` that is a string",
        ),
        (
            response(200, &" ".repeat(600 << 10)),
            "the response is larger than 524288 bytes (setting `max_body`)",
        ),
        (response(304, ""), "the key server answered 304 to a request that was not conditional"),
        (response(404, ""), "the key server answered 404"),
        (response(500, ""), "the key server answered 500"),
    ] {
        assert_eq!(refused(answer), format!("discovery failed: {reason}"));
    }
    let redirect = Response::builder().status(302).header("location", "https://b.example/secret");
    let text = refused(redirect.body(Vec::new()).unwrap());
    assert!(
        text.contains("a redirect to https://b.example; redirects are not followed, so "),
        "{text}"
    );
}

#[test]
fn the_issuer_may_ask_for_a_pause() {
    let pause = || {
        let response = Response::builder().status(503).header("retry-after", "30");
        response.body(Vec::new()).unwrap()
    };
    for first in [true, false] {
        let mut world = World::new(policy());
        if !first {
            reply(world.fetch(), response(200, &Provider::new().document()));
        }
        reply(world.fetch(), pause());
        assert_eq!(world.idle(), secs(30));
        let error = world.failures().remove(0);
        assert_eq!((error.status(), error.is_discovery()), (Some(503), first));
    }
}
