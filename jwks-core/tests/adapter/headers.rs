//! Headers of the source's own, in [`jwks_core::adapter::drive`].

use std::future::{pending, poll_fn, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use http::HeaderMap;
use jwks_core::cache::{FetchError, FetchErrorKind, Policy, Source};

use crate::world::{URL, World, keys};

type Made = Result<HeaderMap, String>;

fn world<F>(make: impl Fn() -> F + Send + Sync + 'static) -> World
where
    F: Future<Output = Made> + Send + 'static,
{
    let source = Source::builder().headers_with(make).jwks_uri(URL).unwrap();
    World::of(source, Policy::default(), |_| {})
}

fn failure(world: &World) -> FetchError {
    let error = world.cache.try_with_keys("a", |_| ()).unwrap_err();
    error.last_failure().unwrap().clone()
}

#[test]
fn the_exchange_begins_when_they_are_there() {
    let there = Arc::new(AtomicBool::new(false));
    let is_there = Arc::clone(&there);
    let mut world = world(move || {
        let there = Arc::clone(&there);
        async move {
            poll_fn(|cx| {
                cx.waker().wake_by_ref();
                if there.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            Ok(HeaderMap::new())
        }
    });
    world.next(|_| keys());
    for _ in 0..3 {
        assert!(!world.poll());
        assert_eq!(world.begun.get(), 0);
    }
    is_there.store(true, Ordering::Relaxed);
    world.settle();
    assert_eq!(world.begun.get(), 1);
    assert!(world.cache.try_with_keys("a", |_| ()).is_ok());
}

#[test]
fn without_them_nothing_is_sent() {
    let mut world = world(|| ready(Err("the file is gone".into())));
    world.settle();
    let error = failure(&world);
    assert_eq!(error.kind(), FetchErrorKind::Headers);
    assert_eq!(format!("{error:?}"), "the request's headers could not be had: the file is gone");
    assert_eq!(world.begun.get(), 0);
}

#[test]
fn they_have_the_attempts_time() {
    let mut world = world(pending::<Made>);
    world.settle();
    world.pass(Duration::from_secs(5));
    assert!(failure(&world).is_timeout());
    assert_eq!(world.begun.get(), 0);
}

#[test]
fn a_panic_is_an_attempt_that_failed() {
    let mut world = world(|| async { panic!("broken") });
    world.settle();
    assert!(failure(&world).is_abandoned());
    assert_eq!(world.begun.get(), 0);
}
