//! Rule 9: conditional requests, where they are wanted, and what their answers are worth.

use http::Request;
use jwks_core::refresh::PolicyBuilder;

use crate::world::{Answer, World, hours, keys, mins, policy, secs, status, with};

fn opted_in() -> PolicyBuilder {
    policy().conditional_requests(true)
}

fn is_conditional(request: &Request<()>) -> bool {
    request.headers().contains_key("if-none-match")
}

#[test]
fn by_default_none_is_made() {
    let mut world = World::holding(policy(), &["a"]);
    world.run(hours(24), |_| keys(&["a"]));
    assert_eq!(world.asked.len(), 91);
    assert!(world.asked.iter().all(|asked| !asked.conditional));
}

#[test]
fn once_opted_in_a_304_confirms() {
    let mut world = World::holding(opted_in(), &["a"]);
    world.told();
    world.run(mins(20), |request| {
        assert_eq!(request.headers()["if-none-match"], "\"1\"");
        status(304)
    });
    assert_eq!(
        world.asked.iter().map(|asked| asked.conditional).collect::<Vec<_>>(),
        [false, true]
    );
    assert!(world.told().contains(&"refresh completed: not modified".to_owned()));
    assert_eq!(world.status().confirmed_at, Some(world.wall() - mins(4)));
}

#[test]
fn a_set_without_a_tag_is_asked_for_in_full() {
    let untagged = || {
        let mut answer = keys(&["a"]);
        answer.headers_mut().remove("etag");
        answer
    };
    let mut world = World::new(opted_in());
    world.run(hours(1), |_| untagged());
    assert!(world.asked.len() > 3 && world.asked.iter().all(|asked| !asked.conditional));
}

#[test]
fn nobody_who_doubts_the_set_asks_so() {
    let mut world = World::holding(opted_in(), &["a"]);
    world.asked.clear();
    let mut by_hand = world.refresh();
    assert!(by_hand.poll().is_none());
    world.run(secs(0), |_| keys(&["a"]));
    world.run(secs(60), |_| keys(&["a"]));
    world.read("new").unwrap_err();
    world.run(secs(60), |_| keys(&["a"]));
    world.cache.invalidate();
    world.run(secs(60), |_| keys(&["a"]));
    assert_eq!(world.asked.len(), 3);
    assert!(world.asked.iter().all(|asked| !asked.conditional && asked.no_cache));
}

#[test]
fn a_304_that_was_not_asked_for_is_a_failure() {
    for policy in [policy(), opted_in()] {
        let mut world = World::holding(policy, &["a"]);
        let confirmed_at = world.status().confirmed_at;
        let mut by_hand = world.refresh();
        assert!(by_hand.poll().is_none());
        world.fetch().reply.send(Ok(with(status(304), "etag", "\"1\"")));
        world.waits();
        let failure = by_hand.poll().unwrap().unwrap_err();
        assert_eq!(failure.last_failure().unwrap().status(), Some(304));
        assert_eq!(world.status().confirmed_at, confirmed_at);
    }
}

/// RFC 9111, section 4.3.4: a 304 with another tag speaks of another set.
#[test]
fn a_304_about_another_set_is_a_failure() {
    for (etag, confirms) in
        [("\"1\"", true), ("W/\"1\"", true), ("\"2\"", false), ("W/\"2\"", false), ("1", false)]
    {
        let mut world = World::holding(opted_in(), &["a"]);
        let confirmed_at = world.status().confirmed_at;
        world.pass(mins(16));
        world.fetch().reply.send(Ok(with(status(304), "etag", etag)));
        let pause = world.waits();
        assert_eq!(world.status().confirmed_at != confirmed_at, confirms, "{etag}");
        if !confirms {
            let text = "the key server answered 304 about another key set than the held one";
            assert_eq!(world.status().last_error.as_deref(), Some(text));
            world.pass(pause);
            assert!(!is_conditional(&world.fetch().request), "and is asked plainly");
        }
    }
}

/// Issue A1: some hosts answer what is conditional with an error.
#[test]
fn a_host_that_cannot_bear_it_is_asked_plainly() {
    let empty = || with(status(200), "etag", "\"1\"");
    type Case = (&'static str, fn() -> Answer);
    let answers: &[Case] = &[
        ("204", || status(204)),
        ("302", || with(status(302), "location", "https://id.example.com/login")),
        ("400", || status(400)),
        ("403", || status(403)),
        ("412", || status(412)),
        ("500", || status(500)),
        ("503", || with(status(503), "retry-after", "5")),
        ("empty", empty),
    ];
    for &(name, answer) in answers {
        let mut world = World::holding(opted_in(), &["a"]);
        world.asked.clear();
        for _ in 0..24 * 60 {
            world.run(mins(1), |request| match is_conditional(request) {
                true => answer(),
                false => keys(&["a"]),
            });
            world.read("a").unwrap();
        }
        // Every conditional request is followed by a plain one, which is answered.
        assert!(world.asked.len() >= 2 * 88, "{name}: {}", world.asked.len());
        for pair in world.asked.chunks(2) {
            assert!(pair[0].conditional && pair.get(1).is_none_or(|it| !it.conditional), "{name}");
        }
        assert_eq!(world.status().failures, world.asked.len() as u64 / 2, "{name}");
        assert!(world.trust_left() > mins(60), "{name}");
    }
}

/// Issue A1: a host that gives every file one date and one tag says 304 for ever.
#[test]
fn a_tag_that_lies_is_believed_for_half_of_max_trust() {
    let mut world = World::holding(opted_in(), &["revoked"]);
    let mut gone_after = None;
    for minute in 1..=24 * 60 {
        world.run(mins(1), |request| match is_conditional(request) {
            true => status(304),
            false => keys(&["new"]),
        });
        if world.read("revoked").is_err() {
            gone_after = Some(minute);
            break;
        }
    }
    // Half of 24 hours, and a refresh.
    assert!((12 * 60..12 * 60 + 17).contains(&gone_after.unwrap()), "{gone_after:?}");
}

#[test]
fn a_failed_attempt_is_followed_by_plain_ones() {
    let mut world = World::holding(opted_in(), &["a"]);
    world.asked.clear();
    world.run(mins(16) + secs(5), |_| status(500));
    assert_eq!(world.asked.iter().filter(|asked| asked.conditional).count(), 1);
    assert!(world.asked.len() > 3 && world.asked[0].conditional);
}

#[test]
fn the_event_says_whether() {
    let mut world = World::holding(opted_in(), &["a"]);
    world.told();
    world.run(mins(16), |_| status(304));
    let started = world.told().into_iter().find(|text| text.contains("performing")).unwrap();
    assert_eq!(started, "performing refresh (ahead of the lifetime's end, conditional)");
}
