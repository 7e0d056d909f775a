//! The source of drivers: in order, to the end, and what callers are told of those not taken.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::UNIX_EPOCH;

use jwks_core::adapter::{Drivers, Env, Start};
use jwks_core::cache::{BuildError, KeyCache, Source};
use jwks_core::verify::{ErrorKind, Issuer, IssuerError, Registered, Verifier};

use crate::world::{URL, Woken};

pub(crate) fn env() -> Env {
    Env::new(|| UNIX_EPOCH)
}

/// A verifier of so many issuers.
pub(crate) fn verifier(issuers: usize) -> (Verifier, Drivers) {
    let issuer = |number| {
        Issuer::new(format!("https://id.example.com/{number}")).jwks_uri(URL).any_audience()
    };
    let builder =
        (0..issuers).map(issuer).fold(Verifier::builder(), |it, issuer| it.issuer(issuer));
    builder.build(env()).unwrap()
}

fn poll(drivers: &mut Drivers, woken: &Arc<Woken>) -> Option<bool> {
    let waker = Waker::from(Arc::clone(woken));
    match drivers.poll_next(&Context::from_waker(&waker)) {
        Poll::Pending => None,
        Poll::Ready(driver) => Some(driver.is_some()),
    }
}

#[test]
fn the_source_of_a_verifier_ends_with_its_last_clone() {
    let (verifier, mut drivers) = verifier(2);
    let woken = Arc::default();
    assert_eq!(poll(&mut drivers, &woken), Some(true));
    assert_eq!(poll(&mut drivers, &woken), Some(true));
    assert_eq!(poll(&mut drivers, &woken), None);
    let clone = verifier.clone();
    drop(verifier);
    assert_eq!((woken.take(), poll(&mut drivers, &woken), drivers.is_ended()), (0, None, false));
    drop(clone);
    assert_eq!((woken.take(), drivers.is_ended()), (1, true));
    assert_eq!(poll(&mut drivers, &woken), Some(false));
    assert_eq!(poll(&mut drivers, &woken), Some(false), "and stays at its end");
}

#[test]
fn the_source_of_a_cache_has_one() {
    let builder = KeyCache::builder(Source::jwks_uri(URL).unwrap());
    let (_cache, mut drivers) = builder.build(env()).unwrap();
    assert!(!drivers.is_ended());
    assert_eq!(drivers.take_ready().len(), 1);
    assert!(drivers.is_ended());
}

#[test]
fn drivers_that_nobody_took_tell_it_when_they_are_dropped() {
    let (verifier, drivers) = verifier(2);
    drop(drivers);
    let error = verifier.try_verify::<Registered>("e30.e30.AA").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    for cache in verifier.caches() {
        let error = cache.try_with_keys("a", |_| ()).unwrap_err();
        assert!(error.to_string().contains("without having been run"), "{error}");
    }
}

#[test]
fn drivers_that_were_built_can_be_started_later() {
    let (_verifier, drivers) = verifier(3);
    let ((), mut drivers) = drivers.build(env()).unwrap();
    assert_eq!(drivers.take_ready().len(), 3);
}

#[test]
fn an_error_of_the_build_keeps_its_own_type_and_text() {
    let error: BuildError = Verifier::builder().build(env()).unwrap_err();
    let inner = error.downcast_ref::<IssuerError>().unwrap();
    assert_eq!((error.to_string(), format!("{error:?}")), (inner.to_string(), inner.to_string()));
    assert_eq!(inner.setting(), "issuer");
}

/// What is refused is refused before anything is made: no observer is told of a cache that is never
/// used.
#[test]
fn a_refused_build_tells_no_observer() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    let saved = jwks_core::cache::SavedKeys::from_json("broken");
    let first = Issuer::new("https://a").jwks_uri(URL).any_audience().hydrate(saved);
    let first = first.observer(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let second = Issuer::new("https://b").any_audience();
    let builder = Verifier::builder().issuer(first).issuer(second);
    builder.build(env()).unwrap_err();
    assert_eq!(told.load(Ordering::Relaxed), 0);
}
