//! Many drivers in one task, each with a waker of its own.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use super::{Driver, Drivers};

/// Runs all drivers of a handle within one task, until the last handle is gone. `run` makes the
/// future of each driver, usually with [`drive`](super::drive). Issuers that are added later are
/// run too. A wake polls only the future that it is for.
///
/// Nothing has to be `Send`. If you drop the future, the drivers are dropped, and all waiting
/// callers get an error.
///
/// ```
/// use jwks_core::adapter::{Driver, Drivers, together};
/// # async fn run(_: Driver) {}
///
/// async fn run_all(drivers: Drivers) {
///     together(drivers, run).await;
/// }
/// ```
pub fn together<F, R>(drivers: Drivers, run: R) -> Together<F, R>
where
    F: Future<Output = ()>,
    R: FnMut(Driver) -> F,
{
    let members = Members::new();
    let arrivals = members.mark(ARRIVALS);
    Together { members, drivers, ended: false, arrivals, run }
}

/// The future of [`together`].
#[must_use = "futures do nothing unless polled"]
pub struct Together<F, R> {
    members: Members<F>,
    drivers: Drivers,
    /// No more drivers will come.
    ended: bool,
    /// The waker of `drivers`.
    arrivals: Arc<Mark>,
    run: R,
}

/// The index under which `drivers` itself is polled.
const ARRIVALS: usize = usize::MAX;

/// The running futures, and which of them are to be polled.
struct Members<F> {
    places: Vec<Option<Member<F>>>,
    free: Vec<usize>,
    ready: Arc<Ready>,
}

struct Member<F> {
    future: Pin<Box<F>>,
    mark: Arc<Mark>,
}

/// The waker of one member.
struct Mark {
    place: usize,
    /// Whether the future is among those to be polled.
    ///
    /// Ordering: a wake is a release, and taking it before the poll is an acquire. So the poll sees
    /// what was done before the wake.
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

impl<F, R> Together<F, R> {
    /// Whether nothing is to be polled now.
    pub(super) fn is_idle(&self) -> bool {
        self.members.ready.lock().places.is_empty()
    }

    pub(super) const fn drivers(&self) -> &Drivers {
        &self.drivers
    }
}

impl<F, R> Together<F, R>
where
    F: Future<Output = ()>,
    R: FnMut(Driver) -> F,
{
    /// Adds the drivers that have come, and returns their places.
    fn receive(&mut self) -> Vec<usize> {
        self.arrivals.queued.swap(false, Ordering::AcqRel);
        let waker = Waker::from(Arc::clone(&self.arrivals));
        let mut places = Vec::new();
        while let Poll::Ready(next) = self.drivers.poll_next(&Context::from_waker(&waker)) {
            let Some(driver) = next else {
                self.ended = true;
                break;
            };
            places.push(self.members.add((self.run)(driver)));
        }
        places
    }
}

impl<F, R> Future for Together<F, R>
where
    F: Future<Output = ()>,
    R: FnMut(Driver) -> F + Unpin,
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        for place in this.members.ready.take(cx.waker()) {
            if place == ARRIVALS {
                this.receive().into_iter().for_each(|place| this.members.poll(place));
            } else {
                this.members.poll(place);
            }
        }
        if this.ended && this.members.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl<F> Members<F> {
    fn new() -> Self {
        Self { places: Vec::new(), free: Vec::new(), ready: Arc::default() }
    }

    /// A waker for this place. The place is marked, so that it is polled first.
    fn mark(&self, place: usize) -> Arc<Mark> {
        self.ready.lock().places.push(place);
        Arc::new(Mark { place, queued: AtomicBool::new(true), ready: Arc::clone(&self.ready) })
    }

    fn is_empty(&self) -> bool {
        self.free.len() == self.places.len()
    }
}

impl<F: Future<Output = ()>> Members<F> {
    /// The caller polls it for the first time.
    fn add(&mut self, future: F) -> usize {
        let place = self.free.pop().unwrap_or(self.places.len());
        let ready = Arc::clone(&self.ready);
        let mark = Arc::new(Mark { place, queued: AtomicBool::new(true), ready });
        let member = Some(Member { future: Box::pin(future), mark });
        match self.places.get_mut(place) {
            Some(slot) => *slot = member,
            None => self.places.push(member),
        }
        place
    }

    /// Harmless if the wake was for an earlier future at this place.
    fn poll(&mut self, place: usize) {
        let Some(slot) = self.places.get_mut(place) else { return };
        let Some(member) = slot else { return };
        member.mark.queued.swap(false, Ordering::AcqRel);
        let waker = Waker::from(Arc::clone(&member.mark));
        if member.future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            *slot = None;
            self.free.push(place);
        }
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
    /// Takes the marked places. Whoever is marked from now on wakes `task`.
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

impl<F, R> fmt::Debug for Together<F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let running = self.members.places.len() - self.members.free.len();
        f.debug_struct("Together").field("running", &running).finish_non_exhaustive()
    }
}
