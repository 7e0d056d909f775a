//! Answers that are no key set: each keeps the old keys, and says what it was.

use std::time::Duration;

use jwks_core::cache::{ErrorKind, FetchErrorKind as Kind};
use jwks_tests::{Reply, Signer, jwk_set};
use jwks_tokio::Policy;
use serde_json::json;

use crate::{
    log::failed,
    world::{World, ms},
};

const TIMEOUT: Duration = ms(300);
const MAX_BODY: usize = 4096;
const MAX_KEYS: usize = 3;

/// The reply, and how the failure begins when it is told in one line.
type Case = (Reply, Kind, &'static str);

#[test]
fn too_slow() {
    check([
        (Reply::hang(), Kind::Timeout, "the fetch timed out"),
        (Reply::published().stall_after(0), Kind::Timeout, "the fetch timed out"),
        (Reply::published().stall_after(20), Kind::Timeout, "the fetch timed out"),
        (Reply::published().trickle(1, ms(20)), Kind::Timeout, "the fetch timed out"),
        (Reply::published().delay(TIMEOUT * 2), Kind::Timeout, "the fetch timed out"),
    ]);
}

#[test]
fn broken_on_the_way() {
    const BODY: &str = "the response's body could not be read: ";
    check([
        (Reply::reset(), Kind::Other, "the fetch failed: "),
        (Reply::close(), Kind::Other, "the fetch failed: "),
        (Reply::malformed(), Kind::Other, "the fetch failed: "),
        (Reply::raw("HTTP/1.1 2000 OK\r\n\r\n"), Kind::Other, "the fetch failed: "),
        (Reply::published().truncate_after(20), Kind::Body, BODY),
        (Reply::published().reset_after(20), Kind::Body, BODY),
        (Reply::raw(CHUNKED), Kind::Body, BODY),
    ]);
}

#[test]
fn too_large() {
    const TEXT: &str = "the response is larger than 4096 bytes";
    let endless = Reply::oversized(1 << 20).chunked();
    check([
        (Reply::oversized(MAX_BODY + 1), Kind::TooLarge, TEXT),
        (Reply::oversized(MAX_BODY + 1).chunked(), Kind::TooLarge, TEXT),
        (endless, Kind::TooLarge, TEXT),
    ]);
}

#[test]
fn no_key_set() {
    let keys: Vec<_> = (0..=MAX_KEYS).map(|n| Signer::es256(&n.to_string())).collect();
    let keys: Vec<_> = keys.iter().collect();
    let unusable = json!({ "keys": [{ "kty": "oct", "k": "c2VjcmV0", "kid": "a" }] });
    let bodies = [
        "",
        "null",
        "[]",
        "{}",
        r#"{"keys":[]}"#,
        r#"{"keys":{}}"#,
        r#"{"keys":[]"#,
        r#"{"keys":[],"keys":[]}"#,
        &unusable.to_string(),
        &jwk_set(&keys),
        &"[".repeat(4000),
    ];
    check(bodies.map(|body| (Reply::keys(body), Kind::KeySet, "the key set was refused: ")));
    check([
        (Reply::not_json(), Kind::KeySet, "the key set was refused: "),
        (Reply::keys("\u{feff}{}"), Kind::KeySet, "the key set was refused: "),
    ]);
}

#[test]
fn other_statuses() {
    check([
        (Reply::status(404), Kind::Status, "the key server answered 404"),
        (Reply::status(410), Kind::Status, "the key server answered 410"),
        (Reply::status(500), Kind::Status, "the key server answered 500"),
        (Reply::status(204), Kind::Status, "the key server answered 204"),
        (Reply::status(206), Kind::Status, "the key server answered 206"),
        (Reply::status(304), Kind::Status, "the key server answered 304"),
        (Reply::status(401), Kind::Status, "the key server answered 401"),
        (Reply::status(429), Kind::Status, "the key server answered 429"),
        (Reply::status(503), Kind::Status, "the key server answered 503"),
    ]);
}

#[test]
fn redirects() {
    const TO: &str = "the key server answered 302, a redirect ";
    check([
        (Reply::redirect("/other"), Kind::Redirect, "the key server answered 302, a redirect on"),
        (Reply::redirect("https://elsewhere.example/k?code=1"), Kind::Redirect, TO),
        (Reply::redirect("http://127.0.0.1:1/keys"), Kind::Redirect, TO),
        (Reply::status(307).header("location", b"\xff"), Kind::Redirect, "the key server answered"),
        (Reply::status(301), Kind::Status, "the key server answered 301"),
    ]);
}

#[test]
fn encoded() {
    const TEXT: &str = "the response has the content encoding 'gzip', which was not asked for";
    check([
        (Reply::published().header("content-encoding", "gzip"), Kind::Encoding, TEXT),
        (Reply::published().header("content-encoding", "identity, gzip"), Kind::Encoding, TEXT),
    ]);
}

/// Loads, refreshes by hand into the bad answer, and looks at what is left.
fn check(cases: impl IntoIterator<Item = Case>) {
    for (reply, kind, text) in cases {
        let name = format!("{reply:?}");
        let name = name.get(..200).unwrap_or(&name);
        let world = World::new();
        let policy = Policy::builder().max_body(MAX_BODY).max_keys(MAX_KEYS);
        let service = world.loaded(policy.fetch_timeout(TIMEOUT));
        world.issuer.next(reply);
        let refreshed = pollster::block_on(service.cache().refresh());
        let error = refreshed.expect_err("a bad answer");
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{name}");
        let failure = error.last_failure().expect("a failure");
        assert_eq!(failure.kind(), kind, "{name}: {failure:?}");

        // Nothing was lost, and who asks is told.
        service.passes_at_once(&world.token());
        let status = service.status();
        assert!(status.healthy && status.failures == 1, "{name}: {status:#?}");
        let told = status.last_error.expect("an error");
        assert!(told.starts_with(text), "{name}: {told}");
        assert!(!told.contains('\n') && told.len() < 400, "{name}: {told}");
        assert!(!told.contains(&world.issuer.url()), "{name}: {told}");
        assert_eq!(world.log.count(failed), 1, "{name}");
        // By hand, so it is no automatic attempt, and none is planned for its sake.
        let line = format!("refresh failed: {told}; next try in ");
        assert_eq!(world.log.count(|event| event.to_string().starts_with(&line)), 1, "{name}");
        let same = world.log.failures().iter().all(|failure| failure.kind() == kind);
        assert!(same, "{name}");
        assert_eq!(world.issuer.fetches(), 2, "{name}");
    }
}

const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"key\r\nx\r\n";
