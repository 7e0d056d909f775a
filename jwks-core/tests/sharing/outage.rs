//! The issuer is down, or answers nonsense.

use jwks_core::cache::{ErrorKind, Event, EventKind, FetchErrorKind, Policy};
use jwks_core::refresh::{PolicyBuilder, Reason, Strategy};

use crate::clocks::{ms, secs};
use crate::issuer::{Issuer, Mode};
use crate::keys::jwk;
use crate::world::World;

/// Asked for at 0 and confirmed at 0.2 s, a set is refreshed ahead at 8.2 s, and trusted until
/// 40 s.
fn policy() -> PolicyBuilder {
    Policy::builder()
        .strategy(Strategy::Time)
        .interval(secs(10))
        .jitter(0.0)
        .stale_if_error(secs(30))
        .fetch_timeout(secs(2))
        .retry(ms(250), secs(4))
}

fn pauses(world: &World, from: usize) -> Vec<std::time::Duration> {
    world.sent[from..].windows(2).map(|pair| pair[1].at - pair[0].at - ms(200)).collect()
}

#[test]
fn served_until_the_stale_window_ends_exactly_then_recovered() {
    let mut world = World::new(policy().build().unwrap(), Issuer::new());
    world.run_to(ms(200));
    world.issuer.mode = Mode::Status(503, None);
    for t in 201..40_000 {
        world.run_to(ms(t));
        world.read("a").expect("served until the stale window ends");
    }
    world.run_to(secs(40));
    let error = world.read("a").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.last_failure().unwrap().status(), Some(503));
    assert_eq!(error.unavailable_since(), Some(world.wall.now()));
    assert!(error.is_retryable());
    let retry_at = error.retry_at().unwrap().duration_since(world.wall.now()).unwrap();
    assert!(retry_at <= secs(4));

    let attempts = pauses(&world, 1);
    for (n, pause) in attempts.iter().enumerate() {
        let whole = ms(250 << n.min(4));
        assert!((whole / 2..=whole).contains(pause), "pause {n}: {pause:?}");
    }
    assert!(attempts.len() >= 10);
    assert_eq!(world.sent[1].at, ms(8_200));
    assert!(world.sent[2..].iter().all(|sent| sent.reason == Reason::Retry));

    let caller = world.call("a", secs(30));
    world.run_for(secs(8));
    assert!(!world.done(caller));
    world.issuer.mode = Mode::Up;
    world.run_for(secs(5));
    world.outcome(caller).as_ref().unwrap();
    // Recovered: no pause is left, and refreshes come ahead again.
    let status = world.cache.status();
    assert_eq!((status.failures_in_a_row, status.last_error), (0, None));
    let confirmed = world.sent.last().unwrap().at + ms(200);
    world.run_for(secs(10));
    let last = world.sent.last().unwrap();
    assert_eq!((last.at, last.reason), (confirmed + secs(8), Reason::Ahead));
}

#[test]
fn every_kind_of_bad_answer_leaves_the_old_set() {
    use FetchErrorKind as Kind;
    let many: Vec<_> = (0..300).map(|_| jwk("a", "a")).collect();
    for (mode, kind) in [
        (Mode::Body(String::new()), Kind::KeySet),
        (Mode::Body("<html>".into()), Kind::KeySet),
        (Mode::Body(r#"{"keys":[]}"#.into()), Kind::KeySet),
        (Mode::Body(r#"{"keys":[{"kty":"RSA"}]}"#.into()), Kind::KeySet),
        (Mode::Body(format!(r#"{{"keys":[{}]}}"#, many.join(","))), Kind::KeySet),
        (Mode::Body(" ".repeat(600 << 10)), Kind::TooLarge),
        (Mode::Drops, Kind::Abandoned),
        (Mode::Silent, Kind::Timeout),
        (Mode::Status(200, None), Kind::KeySet),
        (Mode::Status(204, None), Kind::Status),
        (Mode::Status(302, None), Kind::Status),
        (Mode::Status(304, None), Kind::Status),
        (Mode::Status(429, Some(0)), Kind::Status),
        (Mode::Status(500, Some(u64::MAX)), Kind::Status),
        (Mode::Unreachable, Kind::Connect),
    ] {
        let mut world = World::new(policy().build().unwrap(), Issuer::new());
        world.run_to(secs(1));
        world.issuer.mode = mode.clone();
        let by_hand = world.refresh();
        world.run_for(secs(2));
        let error = world.outcome(by_hand).as_ref().unwrap_err().clone();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(error.last_failure().unwrap().kind(), kind, "{mode:?}");
        assert!(error.retry_at().is_some());
        world.read("a").unwrap();
        assert_eq!(world.cache.status().failures, 1);
        assert!(world.cache.status().healthy);
    }
}

#[test]
fn one_bad_key_spoils_no_other() {
    let mut world = World::new(policy().build().unwrap(), Issuer::new());
    let bad = r#"{"kty":"oct","k":"AAAA","kid":"b"},{"kty":"RSA","kid":"c","n":"!","e":"AQAB"}"#;
    world.issuer.mode = Mode::Body(format!(r#"{{"keys":[{bad},{}]}}"#, jwk("a", "a")));
    world.refresh();
    world.run_to(secs(1));
    world.read("a").unwrap();
    assert_eq!(world.cache.status().keys.len(), 1);
    let skipped = |e: &&Event| matches!(e.kind(), EventKind::KeySkipped { .. });
    assert_eq!(world.events.lock().unwrap().iter().filter(skipped).count(), 2);
}

#[test]
fn a_304_to_nothing_is_a_failure_and_the_next_attempt_is_unconditional() {
    let mut issuer = Issuer::new();
    issuer.etags = true;
    let mut world = World::new(policy().conditional_requests(true).build().unwrap(), issuer);
    world.run_to(secs(1));
    world.invalidate();
    world.issuer.mode = Mode::Status(304, None);
    world.run_for(ms(200));
    assert!(world.read("a").is_err());
    world.issuer.mode = Mode::Up;
    world.run_for(secs(5));
    assert!(world.sent.iter().all(|sent| !sent.conditional));
    world.read("a").unwrap();
    world.run_for(secs(9));
    assert!(world.sent.last().unwrap().conditional);
}

#[test]
fn retry_after_holds_every_cause() {
    let mut world = World::new(policy().build().unwrap(), Issuer::new());
    world.run_to(secs(1));
    world.issuer.mode = Mode::Status(429, Some(10));
    let by_hand = world.refresh();
    world.run_for(ms(200));
    let retry_at = world.wall.now() + secs(10);
    assert_eq!(world.outcome(by_hand).as_ref().unwrap_err().retry_at(), Some(retry_at));
    world.issuer.mode = Mode::Up;
    world.issuer.kids.push("c");
    let patient = world.call("c", secs(30));
    let stranger = world.call("c", secs(10));
    let again = world.refresh();
    world.settle();
    let undecided = world.outcome(stranger).as_ref().unwrap_err();
    assert!(undecided.is_undecided() && undecided.retry_at() == Some(retry_at));
    assert_eq!(world.outcome(again).as_ref().unwrap_err().retry_at(), Some(retry_at));
    world.run_for(ms(9_999));
    assert_eq!(world.sent.len(), 2);
    world.run_for(ms(300));
    assert_eq!(world.sent.len(), 3);
    world.outcome(patient).as_ref().unwrap();
}

#[test]
fn a_removed_key_is_gone_at_once_and_a_rotated_one_is_found() {
    let mut world = World::new(policy().build().unwrap(), Issuer::new());
    world.run_to(secs(1));
    world.issuer.kids = vec!["b", "c"];
    world.run_to(ms(8_399));
    world.read("a").unwrap();
    world.run_to(ms(8_400));
    assert_eq!(world.read("a").unwrap_err().kind(), ErrorKind::UnknownKid);
    world.read("b").unwrap();
    world.read("c").unwrap();
}
