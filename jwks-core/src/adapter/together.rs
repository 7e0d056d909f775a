//! Many futures in one task, each with a waker of its own.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Runs these futures within one task, until all of them have ended: the drivers of many issuers,
/// say. A wake polls the future that it is for, and no other.
///
/// ```
/// use jwks_core::adapter::together;
///
/// # pollster::block_on(async {
/// together((0..3).map(|issuer| async move { println!("{issuer}") })).await;
/// # });
/// ```
pub fn together<F: Future<Output = ()>>(futures: impl IntoIterator<Item = F>) -> Together<F> {
    let ready = Arc::new(Ready::default());
    let place = |(place, future)| {
        let mark = Mark { place, queued: AtomicBool::new(true), ready: Arc::clone(&ready) };
        Some(Member { future: Box::pin(future), mark: Arc::new(mark) })
    };
    let members: Vec<_> = futures.into_iter().enumerate().map(place).collect();
    ready.lock().places.extend(0..members.len());
    let left = members.len();
    Together { members, left, ready }
}

/// The future of [`together`].
#[must_use = "futures do nothing unless polled"]
pub struct Together<F> {
    members: Vec<Option<Member<F>>>,
    left: usize,
    ready: Arc<Ready>,
}

struct Member<F> {
    future: Pin<Box<F>>,
    mark: Arc<Mark>,
}

/// The waker of one member.
struct Mark {
    place: usize,
    /// Whether it is among those to be polled.
    ///
    /// Ordering: a wake is a release, and the taking of it before the poll an acquire, so what was
    /// done before the wake is seen by the poll.
    queued: AtomicBool,
    ready: Arc<Ready>,
}

#[derive(Default)]
struct Ready(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    places: Vec<usize>,
    task: Option<Waker>,
}

impl<F: Future<Output = ()>> Future for Together<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        for place in this.ready.take(cx.waker()) {
            let Some(slot) = this.members.get_mut(place) else { continue };
            let Some(member) = slot else { continue };
            member.mark.queued.swap(false, Ordering::AcqRel);
            let waker = Waker::from(Arc::clone(&member.mark));
            if member.future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                *slot = None;
                this.left -= 1;
            }
        }
        if this.left == 0 { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Wake for Mark {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            let task = {
                let mut queue = self.ready.lock();
                queue.places.push(self.place);
                queue.task.take()
            };
            // Foreign code, so outside of the lock.
            if let Some(task) = task {
                task.wake();
            }
        }
    }
}

impl Ready {
    /// Who is to be polled; whoever is marked from now on wakes `task`.
    fn take(&self, task: &Waker) -> Vec<usize> {
        let task = task.clone();
        let (places, old) = {
            let mut queue = self.lock();
            (std::mem::take(&mut queue.places), queue.task.replace(task))
        };
        drop(old);
        places
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F> fmt::Debug for Together<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Together").field("left", &self.left).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::future::poll_fn;
    use std::rc::Rc;

    use super::*;

    /// A task's waker that counts.
    #[derive(Default)]
    struct Count(std::sync::atomic::AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    struct World {
        polls: Rc<RefCell<Vec<usize>>>,
        wakers: Rc<RefCell<Vec<Option<Waker>>>>,
        done: Rc<Cell<bool>>,
    }

    fn world(count: usize) -> (World, Together<impl Future<Output = ()>>) {
        let polls = Rc::new(RefCell::new(vec![0; count]));
        let wakers = Rc::new(RefCell::new(vec![None; count]));
        let done = Rc::new(Cell::new(false));
        let world = World { polls: polls.clone(), wakers: wakers.clone(), done: done.clone() };
        let futures = (0..count).map(move |place| {
            let (polls, wakers, done) = (polls.clone(), wakers.clone(), done.clone());
            poll_fn(move |cx| {
                polls.borrow_mut()[place] += 1;
                wakers.borrow_mut()[place] = Some(cx.waker().clone());
                if done.get() { Poll::Ready(()) } else { Poll::Pending }
            })
        });
        (world, together(futures))
    }

    impl World {
        fn wake(&self, place: usize) {
            let waker = self.wakers.borrow()[place].clone().unwrap();
            waker.wake();
        }
    }

    #[test]
    fn a_wake_polls_its_own_future_and_no_other() {
        let (world, mut all) = world(100);
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        let mut poll = || Pin::new(&mut all).poll(&mut Context::from_waker(&waker)).is_ready();
        assert!(!poll());
        assert_eq!(*world.polls.borrow(), vec![1; 100]);
        world.wake(42);
        world.wake(42);
        assert_eq!(count.0.load(Ordering::Relaxed), 1, "the task is woken once");
        assert!(!poll());
        assert_eq!(world.polls.borrow().iter().sum::<usize>(), 101);
        assert_eq!(world.polls.borrow()[42], 2);
        assert!(!poll(), "a poll for nothing polls nobody");
        assert_eq!(world.polls.borrow().iter().sum::<usize>(), 101);
        world.done.set(true);
        (0..100).for_each(|place| world.wake(place));
        assert!(poll());
    }

    #[test]
    fn one_that_wakes_itself_is_polled_again_later() {
        let mut left = 3;
        let future = poll_fn(move |cx| {
            left -= 1;
            cx.waker().wake_by_ref();
            if left == 0 { Poll::Ready(()) } else { Poll::Pending }
        });
        let mut all = together([future]);
        let mut polls = 0;
        while Pin::new(&mut all).poll(&mut Context::from_waker(Waker::noop())).is_pending() {
            polls += 1;
        }
        assert_eq!(polls, 2);
    }
}
