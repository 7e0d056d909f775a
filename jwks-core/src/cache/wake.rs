//! How the readers wake the driver.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::cache::sync::{AtomicBool, Mutex, Ordering, lock};

/// A flag that readers raise and the driver lowers, with the driver's waker.
///
/// Ordering: `raise` is a release and `lower` an acquire, so what was written before raising is
/// seen after lowering. A raise is never lost: the waker is stored, or looked for, under the lock,
/// and the flag is raised before the lock is taken and read after the waker is stored; so either
/// the poll sees the flag, or the raise sees the waker. Only the raise that finds the flag down
/// takes the lock; a flag that is up already has woken, or is about to be seen.
///
/// No waker is cloned, dropped or woken under the lock: that is the executor's code, and may come
/// back here.
#[derive(Debug)]
pub(crate) struct WakeFlag {
    raised: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl WakeFlag {
    /// A flag that is up: there is a first poll to do.
    pub(crate) fn new() -> Self {
        Self { raised: AtomicBool::new(true), waker: Mutex::new(None) }
    }

    pub(crate) fn raise(&self) {
        if !self.raised.swap(true, Ordering::AcqRel) {
            let waker = lock(&self.waker).take();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    /// To be called before looking for what has been raised.
    pub(crate) fn lower(&self) {
        self.raised.swap(false, Ordering::AcqRel);
    }

    /// Forgets the waker: nobody will poll any more.
    pub(crate) fn close(&self) {
        let _waker = lock(&self.waker).take();
    }

    pub(crate) fn poll_raised(&self, cx: &Context<'_>) -> Poll<()> {
        let known = matches!(&*lock(&self.waker), Some(waker) if waker.will_wake(cx.waker()));
        if !known {
            let new = Some(cx.waker().clone());
            let _old = std::mem::replace(&mut *lock(&self.waker), new);
        }
        if self.raised.load(Ordering::Acquire) { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Completes when the driver has something to do; at once, if it has already. See
/// [`Driver::woken`](super::Driver::woken).
///
/// A thread without an executor polls it with a waker that unparks the thread, and parks if it is
/// pending. May be dropped and asked for again at any time: the waker of the last poll is the one
/// that is woken, even after the drop.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Woken<'a>(pub(super) &'a WakeFlag);

impl Future for Woken<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll_raised(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::Wake;

    use super::*;

    struct Silent;

    impl Wake for Silent {
        fn wake(self: Arc<Self>) {}
    }

    #[test]
    fn a_closed_flag_keeps_no_waker() {
        let (flag, task) = (WakeFlag::new(), Arc::new(Silent));
        flag.lower();
        let waker = Waker::from(Arc::clone(&task));
        assert!(flag.poll_raised(&Context::from_waker(&waker)).is_pending());
        drop(waker);
        assert_eq!(Arc::strong_count(&task), 2);
        flag.close();
        assert_eq!(Arc::strong_count(&task), 1);
    }
}
