//! Renewal by 304.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jwks_core::verify::ErrorKind;
use jwks_tests::{Reply, Signer};
use jwks_tokio::Event;

use crate::{
    log::completed,
    world::{LONG, World, lifetime, ms},
};

const MODIFIED: SystemTime = UNIX_EPOCH;
const MODIFIED_TEXT: &str = "Thu, 01 Jan 1970 00:00:00 GMT";

#[test]
fn validators_are_sent_back_and_the_keys_go_on() {
    let published = Reply::published;
    for (reply, tag, modified) in [
        (published().etag("\"v1\""), Some("\"v1\""), None),
        (published().etag("W/\"v1\""), Some("W/\"v1\""), None),
        (published().last_modified(MODIFIED), None, Some(MODIFIED_TEXT)),
        (published().etag("\"v1\"").last_modified(MODIFIED), Some("\"v1\""), Some(MODIFIED_TEXT)),
    ] {
        let world = World::new();
        world.issuer.always(reply);
        let service = world.loaded(lifetime(ms(100)));
        world.log.wait_for(3, unmodified);
        service.passes_at_once(&world.token());
        let requests = world.issuer.requests();
        assert_eq!(requests[0].header("if-none-match"), None);
        assert_eq!(requests[0].header("if-modified-since"), None);
        for request in &requests[1..] {
            assert_eq!(request.header("if-none-match"), tag);
            assert_eq!(request.header("if-modified-since"), modified);
            assert_eq!(request.connection, 1, "the connection is kept");
        }
        assert_eq!(world.log.count(replaced), 0);
        assert_eq!(world.issuer.max_open(), 1);
        assert_eq!(service.status().failures, 0);
    }
}

#[test]
fn a_new_set_takes_the_place_of_a_confirmed_one() {
    let world = World::new();
    world.issuer.always(Reply::published().tagged());
    let service = world.loaded(lifetime(ms(100)));
    world.log.wait_for(1, unmodified);
    let next = Signer::eddsa("k2");
    world.issuer.publish(&[&next]);
    world.log.wait_for(1, replaced);
    world.log.wait_for(3, unmodified);
    service.passes_at_once(&next.sign(&world.claims()));
    let error = service.verifier.try_verify::<jwks_tokio::Registered>(&world.token());
    assert_eq!(error.unwrap_err().kind(), ErrorKind::UnknownKid);
}

#[test]
fn a_confirmation_prolongs_the_trust() {
    let world = World::new();
    world.issuer.always(Reply::published().tagged());
    let policy = lifetime(ms(300)).stale_if_error(ms(1000)).fetch_timeout(ms(400));
    let service = world.loaded(policy.max_trust(ms(1300)));
    let first = service.status().trust_until.unwrap();
    while SystemTime::now() < first + ms(200) {
        service.passes_at_once(&world.token());
        std::thread::sleep(ms(5));
    }
    assert!(service.status().trust_until.unwrap() > first);
    assert_eq!(world.log.count(replaced), 0);
}

#[test]
fn a_304_that_nobody_asked_for_is_a_failure() {
    let world = World::new();
    world.issuer.next(Reply::status(304));
    world.issuer.next(Reply::status(304).etag("\"v1\""));
    let service = world.start(lifetime(Duration::from_secs(60)).retry(ms(20), ms(20)));
    assert!(world.issuer.wait_for_fetches(3, LONG));
    service.verify(&world.token()).unwrap();
    let requests = world.issuer.requests();
    assert!(requests.iter().all(|request| request.header("if-none-match").is_none()));
    let failures = world.log.failures();
    assert_eq!(failures.len(), 2);
    for failure in failures {
        let text = "the key server answered 304 to a request that was not conditional";
        assert_eq!(failure.to_string(), text);
    }
}

fn replaced(event: &Event) -> bool {
    completed(event) && !unmodified(event)
}

fn unmodified(event: &Event) -> bool {
    matches!(event, Event::RefreshCompleted { modified: false, .. })
}
