//! Many drivers in one task.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use jwks_core::adapter::{Driver, together};
use jwks_core::verify::Verifier;

use crate::drivers::verifier;
use crate::world::Woken;

struct World {
    verifier: Option<Verifier>,
    polls: Rc<RefCell<Vec<usize>>>,
    wakers: Rc<RefCell<Vec<Option<Waker>>>>,
    done: Rc<Cell<bool>>,
}

/// Each driver's future counts its polls, and ends when it is polled after `done` is set.
fn world(count: usize) -> (World, impl Future<Output = ()> + Unpin) {
    let polls = Rc::new(RefCell::new(vec![0; count]));
    let wakers = Rc::new(RefCell::new(vec![None; count]));
    let done = Rc::new(Cell::new(false));
    let (verifier, drivers) = verifier(count);
    let world = World {
        verifier: Some(verifier),
        polls: polls.clone(),
        wakers: wakers.clone(),
        done: done.clone(),
    };
    let mut places = 0..count;
    let run = move |driver: Driver| {
        let (polls, wakers, done) = (polls.clone(), wakers.clone(), done.clone());
        let place = places.next().unwrap();
        poll_fn(move |cx| {
            let _driver = &driver;
            polls.borrow_mut()[place] += 1;
            wakers.borrow_mut()[place] = Some(cx.waker().clone());
            if done.get() { Poll::Ready(()) } else { Poll::Pending }
        })
    };
    (world, together(drivers, run))
}

impl World {
    fn wake(&self, place: usize) {
        let waker = self.wakers.borrow()[place].clone().unwrap();
        waker.wake();
    }
}

#[test]
fn a_wake_polls_its_own_future_and_no_other() {
    let (mut world, mut all) = world(100);
    let woken = Arc::<Woken>::default();
    let waker = Waker::from(Arc::clone(&woken));
    let mut poll = || Pin::new(&mut all).poll(&mut Context::from_waker(&waker)).is_ready();
    assert!(!poll());
    assert_eq!(*world.polls.borrow(), vec![1; 100]);
    world.wake(42);
    world.wake(42);
    assert_eq!(woken.take(), 1, "the task is woken once");
    assert!(!poll());
    assert_eq!(world.polls.borrow().iter().sum::<usize>(), 101);
    assert_eq!(world.polls.borrow()[42], 2);
    assert!(!poll(), "a poll for nothing polls nobody");
    assert_eq!(world.polls.borrow().iter().sum::<usize>(), 101);
    world.done.set(true);
    (0..100).for_each(|place| world.wake(place));
    assert!(!poll(), "more drivers may come as long as there is a handle");
    woken.take();
    world.verifier = None;
    assert_eq!(woken.take(), 1);
    assert!(poll());
}

#[test]
fn one_that_wakes_itself_is_polled_again_later() {
    let (handle, drivers) = verifier(1);
    drop(handle);
    let mut left = 3;
    let mut all = together(drivers, move |_driver| {
        poll_fn(move |cx| {
            left -= 1;
            cx.waker().wake_by_ref();
            if left == 0 { Poll::Ready(()) } else { Poll::Pending }
        })
    });
    let mut polls = 0;
    while Pin::new(&mut all).poll(&mut Context::from_waker(Waker::noop())).is_pending() {
        polls += 1;
    }
    assert_eq!(polls, 2);
}
