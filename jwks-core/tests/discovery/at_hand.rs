//! Keys that are at hand: in the settings, and in files.

use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::Response;
use jwks_core::adapter::{Action, Env, Start, Time};
use jwks_core::cache::{
    ErrorKind, FetchError, FetchErrorKind, HealthKind, KeyCache, Relaxation, Source,
};

use crate::provider::{SET, response};
use crate::world::{World, mins, policy, reply, secs};

const FILE: &str = "/etc/jwks/key set.json";

fn at_hand() -> World {
    World::of(policy(), Source::keys(SET).unwrap())
}

#[test]
fn keys_of_the_settings_are_held_from_the_start() {
    let world = at_hand();
    assert!(world.serves());
    let status = world.status();
    assert_eq!(status.source, "keys of the settings");
    assert_eq!(status.label, "keys of the settings");
    assert_eq!(status.relaxations, [Relaxation::Keys]);
    assert_eq!((status.healthy, status.failures), (true, 0));
    assert_eq!(world.cache.health().kind(), HealthKind::Ready);
    assert_eq!(pollster_ready(&world), Ok(()));
    assert!(world.cache.explain().to_string().contains("keys of the settings"));
}

fn pollster_ready(world: &World) -> Result<(), ErrorKind> {
    let mut ready = pin!(world.cache.ready(Duration::ZERO));
    match ready.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome.map_err(|error| error.kind()),
        Poll::Pending => panic!("it waits"),
    }
}

#[test]
fn no_request_is_ever_made_for_them() {
    let mut world = at_hand();
    let begin = world.now;
    while world.now < begin + mins(24 * 60) {
        let next = world.idle();
        assert!(world.serves());
        world.pass((next - world.now).max(secs(1)));
    }
    assert!(world.asked.is_empty());
    assert_eq!(world.cache.health().kind(), HealthKind::Ready);
    assert!(world.status().fetches > 50);
}

#[test]
fn an_unknown_kid_is_refused_for_good_without_a_wait() {
    let mut world = at_hand();
    world.idle();
    let cache = world.cache.clone();
    let mut caller = pin!(cache.with_keys("b", |_| ()));
    let mut context = Context::from_waker(Waker::noop());
    assert!(caller.as_mut().poll(&mut context).is_pending());
    world.idle();
    let Poll::Ready(outcome) = caller.as_mut().poll(&mut context) else { panic!("it waits") };
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownKid);
    assert!(!error.is_retryable(), "{error}");
}

#[test]
fn what_is_taken_away_by_hand_comes_back() {
    let mut world = at_hand();
    world.cache.invalidate();
    assert!(!world.serves());
    world.idle();
    assert!(world.serves());
    assert!(world.cache.deny_kid("a").unwrap());
    world.idle();
    assert!(!world.serves());
    assert!(world.cache.allow_kid("a"));
    assert!(world.serves());
}

#[test]
fn they_have_no_end_of_trust_with_a_driver_or_without() {
    let source = Source::keys(SET).unwrap();
    let builder = KeyCache::builder(source).policy(policy().build().unwrap());
    let clock = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let now = std::sync::Arc::clone(&clock);
    let wall = move || {
        let seconds = now.load(std::sync::atomic::Ordering::Relaxed);
        std::time::UNIX_EPOCH + Duration::from_secs(seconds)
    };
    let (cache, drivers) = builder.build(Env::new(wall)).unwrap();
    drop(drivers);
    let serves = || cache.try_with_keys("a", |_| ()).is_ok();
    assert!(serves());
    assert_eq!(cache.health().kind(), HealthKind::Degraded);
    clock.store(79 * 60, std::sync::atomic::Ordering::Relaxed);
    assert!(serves());
    clock.store(10 * 365 * 24 * 3600, std::sync::atomic::Ordering::Relaxed);
    assert!(serves());
}

#[test]
fn a_process_that_was_frozen_has_them_still_and_no_end_of_trust_is_told() {
    let mut world = at_hand();
    world.idle();
    world.freeze(mins(48 * 60));
    assert!(world.serves());
    world.idle();
    assert!(world.serves());
    assert_eq!(world.expired(), 0);
    // Others are not: the same, with keys that somebody has to confirm.
    let mut world = World::of(policy(), Source::jwks_uri("https://a/keys").unwrap());
    let fetch = world.fetch();
    reply(fetch, response(200, SET));
    world.idle();
    world.freeze(mins(48 * 60));
    assert!(!world.serves());
    drop(world.fetch());
    world.idle();
    assert_eq!(world.expired(), 1);
}

#[test]
fn what_is_no_key_set_is_refused_where_it_is_written() {
    for set in ["", "[]", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"oct","k":"aaaa"}]}"#] {
        let error = Source::keys(set).unwrap_err();
        assert!(error.to_string().starts_with("the keys cannot be used: "), "{error}");
    }
    for path in ["", "keys.json", "./keys.json"] {
        Source::keys_file(path).unwrap_err();
    }
    let elsewhere = || Source::builder().discovery_url("https://id.example.com/document");
    elsewhere().keys(SET).unwrap_err();
    elsewhere().keys_file(FILE).unwrap_err();
    Source::builder().headers_also_to("https://a").keys_file(FILE).unwrap_err();
}

/// A driver whose adapter reads files.
fn of_a_file() -> (KeyCache, jwks_core::adapter::Driver) {
    let source = Source::keys_file(FILE).unwrap();
    assert_eq!(source.to_string(), "file://localhost/etc/jwks/key%20set.json");
    let builder = KeyCache::builder(source).policy(policy().build().unwrap());
    let env = Env::new(|| std::time::UNIX_EPOCH).reads_files();
    let (cache, mut drivers) = builder.build(env).unwrap();
    let [driver] = <[_; 1]>::try_from(drivers.take_ready()).unwrap();
    std::mem::forget(drivers);
    (cache, driver)
}

#[test]
fn a_file_is_read_as_an_issuer_is_asked() {
    let (cache, mut driver) = of_a_file();
    let mut now = Duration::ZERO;
    let other = SET.replace("\"a\"", "\"b\"");
    for (set, kid) in [(SET, "a"), (SET, "a"), (&other, "b")] {
        let Action::Fetch(fetch) = driver.poll(Time::from_origin(now)) else { panic!("no fetch") };
        assert_eq!(fetch.file.as_deref(), Some(std::path::Path::new(FILE)));
        assert!(fetch.headers.is_empty());
        fetch.reply.send(Ok(Response::new(set.as_bytes().to_vec())));
        assert!(matches!(driver.poll(Time::from_origin(now)), Action::Wait(_)));
        assert!(cache.try_with_keys(kid, |_| ()).is_ok());
        now += mins(16);
    }
    assert_eq!(cache.status().relaxations, [Relaxation::KeysFile]);
    // Lost on the way: the keys stay.
    for lost in [Ok(Response::new(b"{\"keys\":[]}".to_vec())), Err(FetchError::file("gone"))] {
        let Action::Fetch(fetch) = driver.poll(Time::from_origin(now)) else { panic!("no fetch") };
        fetch.reply.send(lost);
        assert!(matches!(driver.poll(Time::from_origin(now)), Action::Wait(_)));
        assert!(cache.try_with_keys("b", |_| ()).is_ok());
        assert_eq!(cache.health().kind(), HealthKind::Degraded);
        now += mins(2);
    }
}

#[test]
fn an_adapter_that_reads_no_files_is_not_asked_to() {
    let mut world = World::of(policy(), Source::keys_file(FILE).unwrap());
    world.idle();
    assert_eq!(world.failures()[0].kind(), FetchErrorKind::File);
    assert!(format!("{:?}", world.failures()[0]).contains("this adapter reads no files"));
    assert!(world.asked.is_empty());
}

#[test]
fn keys_over_the_network_are_as_ever() {
    let mut world = World::of(policy(), Source::jwks_uri("https://a/keys").unwrap());
    let fetch = world.fetch();
    assert!(fetch.file.is_none());
    reply(fetch, response(200, SET));
    world.idle();
    assert!(world.serves());
}

#[test]
fn keys_in_pem_are_keys_like_others() {
    let world = World::of(policy(), Source::keys(PEM).unwrap());
    assert!(world.cache.try_with_keys(THUMBPRINT, |_| ()).is_ok());
    assert_eq!(world.status().relaxations, [Relaxation::Keys]);
    let named = format!("{{\"a\": {PEM:?}}}");
    let world = World::of(policy(), Source::keys(named).unwrap());
    assert!(world.serves());

    // A certificate tells its dates, and is used whatever they are.
    let certificate = include_str!("../../src/keys/tests/pem/short.pem");
    let world = World::of(policy(), Source::keys(certificate).unwrap());
    let shown = world.cache.explain().to_string();
    let dates =
        "(EC, ES256, sig) by a certificate from 2026-11-30T02:08:59Z until 2027-11-30T02:08:59Z";
    assert!(shown.contains(dates), "{shown}");

    let private = PEM.replace("PUBLIC", "PRIVATE");
    let error = Source::keys(private).unwrap_err().to_string();
    assert!(error.contains("a private key (PRIVATE KEY)") && !error.contains("MCow"), "{error}");
    let error = Source::keys(&PEM[..80]).unwrap_err().to_string();
    assert_eq!(
        error,
        "the keys cannot be used: the block that begins in line 1 has no end: is the text cut off?"
    );
}

/// The key of `SET`, made by OpenSSL.
const PEM: &str = "\
-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
";
const THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
