//! Rule 14: when the issuer is asked again where its keys are. What becomes of an attempt whose
//! document cannot be read is in `fallback`.

use std::pin::pin;
use std::task::{Context, Waker};

use jwks_core::cache::FetchError;

use crate::provider::{DOCUMENT, KEYS, MOVED, Provider, response};
use crate::world::{World, mins, policy, reply, secs};

#[test]
fn by_any_attempt_after_an_hour() {
    let mut world = World::new(policy());
    world.run_to(mins(24 * 60), &Provider::new());
    let at = |url| -> Vec<_> {
        world.asked.iter().filter(|asked| asked.url == url).map(|asked| asked.at).collect()
    };
    // Refreshed every 16 minutes: by every fourth attempt.
    assert_eq!(at(DOCUMENT), (0..23).map(|n| mins(64 * n)).collect::<Vec<_>>());
    assert_eq!(at(KEYS), (0..91).map(|n| mins(16 * n)).collect::<Vec<_>>());
    assert!(world.asked.iter().all(|asked| !asked.conditional && !asked.no_cache));
    assert_eq!((world.status().fetches, world.status().failures), (91, 0));
}

#[test]
fn an_hour_is_60_minutes_exactly() {
    // The refresh ahead is due after 0.8 of the interval.
    for (interval, urls) in [(mins(75) - secs(1), vec![KEYS]), (mins(75), vec![DOCUMENT, KEYS])] {
        let mut world = World::new(policy().interval(interval));
        world.run_to(mins(1), &Provider::new());
        world.urls();
        world.run_to(mins(60), &Provider::new());
        assert_eq!(world.urls(), urls, "{interval:?}");
    }
}

#[test]
fn by_hand() {
    let mut world = World::new(policy());
    world.run_to(mins(1), &Provider::new());
    world.urls();
    let cache = world.cache.clone();
    let mut by_hand = pin!(cache.refresh());
    assert!(by_hand.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    world.run_to(mins(1), &Provider::new());
    assert!(world.asked.iter().all(|asked| asked.no_cache));
    assert_eq!(world.urls(), [DOCUMENT, KEYS]);
    assert!(by_hand.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());

    world.cache.invalidate();
    world.run_to(mins(1) + secs(1), &Provider::new());
    assert_eq!(world.urls(), [DOCUMENT, KEYS]);
}

#[test]
fn for_an_unknown_kid_after_ten_minutes() {
    for (age, urls) in [(mins(10) - secs(1), vec![KEYS]), (mins(10), vec![DOCUMENT, KEYS])] {
        let mut world = World::new(policy());
        world.run_to(age, &Provider::new());
        world.urls();
        world.cache.try_with_keys("new", |_| ()).unwrap_err();
        world.run_to(age, &Provider::new());
        assert_eq!(world.urls(), urls, "{age:?}");
    }
}

#[test]
fn after_a_place_that_is_gone() {
    for status in [404, 410] {
        let mut provider = Provider::new();
        let mut world = World::new(policy());
        world.run_to(mins(1), &provider);
        world.urls();
        provider.jwks_uri = MOVED;
        provider.gone = status;
        provider.keys = vec![MOVED];
        world.run_to(mins(16) + secs(1), &provider);
        assert_eq!(world.urls(), [KEYS, DOCUMENT, MOVED]);
        assert_eq!(world.status().source, format!("{DOCUMENT} -> {MOVED}"));
        assert_eq!(world.status().failures, 1);
        world.run_to(mins(33), &provider);
        assert_eq!(world.urls(), [MOVED]);
        assert!(world.serves());
    }
}

/// What a moved place answers instead of keys.
fn elsewhere(status: u16) -> Result<http::Response<Vec<u8>>, FetchError> {
    match status {
        0 => Err(FetchError::connect("hung up")),
        301 => {
            let response = http::Response::builder().status(301).header("location", MOVED);
            Ok(response.body(Vec::new()).unwrap())
        }
        200 => Ok(response(200, "<html>Moved</html>")),
        status => Ok(response(status, "")),
    }
}

#[test]
fn after_three_failures_in_a_row() {
    for status in [0, 200, 301, 304, 400, 403, 429, 500, 503] {
        let provider = Provider { jwks_uri: MOVED, ..Provider::new() };
        let mut world = World::new(policy());
        world.run_to(mins(1), &Provider::new());
        world.urls();
        world.run_to(mins(16) - secs(1), &provider);
        world.pass(secs(1));
        for failures in 1..=3 {
            let fetch = world.fetch();
            assert_eq!(fetch.request.uri(), KEYS, "{status}, attempt {failures}");
            fetch.reply.send(elsewhere(status));
            let retry = world.idle();
            assert!(world.serves());
            world.pass(retry - world.now);
        }
        world.run_to(mins(17), &provider);
        assert_eq!(world.urls(), [KEYS, KEYS, KEYS, DOCUMENT, MOVED], "{status}");
        assert_eq!((world.status().failures, world.status().failures_in_a_row), (3, 0));
        world.run_to(mins(33), &provider);
        assert_eq!(world.urls(), [MOVED], "a success ends the run");
    }
}

#[test]
fn a_success_between_begins_the_count_anew() {
    let provider = Provider::new();
    let mut world = World::new(policy());
    world.run_to(mins(16) - secs(1), &provider);
    world.pass(secs(1));
    world.urls();
    for failures in [2, 2] {
        for _ in 0..failures {
            reply(world.fetch(), response(500, ""));
            let retry = world.idle();
            world.pass(retry - world.now);
        }
        reply(world.fetch(), provider.answer(&provider.ask(KEYS)));
        let ahead = world.idle();
        world.pass(ahead - world.now);
    }
    assert_eq!(world.urls(), [KEYS; 6]);
}

#[test]
fn by_every_attempt_while_no_keys_are_held() {
    let mut provider = Provider::new();
    provider.keys_status = 500;
    let mut world = World::new(policy());
    world.run_to(secs(0), &provider);
    world.run_to(secs(1), &provider);
    world.run_to(secs(2), &provider);
    assert_eq!(world.urls(), [DOCUMENT, KEYS, DOCUMENT, KEYS, DOCUMENT, KEYS]);
}

#[test]
fn a_tag_does_not_move_with_the_keys() {
    let mut provider = Provider::new();
    let mut world = World::new(policy().conditional_requests(true));
    world.run_to(mins(60), &provider);
    provider.jwks_uri = MOVED;
    world.run_to(mins(81), &provider);
    let asked = |asked: &crate::world::Asked| (asked.url.clone(), asked.conditional);
    let asked: Vec<_> = world.asked.iter().map(asked).collect();
    let expected = [
        (DOCUMENT, false),
        (KEYS, false),
        (KEYS, true),
        (KEYS, true),
        (KEYS, true),
        (DOCUMENT, false),
        (MOVED, false),
        (MOVED, true),
    ];
    assert_eq!(asked, expected.map(|(url, conditional)| (url.to_owned(), conditional)));
    assert_eq!(world.status().failures, 0);
}

#[test]
fn a_304_of_another_place_confirms_nothing() {
    let mut provider = Provider::new();
    let mut world = World::new(policy().conditional_requests(true));
    world.run_to(mins(60), &provider);
    provider.jwks_uri = MOVED;
    provider.keys_status = 304;
    let confirmed = world.status().confirmed_at;
    world.run_to(mins(64), &provider);
    assert_eq!(world.failures()[0].status(), Some(304));
    assert_eq!(world.status().confirmed_at, confirmed);
}
