//! Drivers that their user drives.

use std::collections::VecDeque;
use std::future::{pending, poll_fn, ready};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, UNIX_EPOCH};

use http::Response;
use jwks_core::adapter::{Env, Exchange, FetchError, Serve, Start, Time, drive};
use jwks_core::cache::{KeyCache, Policy, Source};

use crate::world::{SET, URL, Woken};

/// How many polls of an exchange pass before its answer, one for each exchange to come.
type Slowness = Arc<Mutex<VecDeque<usize>>>;

struct World {
    cache: Option<KeyCache>,
    serve: Serve,
    /// In milliseconds.
    now: Arc<AtomicU64>,
    begun: Arc<AtomicUsize>,
}

fn world(policy: Policy, slow: &[usize]) -> World {
    let now = Arc::new(AtomicU64::new(0));
    let begun = Arc::new(AtomicUsize::new(0));
    let slow: Slowness = Arc::new(Mutex::new(slow.iter().copied().collect()));
    let builder = KeyCache::builder(Source::jwks_uri(URL).unwrap()).policy(policy);
    let wall = Arc::clone(&now);
    let wall = move || UNIX_EPOCH + Duration::from_millis(wall.load(Ordering::Relaxed));
    let (cache, drivers) = builder.build(Env::new(wall)).unwrap();
    let (clock, count) = (Arc::clone(&now), Arc::clone(&begun));
    let serve = Serve::new(drivers, move |driver| {
        let (clock, count, slow) = (Arc::clone(&clock), Arc::clone(&count), Arc::clone(&slow));
        let read = {
            let clock = Arc::clone(&clock);
            move || Time::from_origin(Duration::from_millis(clock.load(Ordering::Relaxed)))
        };
        // A timer that fires by itself only where it is asked for anew, as after a freeze.
        let sleep = move |_| pending::<()>();
        let exchange = move |_: Exchange| {
            count.fetch_add(1, Ordering::Relaxed);
            let mut left = slow.lock().unwrap().pop_front().expect("an exchange is expected");
            poll_fn(move |cx| {
                if left == 0 {
                    return Poll::Ready(Ok::<_, FetchError>(Response::new(SET.as_bytes())));
                }
                left -= 1;
                cx.waker().wake_by_ref();
                Poll::Pending
            })
        };
        drive(driver, read, sleep, exchange)
    });
    World { cache: Some(cache), serve, now, begun }
}

fn policy() -> Policy {
    Policy::builder().jitter(0.0).build().unwrap()
}

impl World {
    fn holds(&self) -> bool {
        self.cache.as_ref().unwrap().try_with_keys("a", |_| ()).is_ok()
    }
}

/// Polls for as long as it is woken; none if it comes to rest before its end.
fn block_on<T>(future: impl Future<Output = T>) -> Option<T> {
    let woken = Arc::<Woken>::default();
    let waker = Waker::from(Arc::clone(&woken));
    let mut future = pin!(future);
    for _ in 0..1000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(output);
        }
        if woken.take() == 0 {
            return None;
        }
    }
    panic!("it does not come to rest");
}

#[test]
fn a_call_beside_it_has_its_keys() {
    let mut world = world(policy(), &[5]);
    let cache = world.cache.clone().unwrap();
    let call = async || cache.with_keys("a", |_| ()).await;
    assert!(block_on(call()).is_none(), "nobody drives");
    block_on(world.serve.beside(call())).expect("driven").expect("the key");
    assert_eq!(world.begun.load(Ordering::Relaxed), 1);
}

#[test]
fn beside_returns_with_the_call_and_the_fetch_goes_on_later() {
    let mut world = world(policy(), &[50]);
    block_on(world.serve.beside(ready(()))).unwrap();
    assert!(!world.holds());
    block_on(world.serve.settle()).unwrap();
    assert!(world.holds());
    assert_eq!(world.begun.load(Ordering::Relaxed), 1);
}

/// The timers have not fired when the process wakes: `settle` looks at the clock itself.
#[test]
fn settle_makes_the_refresh_that_has_fallen_due_in_a_freeze() {
    let mut world = world(policy(), &[0, 3]);
    block_on(world.serve.settle()).unwrap();
    assert!(world.holds());
    block_on(world.serve.settle()).unwrap();
    assert_eq!(world.begun.load(Ordering::Relaxed), 1, "nothing is due");
    world.now.store(17 * 60_000, Ordering::Relaxed);
    block_on(world.serve.settle()).unwrap();
    assert_eq!(world.begun.load(Ordering::Relaxed), 2);
    assert_eq!(world.cache.as_ref().unwrap().status().fetches, 2);
    assert!(!world.cache.as_ref().unwrap().status().refreshing);
}

#[test]
fn it_ends_with_the_last_handle_and_so_do_its_methods() {
    let mut world = world(policy(), &[0]);
    block_on(world.serve.settle()).unwrap();
    assert!(block_on(&mut world.serve).is_none(), "a handle is left");
    world.cache = None;
    block_on(&mut world.serve).expect("the end");
    block_on(&mut world.serve).expect("polled again after its end");
    block_on(world.serve.settle()).expect("at once");
    assert_eq!(block_on(world.serve.beside(ready(7))), Some(7));
}
