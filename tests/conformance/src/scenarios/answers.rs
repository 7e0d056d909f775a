//! Whole answers, right or wrong: what is wrong keeps the old keys, and says what it was.

use std::time::{Duration, SystemTime};

use jwks_core::{
    cache::{ErrorKind, FetchErrorKind as Kind},
    refresh::{Policy, PolicyBuilder},
};

use crate::{
    Stage,
    world::{LONG, World, completed, failed, ms, scripted},
};
use jwks_testkit::{Reply, Signer, jwk_set};

const MAX_BODY: usize = 64 * 1024;
const MAX_KEYS: usize = 3;

pub(super) fn slow_ones_are_waited_for(stage: &Stage<'_>) {
    for reply in [
        Reply::published().delay(ms(300)),
        Reply::published().trickle(100, ms(20)),
        Reply::published().chunked(),
    ] {
        let world = stage.world();
        world.issuer.next(reply);
        let service = world.loaded(Policy::builder());
        service.passes_at_once(&world.token());
        assert_eq!(service.status().failures, 0);
    }
}

/// The timeout is for the whole attempt: no part of it ends earlier.
pub(super) fn late_ones_are_waited_for_to_the_deadline(stage: &Stage<'_>) {
    let timeout = ms(4000);
    let late = [
        // Of the answer, and of its body: three fifths of the time, when all else takes none.
        Reply::published().delay(timeout * 3 / 5),
        Reply::published().trickle(20, timeout / 20),
    ];
    let waiting = late.map(|reply| {
        let world = stage.world();
        world.issuer.next(reply);
        let service = world.start(Policy::builder().fetch_timeout(timeout).wait_budget(LONG));
        (world, service)
    });
    for (world, service) in waiting {
        service.verify(&world.token()).expect("a valid token");
        assert_eq!(world.log.failures().first().map(ToString::to_string), None);
    }
}

pub(super) fn interim_ones_are_passed_over(stage: &Stage<'_>) {
    let world = stage.world();
    let body = jwk_set(&[&world.key]);
    // RFC 9110, section 15.2: any number of them may come before the answer.
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
    let length = body.len();
    let answer = format!("{interim}HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}");
    world.issuer.next(Reply::raw(answer));
    let service = world.loaded(Policy::builder());
    service.passes_at_once(&world.token());
    assert_eq!(service.status().failures, 0);
}

pub(super) fn as_large_as_allowed_passes(stage: &Stage<'_>) {
    for reply in [Reply::oversized(MAX_BODY), Reply::oversized(MAX_BODY).chunked()] {
        let world = stage.world();
        world.issuer.next(reply);
        let service = world.loaded(limited());
        service.passes_at_once(&world.token());
        assert_eq!(service.status().failures, 0);
    }
}

pub(super) fn too_large_is_refused(stage: &Stage<'_>) {
    for reply in [
        Reply::oversized(MAX_BODY + 1),
        Reply::oversized(MAX_BODY + 1).chunked(),
        // Who does not count reads for ever, or waits for the rest.
        Reply::published().endless(),
        Reply::oversized(1 << 20).stall_after(MAX_BODY + 1000),
    ] {
        let told = refused(&stage.world(), limited(), reply, &[Kind::TooLarge]);
        assert_eq!(told, "the response is larger than 65536 bytes (setting `max_body`)");
    }
}

pub(super) fn not_a_key_set_is_refused(stage: &Stage<'_>) {
    let keys: Vec<_> = (0..=MAX_KEYS).map(|n| Signer::es256(&n.to_string())).collect();
    let keys: Vec<_> = keys.iter().collect();
    for reply in [Reply::not_json(), Reply::keys(r#"{"keys":[]}"#), Reply::keys(jwk_set(&keys))] {
        let told = refused(&stage.world(), limited(), reply, &[Kind::KeySet]);
        assert!(told.starts_with("the key set was refused: "), "{told}");
    }
}

pub(super) fn empty_ones_are_said_to_be_empty(stage: &Stage<'_>) {
    for reply in [Reply::keys(""), Reply::keys("\r\n").chunked()] {
        let told = refused(&stage.world(), limited(), reply, &[Kind::KeySet]);
        assert_eq!(told, "the key server answered 200 with an empty body");
    }
}

pub(super) fn other_statuses_are_failures(stage: &Stage<'_>) {
    let date = SystemTime::now() + Duration::from_secs(30);
    for (status, reply) in [
        (404, Reply::status(404)),
        (500, Reply::status(500)),
        (429, Reply::status(429)),
        (429, Reply::status(429).retry_after(30)),
        (503, Reply::status(503).retry_after(30)),
        (503, Reply::status(503).retry_after_date(date)),
        (204, Reply::status(204)),
        (304, Reply::status(304)),
        // Neither is registered.
        (299, Reply::status(299)),
        (520, Reply::status(520)),
        (401, Reply::status(401).header("www-authenticate", "Basic realm=\"keys\"")),
    ] {
        let told = refused(&stage.world(), limited(), reply, &[Kind::Status]);
        let text = format!("the key server answered {status}");
        assert!(told.starts_with(&text), "{told}, not {text}");
    }
}

/// It may say how long the body is that it does not send (RFC 9110, section 8.6).
pub(super) fn a_304_has_no_body_whatever_its_length(stage: &Stage<'_>) {
    let reply = Reply::raw("HTTP/1.1 304 Not Modified\r\ncontent-length: 1234\r\n\r\n");
    let told = refused(&stage.world(), limited(), reply, &[Kind::Status]);
    assert!(told.starts_with("the key server answered 304"), "{told}");
}

pub(super) fn redirects_are_not_followed(stage: &Stage<'_>) {
    for reply in [
        Reply::redirect("/elsewhere"),
        Reply::redirect("https://elsewhere.example/k?code=1"),
        Reply::status(307).header("location", "/elsewhere"),
        Reply::status(308).header("location", b"\xff"),
    ] {
        let world = stage.world();
        world.issuer.always_at("/elsewhere", Reply::published());
        let told = refused(&world, limited(), reply, &[Kind::Redirect]);
        assert!(told.contains(", a redirect "), "{told}");
        assert_eq!(world.issuer.fetches_of("/elsewhere"), 0);
    }
}

pub(super) fn encoded_ones_are_refused(stage: &Stage<'_>) {
    let reply = Reply::published().header("content-encoding", "gzip");
    let told = refused(&stage.world(), limited(), reply, &[Kind::Encoding]);
    assert_eq!(told, "the response has the content encoding 'gzip', which was not asked for");
}

pub(super) fn odd_headers_do_no_harm(stage: &Stage<'_>) {
    // Of two headers with one name both count, whichever comes first.
    for (one, other) in [("public", "max-age=3600"), ("max-age=3600", "public")] {
        let world = stage.world();
        let body = jwk_set(&[&world.key]);
        let head = format!(
            "HTTP/1.1 200 OK\r\nx-odd: \u{fc}\r\nX-EMPTY:\r\ncache-control: {one}\r\n\
             CACHE-CONTROL: {other}\r\ncontent-type: nonsense\r\ndate: yesterday\r\n\
             set-cookie: a=1\r\nset-cookie: b=2\r\ncontent-length: {}\r\nconnection: close\r\n",
            body.len()
        );
        world.issuer.next(Reply::raw(format!("{head}\r\n{body}")));
        let service = world.loaded(scripted(ms(300)));
        service.passes_at_once(&world.token());
        let refresh = service.status().next_refresh_at.expect("one is planned");
        assert!(refresh > SystemTime::now() + Duration::from_secs(600), "{one}, then {other}");
        assert_eq!((world.log.count(completed), world.log.count(failed)), (0, 0));
    }
}

/// Loads, refreshes by hand into the bad answer, and looks at what is left. Returns what an
/// operator is told.
pub(super) fn refused(
    world: &World<'_>,
    policy: PolicyBuilder,
    reply: Reply,
    kinds: &[Kind],
) -> String {
    let name = format!("{reply:?}");
    let name = name.get(..200).unwrap_or(&name);
    let service = world.loaded(policy);
    world.issuer.next(reply);
    let error = match service.refresh() {
        Ok(()) => panic!("this was taken for a good answer: {name}"),
        Err(error) => error,
    };
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{name}");
    let failure = error.last_failure().expect("a failure");
    let kind = failure.kind();
    assert!(kinds.contains(&kind), "{kind:?}, not one of {kinds:?}: {failure} after {name}");

    // Whoever gives up, at the deadline or at the limit, ends the exchange.
    assert!(world.issuer.wait_for_idle(LONG), "{name}: the fetch was not ended");

    // Nothing was lost, and who asks is told.
    service.passes_at_once(&world.token());
    let status = service.status();
    assert!(status.healthy && status.failures == 1, "{name}: {status:#?}");
    let told = status.last_error.expect("an error");
    assert!(!told.contains('\n') && told.len() < 400, "{name}: {told}");
    assert!(!told.contains(&world.issuer.url()), "{name}: {told}");
    let line = format!("refresh failed (attempt 1): {told}; next try in ");
    world.log.exactly(1, |event| event.kind().to_string().starts_with(&line));
    assert_eq!(world.issuer.fetches(), 2, "{name}");
    told
}

fn limited() -> PolicyBuilder {
    Policy::builder().max_body(MAX_BODY).max_keys(MAX_KEYS)
}
