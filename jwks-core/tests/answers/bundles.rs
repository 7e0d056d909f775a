//! SPIFFE bundles: what one says beside its keys.

use std::time::Duration;

use http::Response;
use jwks_core::cache::{ErrorKind, FetchErrorKind, HealthKind, Relaxation, Source};

use crate::world::{Answer, URL, World, hours, mins, policy, secs, set_of, with};

fn bundle(kids: &[&str], more: &str) -> Answer {
    let set = set_of(kids).replace(r#""kty""#, r#""use":"jwt-svid","kty""#);
    let keys = set.strip_suffix('}').unwrap();
    Response::new(format!("{keys}{more}}}"))
}

fn numbered(kids: &[&str], sequence: u64) -> Answer {
    bundle(kids, &format!(r#","spiffe_sequence":{sequence}"#))
}

fn holding(answer: Answer) -> World {
    let policy = policy().retry(mins(1), mins(1));
    let mut world = World::of(policy, Source::builder().spiffe().jwks_uri(URL).unwrap());
    world.load(answer);
    world
}

#[test]
fn an_empty_bundle_is_an_answer_that_revokes_all() {
    let mut world = holding(bundle(&["a"], ""));
    world.read("a").unwrap();
    world.run(mins(17), |_| bundle(&[], ""));
    assert_eq!(world.read("a").unwrap_err().kind(), ErrorKind::UnknownKid);
    let status = world.status();
    assert_eq!((status.keys.len(), status.failures, status.last_error), (0, 0, None));
    assert_eq!(status.relaxations, [Relaxation::Spiffe]);
    assert_eq!(world.cache.health().kind(), HealthKind::Ready);
    // An unknown kid has it fetched again, as ever, and a later bundle brings keys.
    world.load(bundle(&[], ""));
    world.run(mins(17), |_| bundle(&["a"], ""));
    world.read("a").unwrap();

    // Elsewhere it is a failure, and the keys stay.
    let mut world = World::holding(policy(), &["a"]);
    world.run(mins(17), |_| Response::new(r#"{"keys":[]}"#.into()));
    world.read("a").unwrap();
    assert_eq!(world.cache.health().kind(), HealthKind::Degraded);
}

#[test]
fn a_cold_cache_takes_an_empty_bundle_too() {
    let world = holding(bundle(&[], ""));
    assert_eq!(world.read("a").unwrap_err().kind(), ErrorKind::UnknownKid);
    assert_eq!(world.cache.health().kind(), HealthKind::Ready);
}

#[test]
fn a_bundle_that_goes_back_is_refused() {
    let mut world = holding(numbered(&["a", "b"], 7));
    for (kids, sequence) in [(&["a"][..], 6), (&[], 0)] {
        world.run(mins(17), |_| numbered(kids, sequence));
        world.read("b").unwrap();
        assert_eq!(world.cache.health().kind(), HealthKind::Degraded);
        let error = world.status().last_error.unwrap();
        assert!(error.contains(&format!("`spiffe_sequence` is {sequence}")), "{error}");
        assert!(error.contains("and that of the held keys is 7"), "{error}");
    }
    world.run(mins(17), |_| numbered(&["a", "b"], 7));
    assert_eq!(world.cache.health().kind(), HealthKind::Ready);
    world.run(mins(17), |_| numbered(&["a"], 8));
    assert_eq!(world.read("b").unwrap_err().kind(), ErrorKind::UnknownKid);
    world.read("a").unwrap();
    // One without a number cannot be compared.
    world.run(mins(17), |_| bundle(&["b"], ""));
    world.read("b").unwrap();
}

#[test]
fn what_is_taken_away_by_hand_or_not_trusted_any_more_is_compared_with_nothing() {
    let mut world = holding(numbered(&["a"], 7));
    world.cache.invalidate();
    world.run(secs(1), |_| numbered(&["b"], 1));
    world.read("b").unwrap();

    let mut world = holding(numbered(&["a"], 7));
    world.run(hours(2), |_| numbered(&["b"], 1));
    world.read("b").unwrap();
    assert!(world.read("a").is_err());
}

#[test]
fn an_old_answer_to_an_unknown_kid_makes_it_final_for_nobody() {
    let mut world = holding(numbered(&["a"], 7));
    world.pass(mins(2));
    let mut caller = world.call("b");
    assert!(caller.poll().is_none());
    world.load(numbered(&["a", "b"], 6));
    let error = caller.poll().unwrap().unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::UnknownKid, true));
    assert_eq!(error.last_failure().unwrap().kind(), FetchErrorKind::KeySet);
}

/// How long after the load the next fetch is due.
fn due(policy: jwks_core::refresh::PolicyBuilder, answer: Answer) -> Duration {
    let mut world = World::of(policy, Source::builder().spiffe().jwks_uri(URL).unwrap());
    world.load(answer);
    world.waits()
}

#[test]
fn the_refresh_hint_is_a_lifetime_within_the_policys_bounds() {
    let hint = |seconds: u64| bundle(&["a"], &format!(r#","spiffe_refresh_hint":{seconds}"#));
    let on = || policy().http_freshness(true);
    // Four fifths of it.
    assert_eq!(due(on(), hint(300)), secs(240));
    assert_eq!(due(on(), bundle(&["a"], "")), mins(16));
    assert_eq!(due(on(), hint(0)), mins(16));
    // It counts more than what caches are told, and ages as that does.
    let both = with(hint(300), "cache-control", "max-age=3000, no-store");
    assert_eq!(due(on(), both), secs(240));
    let old = with(hint(300), "age", "100");
    assert_eq!(due(on(), old), secs(160));
    // 30 s to 12 h.
    assert_eq!(due(on(), hint(1)), due(on(), hint(30)));
    assert_eq!(due(on(), hint(u64::MAX)), due(on(), hint(12 * 3600)));
    // Not where the policy does not listen.
    assert_eq!(due(policy(), hint(300)), mins(16));
}
