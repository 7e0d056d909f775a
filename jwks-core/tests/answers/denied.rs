//! Rule 16: kids that are taken out by hand.

use std::time::UNIX_EPOCH;

use jwks_core::adapter::Action;
use jwks_core::cache::ErrorKind;
use jwks_core::keys::KeyId;
use jwks_core::refresh::Time;
use jwks_core::verify::{Issuer, Verifier};

use crate::built::built;
use crate::world::{URL, World, keys, mins, policy, secs, status, token};

pub(crate) fn kind(world: &World, kid: &str) -> Option<ErrorKind> {
    world.read(kid).err().map(|error| error.kind())
}

pub(crate) const DENIED: Option<ErrorKind> = Some(ErrorKind::DeniedKid);

#[test]
fn at_once_and_without_the_driver() {
    let world = World::holding(policy(), &["a", "b"]);
    assert_eq!(world.cache.deny_kid("a"), Ok(true));
    assert_eq!(kind(&world, "a"), DENIED);
    assert_eq!(kind(&world, "b"), None);
    assert_eq!(world.cache.deny_kid("a"), Ok(false));
    assert!(world.cache.allow_kid("a"));
    assert_eq!(kind(&world, "a"), None);
    assert!(!world.cache.allow_kid("a"));
    // Also when nobody will ever poll again.
    let World { cache, driver, .. } = world;
    drop(driver);
    assert_eq!(cache.deny_kid("b"), Ok(true));
    let error = cache.try_with_keys("b", |_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeniedKid);
}

#[test]
fn the_refusal_is_final_and_fetches_nothing() {
    let mut world = World::holding(policy(), &["a", "b"]);
    world.cache.deny_kid("a").unwrap();
    world.cache.deny_kid("absent").unwrap();
    let wait = world.waits();
    for kid in ["a", "absent"] {
        let error = world.read(kid).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DeniedKid);
        assert!(!error.is_retryable());
        assert_eq!((error.retry_at(), error.last_failure().is_none()), (None, true));
        assert_eq!(error.to_string(), "the kid is denied by hand, with `deny_kid`");
        let outcome = world.call(kid).poll().expect("nobody waits");
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::DeniedKid);
    }
    assert_eq!(world.waits(), wait);
    assert_eq!((world.status().misses, world.status().fetches), (0, 1));
}

#[test]
fn whatever_happens_to_the_keys() {
    let mut world = World::holding(policy().conditional_requests(true), &["a", "b"]);
    world.cache.deny_kid("a").unwrap();
    // Fetched anew, in full and by 304; withdrawn; expired.
    let mut by_hand = world.refresh();
    assert!(by_hand.poll().is_none());
    world.load(keys(&["a", "b"]));
    assert!(by_hand.poll().unwrap().is_ok());
    assert_eq!((kind(&world, "a"), kind(&world, "b")), (DENIED, None));
    world.pass(mins(16));
    world.load(status(304));
    assert_eq!((kind(&world, "a"), kind(&world, "b")), (DENIED, None));
    world.cache.invalidate();
    assert_eq!((kind(&world, "a"), kind(&world, "b")), (DENIED, Some(ErrorKind::Unavailable)));
    world.load(keys(&["a"]));
    assert_eq!(kind(&world, "a"), DENIED, "although no other key is left");
    world.run(mins(200), |_| status(500));
    assert_eq!((kind(&world, "a"), kind(&world, "b")), (DENIED, Some(ErrorKind::Unavailable)));
    assert!(world.call("a").poll().is_some(), "nor does anybody wait");
    world.run(mins(2), |_| keys(&["a", "b"]));
    assert!(world.cache.allow_kid("a"));
    assert_eq!((kind(&world, "a"), kind(&world, "b")), (None, None));
}

/// With background refresh off an ask would load.
#[test]
fn cold_it_asks_for_nothing() {
    let mut world = World::new(policy().background_refresh(false));
    world.cache.deny_kid("a").unwrap();
    assert_eq!(kind(&world, "a"), DENIED);
    assert!(world.call("a").poll().is_some());
    let World { cache, driver, .. } = &mut world;
    let polled = driver.poll(Time::ZERO);
    assert!(matches!(polled, Action::Wait(None)), "{polled:?}");
    assert_eq!(cache.status().fetches, 0);
}

#[test]
fn guards_count_it_as_usable() {
    let mut world = World::holding(policy().min_keys(2), &["a", "b"]);
    world.cache.deny_kid("a").unwrap();
    world.cache.deny_kid("b").unwrap();
    world.pass(mins(16));
    world.load(keys(&["a", "b"]));
    assert_eq!(world.status().failures, 0);
    assert!(world.status().healthy);
    assert_eq!((kind(&world, "a"), kind(&world, "b")), (DENIED, DENIED));
}

#[test]
fn those_who_wait_for_it_are_told() {
    let mut world = World::holding(policy(), &["a"]);
    world.pass(mins(1));
    let mut caller = world.call("b");
    assert!(caller.poll().is_none());
    let fetch = world.fetch();
    world.cache.deny_kid("b").unwrap();
    drop(world.poll());
    let told = caller.poll();
    fetch.reply.send(Ok(keys(&["a", "b"])));
    drop(world.poll());
    let outcome = told.or_else(|| caller.poll()).expect("an answer");
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::DeniedKid);
}

#[test]
fn status_and_events_say_so() {
    let mut world = World::holding(policy(), &["a", "b"]);
    world.told();
    world.cache.deny_kid("a").unwrap();
    world.cache.deny_kid("x\u{1b}[31m").unwrap();
    assert_eq!(world.status().denied, [KeyId::Kid("a".into()), KeyId::Kid("x\u{1b}[31m".into())]);
    assert_eq!(world.status().keys, [KeyId::Kid("b".into())]);
    let json = serde_json::to_value(world.status()).unwrap();
    assert_eq!(json["denied"], serde_json::json!(["a", r"x\u{1b}[31m"]));
    world.waits();
    let events = world.events();
    assert!(events.iter().all(|event| !event.is_warning()));
    let told: Vec<_> = events.iter().map(|event| event.kind().to_string()).collect();
    assert_eq!(told, ["kid a denied by hand", r"kid x\u{1b}[31m denied by hand"]);
    world.cache.allow_kid("a");
    // Twice and back is no news.
    world.cache.deny_kid("c").unwrap();
    world.cache.allow_kid("c");
    world.waits();
    assert_eq!(world.told(), ["kid a allowed again by hand"]);
    // A refresh does not report the denied key as one that came or went.
    world.cache.deny_kid("a").unwrap();
    world.waits();
    world.told();
    world.pass(mins(16));
    world.load(keys(&["a", "b"]));
    assert!(world.told().contains(&"refresh completed: same keys".to_owned()));
}

#[test]
fn too_long_and_too_many() {
    let world = World::holding(policy(), &["a"]);
    let error = world.cache.deny_kid(&"k".repeat(257)).unwrap_err();
    assert!(error.to_string().contains("257 bytes"), "{error}");
    for n in 0..1024 {
        assert_eq!(world.cache.deny_kid(&format!("{n:0256}")), Ok(true));
    }
    let error = world.cache.deny_kid("a").unwrap_err();
    assert!(error.to_string().starts_with("1024 kids are denied already"), "{error}");
    world.read("a").unwrap();
}

#[test]
fn a_token_that_names_it_is_refused_for_good() {
    let wall = UNIX_EPOCH + secs(1_800_000_000);
    let issuer = Issuer::new("https://id.example.com").jwks_uri(URL).any_audience();
    let (verifier, mut drivers): (_, Vec<_>) =
        built(Verifier::builder().wall_clock(move || wall).issuer(issuer));
    let Action::Fetch(fetch) = drivers[0].poll(Time::ZERO) else { panic!("the first load") };
    fetch.reply.send(Ok(keys(&["a", "b"])));
    drop(drivers[0].poll(Time::ZERO));
    let claims = r#"{"iss":"https://id.example.com","exp":1800000060}"#;
    let verify = |kid: &str| verifier.try_verify::<serde_json::Value>(&token(kid, claims));
    verify("a").unwrap();
    verifier.caches().next().unwrap().deny_kid("a").unwrap();
    let error = verify("a").unwrap_err();
    assert_eq!(error.kind(), jwks_core::verify::ErrorKind::DeniedKid);
    assert!(error.is_caller_fault() && !error.is_retryable());
    assert_eq!(error.to_string(), "the key `a` is denied by hand, with `deny_kid`");
    verify("b").unwrap();
    // And nothing is fetched for it.
    let wait = drivers[0].poll(Time::ZERO);
    assert!(matches!(wait, Action::Wait(_)), "{wait:?}");
}
