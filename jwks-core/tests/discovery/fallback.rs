//! Rule 14: a document that cannot be read again must not kill keys that live.

use jwks_core::cache::{FetchError, FetchErrorKind};

use crate::provider::{DOCUMENT, ISSUER, KEYS, MOVED, Provider, SET, response};
use crate::world::{World, mins, policy, reply, secs};

type Answer = Result<http::Response<Vec<u8>>, FetchError>;

/// A world whose next attempt, now, begins with the document; and the request for that.
fn about_to_ask() -> (World, jwks_core::adapter::Fetch) {
    let mut world = World::new(policy());
    world.run_to(mins(64) - secs(1), &Provider::new());
    world.pass(secs(1));
    world.urls();
    let fetch = world.fetch();
    assert_eq!(fetch.request.uri(), DOCUMENT);
    (world, fetch)
}

fn whatever_may_go_wrong() -> Vec<Answer> {
    let documents = ["", "<html>", "{}", "[]", r#"{"issuer":7}"#];
    let no_uri = format!(r#"{{"issuer":"{ISSUER}"}}"#);
    let documents = documents.into_iter().chain([&*no_uri]);
    let statuses = [204, 304, 400, 401, 403, 404, 410, 429, 500, 503];
    let redirect = http::Response::builder().status(302).header("location", MOVED);
    documents
        .map(|document| Ok(response(200, document)))
        .chain(statuses.map(|status| Ok(response(status, ""))))
        .chain([
            Ok(redirect.body(Vec::new()).unwrap()),
            Err(FetchError::connect("refused")),
            Err(FetchError::body("reset")),
            Err(FetchError::timeout()),
            Err(FetchError::too_large(5)),
        ])
        .collect()
}

#[test]
fn the_attempt_goes_on_with_the_known_place_and_the_next_leaves_the_document_out() {
    for answer in whatever_may_go_wrong() {
        let (mut world, fetch) = about_to_ask();
        let told = format!("{answer:?}");
        fetch.reply.send(answer);
        let fetch = world.fetch();
        assert_eq!(fetch.request.uri(), KEYS, "{told}");
        reply(fetch, response(200, SET));
        world.idle();
        assert_eq!((world.status().failures, world.failures().len()), (0, 0), "{told}");
        assert_eq!(world.status().confirmed_at, world.wall());
        let error = world.discovery_failures().remove(0);
        assert_eq!(error.kind(), FetchErrorKind::Discovery, "{told}");
        // Half an hour later it is asked again, and heard.
        world.run_to(mins(97), &Provider { jwks_uri: MOVED, ..Provider::new() });
        assert_eq!(world.urls(), [DOCUMENT, KEYS, KEYS, DOCUMENT, MOVED], "{told}");
        assert_eq!(world.discovery_failures().len(), 1);
    }
}

#[test]
fn dropped_without_an_answer() {
    let (mut world, fetch) = about_to_ask();
    drop(fetch);
    assert_eq!(world.fetch().request.uri(), KEYS);
    assert_eq!(world.status().failures, 0);
}

#[test]
fn a_dead_document_host_costs_no_key() {
    let mut world = World::new(policy());
    world.run_to(mins(1), &Provider::new());
    world.urls();
    for minute in 1..=24 * 60 {
        world.run_to(mins(minute), &Provider { document_status: 500, ..Provider::new() });
        assert!(world.serves(), "minute {minute}");
    }
    let count = |url| world.asked.iter().filter(|asked| asked.url == url).count();
    // The keys every 16 minutes; the document with every second of these, from 64 on.
    assert_eq!((count(KEYS), count(DOCUMENT)), (90, 44));
    assert_eq!((world.status().fetches, world.status().failures), (91, 0));
    assert_eq!(world.discovery_failures().len(), 44);
}

#[test]
fn the_document_gets_half_of_the_time() {
    let (mut world, fetch) = about_to_ask();
    let begin = world.now;
    assert_eq!(fetch.deadline.since_origin(), begin + secs(5) / 2);
    assert_eq!(world.idle(), begin + secs(5) / 2);
    world.pass(secs(5) / 2);
    // The adapter has not told of the end; this request ends the one before it.
    let keys = world.fetch();
    assert_eq!(keys.request.uri(), KEYS);
    assert_eq!(keys.deadline.since_origin(), begin + secs(5));
    assert_eq!(world.idle(), begin + secs(5));
    // Whatever comes of the first, comes too late.
    reply(fetch, response(200, &Provider { jwks_uri: MOVED, ..Provider::new() }.document()));
    assert_eq!(world.idle(), begin + secs(5));
    world.pass(secs(2));
    reply(keys, response(200, SET));
    world.idle();
    assert_eq!(world.status().confirmed_at, world.wall());
    assert_eq!(world.status().failures, 0);
    assert_eq!(world.status().source, format!("{DOCUMENT} -> {KEYS}"));
    assert!(world.discovery_failures()[0].to_string().contains("discovery failed"));
    world.run_to(mins(81), &Provider::new());
    assert_eq!(world.urls(), [DOCUMENT, KEYS, KEYS]);
}

#[test]
fn a_late_answer_of_the_document_neither_fails_nor_moves_the_fetch_of_the_keys() {
    let other = Provider { issuer: "https://evil.example.com/", ..Provider::new() };
    let moved = Provider { jwks_uri: MOVED, ..Provider::new() };
    let mut answers = whatever_may_go_wrong();
    answers.push(Ok(response(200, &other.document())));
    answers.push(Ok(response(200, &moved.document())));
    let dropped = answers.len();
    for case in 0..=dropped {
        // At the very end of its time, and after it.
        for late in [false, true] {
            let (mut world, fetch) = about_to_ask();
            world.pass(secs(5) / 2);
            let keys = late.then(|| world.fetch());
            match answers.get_mut(case) {
                Some(answer) => {
                    let answer = std::mem::replace(answer, Err(FetchError::timeout()));
                    let again = clone(&answer);
                    fetch.reply.send(answer);
                    answers[case] = again;
                }
                None => drop(fetch),
            }
            let keys = keys.unwrap_or_else(|| world.fetch());
            assert_eq!(keys.request.uri(), KEYS, "case {case}");
            world.idle();
            reply(keys, response(200, SET));
            world.idle();
            assert_eq!(world.status().confirmed_at, world.wall(), "case {case}");
            assert_eq!((world.status().failures, world.discovery_failures().len()), (0, 1));
        }
    }
}

fn clone(answer: &Answer) -> Answer {
    match answer {
        Ok(response) => Ok(response.clone()),
        Err(error) => Err(error.clone()),
    }
}

#[test]
fn a_driver_that_was_late_leaves_the_document_out_too() {
    let (mut world, fetch) = about_to_ask();
    world.pass(secs(5));
    let retry = world.idle();
    assert_eq!(world.failures()[0].kind(), FetchErrorKind::Timeout);
    drop(fetch);
    world.pass(retry - world.now);
    assert_eq!(world.fetch().request.uri(), KEYS);
}

#[test]
fn what_must_not_be_believed_fails_the_attempt_and_is_asked_again() {
    for provider in [
        Provider { issuer: "https://evil.example.com/", ..Provider::new() },
        Provider { issuer: "https://id.example.com", ..Provider::new() },
        Provider { jwks_uri: "http://keys.example.com/1", ..Provider::new() },
        Provider { jwks_uri: "https://u:p@keys.example.com/1", ..Provider::new() },
    ] {
        let (mut world, fetch) = about_to_ask();
        reply(fetch, response(200, &provider.document()));
        for failures in 1..5 {
            let retry = world.idle();
            assert!(world.serves());
            assert_eq!(world.status().failures, failures);
            world.pass(retry - world.now);
            let fetch = world.fetch();
            assert_eq!(fetch.deadline.since_origin(), world.now + secs(5) / 2);
            reply(fetch, response(200, &provider.document()));
        }
        world.idle();
        assert_eq!(world.urls(), [DOCUMENT; 5]);
        assert_eq!(world.discovery_failures().len(), 0);
        world.run_to(world.now + secs(2), &Provider::new());
        assert_eq!(world.urls(), [DOCUMENT, KEYS]);
    }
}

#[test]
fn a_place_that_is_gone_stays_the_last_resort() {
    // The document host dies, and the place of the keys is away for a moment.
    let mut provider = Provider { document_status: 500, gone: 404, ..Provider::new() };
    provider.keys.clear();
    let mut world = World::new(policy());
    world.run_to(mins(16) - secs(1), &Provider::new());
    world.urls();
    world.run_to(mins(16) + secs(2), &provider);
    assert_eq!(world.urls(), [KEYS, DOCUMENT, KEYS, KEYS]);
    provider.keys.push(KEYS);
    world.run_to(mins(16) + secs(3), &provider);
    assert_eq!(world.urls(), [DOCUMENT, KEYS]);
    assert_eq!(world.status().failures_in_a_row, 0);
}

#[test]
fn a_cold_cache_falls_back_too() {
    let mut world = World::new(policy());
    world.run_to(mins(1), &Provider::new());
    world.urls();
    world.cache.invalidate();
    world.run_to(mins(1), &Provider { document_status: 500, ..Provider::new() });
    assert!(world.serves());
    assert_eq!(world.urls(), [DOCUMENT, KEYS]);
}

#[test]
fn without_a_known_place_the_document_has_the_whole_time() {
    let mut world = World::new(policy());
    for _ in 0..3 {
        let fetch = world.fetch();
        assert_eq!(fetch.request.uri(), DOCUMENT);
        assert_eq!(fetch.deadline.since_origin(), world.now + secs(5));
        reply(fetch, response(500, ""));
        let retry = world.idle();
        world.pass(retry - world.now);
    }
    assert_eq!(world.status().failures, 3);
}

#[test]
fn a_pause_that_the_document_host_asks_for_does_not_hold_the_keys() {
    let (mut world, fetch) = about_to_ask();
    let pause = http::Response::builder().status(503).header("retry-after", "3000");
    reply(fetch, pause.body(Vec::new()).unwrap());
    reply(world.fetch(), response(200, SET));
    assert_eq!(world.idle(), mins(80));
}
