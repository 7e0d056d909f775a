//! What callers hear who wait for the first keys in vain; drivers that nobody runs.

use std::time::{Duration, UNIX_EPOCH};

use jwks_core::cache::{ErrorKind, KeyCache, Policy, Source};
use jwks_core::refresh::PolicyBuilder;
use jwks_core::verify::{ErrorKind as VerifyKind, Issuer as Trusted, Verifier};
use serde_json::Value;

use crate::built::built;
use crate::clocks::{EPOCH, Wall, ms, secs};
use crate::issuer::{Issuer, Mode};
use crate::keys::token;
use crate::verifying::{ISS, at_once, exp, setup, verify};
use crate::world::{URL, World};

fn policy() -> PolicyBuilder {
    Policy::builder().jitter(0.0)
}

fn silent(policy: PolicyBuilder) -> World {
    let mut issuer = Issuer::new();
    issuer.mode = Mode::Silent;
    World::new(policy.build().unwrap(), issuer)
}

/// The defaults: a fetch may take as long as a caller waits, and both end at one instant.
#[test]
fn the_first_caller_at_a_silent_issuer_hears_that_it_timed_out() {
    for background in [true, false] {
        let mut world = silent(policy().background_refresh(background));
        let caller = world.call("a", secs(5));
        world.run_to(secs(5));
        assert_eq!(world.waited(caller), secs(5));
        let error = world.outcome(caller).as_ref().unwrap_err();
        assert!(error.last_failure().is_some_and(|failure| failure.is_timeout()), "{error:?}");
        assert_eq!(error.fetching_since(), None);
        assert!(error.retry_at().is_some());
    }
}

#[test]
fn a_caller_with_less_time_hears_what_it_waited_for_and_since_when() {
    let mut world = silent(policy());
    world.run_to(secs(1));
    let caller = world.call("a", secs(2));
    let read = world.read("a").unwrap_err();
    world.run_to(secs(3));
    let waited = world.outcome(caller).as_ref().unwrap_err();
    for error in [&read, waited] {
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(error.fetching_since(), Some(UNIX_EPOCH + EPOCH));
        // By then it has ended, one way or the other.
        assert_eq!(error.retry_at(), Some(UNIX_EPOCH + EPOCH + secs(5)));
        assert_eq!(
            error.to_string(),
            "no keys are available: waiting for https://id.example.com/keys \
             since 2027-01-15T08:00:00.000Z"
        );
    }
    // It was not the last attempt that failed; there is none yet.
    assert!(waited.last_failure().is_none());
}

#[test]
fn a_hopeless_caller_counts_as_one_who_asks() {
    // Without background refresh nothing would be tried again after everybody has left.
    let policy = policy().background_refresh(false).retry(secs(8), secs(8));
    let mut issuer = Issuer::new();
    issuer.mode = Mode::Unreachable;
    let mut world = World::new(policy.cold_retry_max(secs(3)).build().unwrap(), issuer);
    let caller = world.call("a", secs(1));
    world.run_to(ms(200));
    let error = world.outcome(caller).as_ref().unwrap_err();
    let retry_at = error.retry_at().unwrap();
    // Somebody has asked: no pause is longer than this.
    assert_eq!(retry_at, UNIX_EPOCH + EPOCH + ms(3200));
    world.issuer.mode = Mode::Up;
    world.run_to(secs(4));
    world.read("a").unwrap();
    assert_eq!(world.sent.len(), 2);
}

#[test]
fn doomed_tokens_do_not_wait_while_cold() {
    let (mut world, verifier) = setup(policy().build().unwrap());
    world.issuer.mode = Mode::Silent;
    let caller = verify(&mut world, &verifier, &token(ISS, "a", "a", exp(0)));
    assert_eq!(world.told(caller), "Expired, final");
    assert_eq!(world.cache.status().waiting, 0);
}

fn unrun(wait_budget: Duration) -> (KeyCache, jwks_core::adapter::Driver, Wall) {
    let wall = Wall::new();
    let clock = wall.clone();
    let policy = policy().wait_budget(wait_budget).build().unwrap();
    let source = Source::jwks_uri(URL).unwrap();
    let builder = KeyCache::builder(source).wall_clock(move || clock.now()).policy(policy);
    let (cache, [driver]) = built(builder);
    (cache, driver, wall)
}

#[test]
fn a_driver_that_was_never_run_is_told_to_whoever_comes_too_late() {
    let (cache, driver, wall) = unrun(secs(5));
    let mut world = World::with(cache, driver, wall, Issuer::new(), std::sync::Arc::default());
    let driver = world.driver.take();
    let patient = world.call("a", secs(60));
    assert_eq!(world.read("a").unwrap_err().kind(), ErrorKind::Unavailable);
    world.run_to(secs(5));
    let in_time = world.call("a", secs(5));
    assert!(!world.done(in_time));
    world.run_to(secs(5) + ms(1));
    let late = world.call("a", secs(5));
    let refresh = world.refresh();
    let read = world.read("a").unwrap_err();
    for error in [world.outcome(late), world.outcome(refresh)].map(|o| o.as_ref().unwrap_err()) {
        assert_eq!(error.kind(), ErrorKind::NeverRun);
    }
    assert_eq!(read.kind(), ErrorKind::NeverRun);
    assert!(read.is_retryable());
    assert!(read.to_string().contains("give it to the adapter"), "{read}");
    // Late, but run at last: those who wait are served.
    world.driver = driver;
    world.run_for(secs(1));
    world.outcome(patient).as_ref().unwrap();
    world.outcome(in_time).as_ref().unwrap();
    world.read("a").unwrap();
}

#[test]
fn a_driver_that_was_dropped_unrun_says_so() {
    let (cache, driver, _wall) = unrun(secs(5));
    drop(driver);
    let error = cache.try_with_keys("a", |_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert!(error.to_string().contains("without having been run"), "{error}");
}

#[test]
fn a_verifier_says_that_its_driver_was_never_run() {
    let wall = Wall::new();
    let clock = wall.clone();
    let issuer = Trusted::new(ISS).jwks_uri(URL).audience("api");
    let (verifier, _drivers): (_, Vec<_>) =
        built(Verifier::builder().wall_clock(move || clock.now()).issuer(issuer));
    wall.forward(secs(6));
    let held = token(ISS, "a", "a", exp(100));
    for error in [verifier.try_verify::<Value>(&held).err(), at_once(&verifier, &held).err()] {
        let error = error.unwrap();
        assert_eq!(error.kind(), VerifyKind::Unavailable);
        assert!(error.is_retryable() && !error.is_caller_fault());
        assert!(error.to_string().contains("has never been run"), "{error}");
    }
}
