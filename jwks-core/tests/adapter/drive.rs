//! [`jwks_core::adapter::drive`]: what it owes the driver, the exchange and its executor.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use jwks_core::cache::{ErrorKind, Policy};

use crate::world::{World, keys};

const SECOND: Duration = Duration::from_secs(1);

fn world() -> World {
    World::new(Policy::default(), |_| {})
}

fn is_held(world: &World) -> bool {
    world.cache.try_with_keys("a", |_| ()).is_ok()
}

#[test]
fn keys_come_and_are_refreshed_and_the_end_of_the_handles_ends_it() {
    let mut world = world();
    world.next(|_| keys());
    world.settle();
    assert!(is_held(&world));
    world.next(|_| keys());
    world.pass(18 * 60 * SECOND);
    assert_eq!((world.begun.get(), world.dropped.get()), (2, 2));
}

/// Callers who come in a flood keep the driver awake for ever: it has something to do at each poll.
#[test]
fn however_many_callers_come_it_gives_way_and_the_exchange_goes_on() {
    let mut world = World::new(Policy::default(), |cache| {
        // Wakes the driver, as each new caller does.
        cache.invalidate();
    });
    for _ in 0..100 {
        world.next(|_| Poll::Pending);
    }
    for turn in 1..=20 {
        assert!(!world.poll());
        assert!(world.woken.take() > 0, "it is to be polled again");
        assert!(world.polls.get() <= 2 * turn + 2, "{} polls of the driver", world.polls.get());
    }
}

#[test]
fn an_exchange_is_polled_at_each_turn_while_callers_come() {
    let polls = std::rc::Rc::new(std::cell::Cell::new(0));
    let count = polls.clone();
    let mut world = World::new(Policy::default(), |cache| {
        drop(cache.try_with_keys("a", |_| ()));
    });
    world.next(move |_| {
        count.set(count.get() + 1);
        Poll::Pending
    });
    for turn in 1..=20 {
        drop(world.cache.try_with_keys("a", |_| ()));
        assert!(!world.poll());
        assert!(polls.get() + 1 >= turn, "{} polls in {turn} turns", polls.get());
    }
}

#[test]
fn one_that_takes_too_long_is_ended_at_its_deadline() {
    let mut world = world();
    world.next(|_| Poll::Pending);
    world.settle();
    assert_eq!((world.begun.get(), world.dropped.get()), (1, 0));
    world.pass(5 * SECOND - SECOND / 1000);
    assert_eq!(world.dropped.get(), 0);
    world.pass(SECOND / 1000);
    assert_eq!(world.dropped.get(), 1);
    let error = world.cache.try_with_keys("a", |_| ()).unwrap_err();
    assert!(error.last_failure().unwrap().is_timeout());
}

#[test]
fn a_new_one_ends_the_one_before_it() {
    let mut world = world();
    world.next(|_| Poll::Pending);
    world.settle();
    world.cache.invalidate();
    world.next(|_| keys());
    world.settle();
    assert_eq!((world.begun.get(), world.dropped.get()), (2, 2));
    assert!(is_held(&world));
}

#[test]
fn one_that_panics_was_abandoned_and_is_tried_again() {
    let mut world = world();
    world.next(|_| panic!("the client is broken"));
    world.settle();
    let error = world.cache.try_with_keys("a", |_| ()).unwrap_err();
    assert!(error.last_failure().unwrap().is_abandoned());
    world.next(|_| keys());
    world.pass(SECOND);
    assert!(is_held(&world));
}

#[test]
fn dropping_it_drops_the_exchange_and_tells_all_who_wait() {
    let mut world = world();
    world.next(|_| Poll::Pending);
    let cache = world.cache.clone();
    let mut caller = pin!(cache.with_keys("a", |_| ()));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(caller.as_mut().poll(&mut cx).is_pending());
    world.settle();
    assert!(caller.as_mut().poll(&mut cx).is_pending());
    world.task = None;
    assert_eq!((world.begun.get(), world.dropped.get()), (1, 1));
    let Poll::Ready(Err(error)) = caller.as_mut().poll(&mut cx) else { panic!("still waits") };
    assert_eq!(error.kind(), ErrorKind::Stopped);
}
