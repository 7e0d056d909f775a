//! Renewal by 304.

use std::time::{Duration, UNIX_EPOCH};

use jwks_core::{
    cache::{Event, EventKind},
    refresh::PolicyBuilder,
    verify::ErrorKind,
};

use crate::{
    Stage,
    world::{completed, last, lifetime, ms, scripted},
};
use jwks_testkit::{Reply, Signer, jwk_set};

/// A policy with conditional requests, which are off by default.
fn conditional(interval: Duration) -> PolicyBuilder {
    scripted(interval).conditional_requests(true)
}

pub(super) fn validators_are_sent_back_and_the_keys_go_on(stage: &Stage<'_>) {
    let published = || Reply::published().last_modified(UNIX_EPOCH);
    for (reply, tag) in [
        (published().etag("\"v1\""), Some("\"v1\"")),
        (published().etag("W/\"v1\""), Some("W/\"v1\"")),
        // Many sets may have one date.
        (published(), None),
    ] {
        let world = stage.world();
        (0..3).for_each(|_| world.issuer.next(reply.clone()));
        world.issuer.always(last(reply));
        let service = world.loaded(conditional(ms(100)));
        world.log.wait_for(3, |event| completed(event) && unmodified(event) == tag.is_some());
        service.passes_at_once(&world.token());
        let requests = world.issuer.requests();
        assert_eq!(requests[0].header("if-none-match"), None);
        assert!(requests.iter().all(|request| request.header("if-modified-since").is_none()));
        for request in &requests[1..] {
            assert_eq!(request.header("if-none-match"), tag);
        }
        assert_eq!(world.log.count(replaced), if tag.is_some() { 0 } else { 3 });
        assert_eq!(service.status().failures, 0);
        world.never_two_at_once();
    }
}

pub(super) fn a_tag_goes_back_as_it_came(stage: &Stage<'_>) {
    // The last is no ASCII: HTTP allows it (RFC 9110, section 8.8.3).
    for tag in [&b"\"v, 1\""[..], b"\"a\\b\"", b"\"\"", b"\"\xe9\""] {
        let world = stage.world();
        let reply = Reply::published().header("etag", tag);
        world.issuer.next(reply.clone());
        world.issuer.always(last(reply));
        let service = world.loaded(conditional(ms(100)));
        world.log.wait_for(1, completed);
        let requests = world.issuer.requests();
        let sent = requests[1].headers.get("if-none-match").map(|value| value.as_bytes());
        assert_eq!(sent, Some(tag));
        assert_eq!(service.status().failures, 0);
    }
}

pub(super) fn a_new_set_takes_the_place_of_a_confirmed_one(stage: &Stage<'_>) {
    let world = stage.world();
    let next = Signer::eddsa("k2");
    let renewed = Reply::keys(jwk_set(&[&next])).etag("\"v2\"");
    world.issuer.next(Reply::published().etag("\"v1\""));
    world.issuer.next(Reply::published().etag("\"v1\""));
    world.issuer.next(renewed.clone());
    world.issuer.always(last(renewed));
    let service = world.loaded(conditional(ms(100)));
    world.log.wait_for(3, completed);
    let kinds: Vec<_> = world.log.events().into_iter().filter(completed).collect();
    assert!(unmodified(&kinds[0]) && replaced(&kinds[1]) && unmodified(&kinds[2]), "{kinds:#?}");
    service.passes_at_once(&next.sign(&world.claims()));
    let keys = service.status().keys;
    assert_eq!(keys.len(), 1, "the withdrawn key is gone: {keys:?}");
}

pub(super) fn a_304_that_nobody_asked_for_is_a_failure(stage: &Stage<'_>) {
    let world = stage.world();
    world.issuer.next(Reply::status(304));
    world.issuer.next(Reply::status(304).etag("\"v1\""));
    let service = world.start(lifetime(Duration::from_secs(60)).retry(ms(20), ms(20)));
    service.until(|status| status.healthy);
    service.passes_at_once(&world.token());
    let requests = world.issuer.requests();
    assert!(requests.iter().all(|request| request.header("if-none-match").is_none()));
    let failures = world.log.failures();
    assert_eq!(failures.len(), 2);
    for failure in failures {
        let text = "the key server answered 304 to a request that was not conditional";
        assert_eq!(failure.to_string(), text);
    }
    // The kid of another set is no reason to doubt the held one.
    let error = service.verify(&Signer::es256("k1").sign(&world.claims())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidSignature);
}

fn replaced(event: &Event) -> bool {
    completed(event) && !unmodified(event)
}

fn unmodified(event: &Event) -> bool {
    matches!(event.kind(), EventKind::RefreshCompleted { modified: false, .. })
}
