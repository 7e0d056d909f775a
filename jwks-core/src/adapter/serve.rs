//! Drivers that run only while their user polls them.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use super::{Driver, Drivers, Together, together};

/// Keeps keys fresh while you drive it: the future that an adapter's `serve` returns.
///
/// Use it instead of `start` if you want to decide when keys are fetched: to end the refresh
/// together with your service, or where the process is frozen between requests (AWS Lambda and the
/// like).
///
/// - Await it, or poll it in a `select`, for as long as the service runs. It completes when every
///   handle is gone. If you drop it, the refresh stops and all waiting callers get an error.
/// - [`beside`](Self::beside) drives it while another future runs: one request, for example.
/// - [`settle`](Self::settle) finishes the fetch that is under way, before the process is frozen.
///
/// A call that waits for keys (`verify`) makes no progress unless this is driven.
#[must_use = "no key is fetched unless this is driven"]
pub struct Serve {
    all: Together<Task, Box<dyn FnMut(Driver) -> Task + Send>>,
    ended: bool,
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Serve {
    /// For authors of adapters. `run` makes the future of each driver, usually with
    /// [`drive`](super::drive).
    pub fn new<F>(drivers: Drivers, mut run: impl FnMut(Driver) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let run = move |driver| -> Task { Box::pin(run(driver)) };
        Self { all: together(drivers, Box::new(run)), ended: false }
    }

    /// Drives this while `future` runs, and returns the output of `future`.
    ///
    /// You can drop the returned future at any time. A fetch that is under way is then paused, and
    /// goes on with the next call. Its deadline stays the same.
    pub async fn beside<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|cx| {
            self.poll_drivers(cx);
            future.as_mut().poll(cx)
        })
        .await
    }

    /// Starts a refresh if one is due, and drives this until no fetch is under way. Await it before
    /// the process is frozen. Otherwise the connection of a fetch may be dead after the freeze.
    ///
    /// It takes as long as the fetch that is under way, at most the policy's `fetch_timeout`. A
    /// fetch that fails is not repeated here. Without a fetch it completes at once. You can drop
    /// the returned future at any time.
    pub async fn settle(&mut self) {
        for cache in self.all.drivers().caches() {
            cache.wake.raise();
        }
        poll_fn(|cx| {
            self.poll_drivers(cx);
            let settled = self.ended || self.all.is_idle() && !self.is_fetching();
            if settled { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    fn is_fetching(&self) -> bool {
        self.all.drivers().caches().any(|cache| cache.is_refreshing())
    }

    fn poll_drivers(&mut self, cx: &mut Context<'_>) {
        self.ended = self.ended || Pin::new(&mut self.all).poll(cx).is_ready();
    }
}

impl Future for Serve {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_drivers(cx);
        if self.ended { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl fmt::Debug for Serve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Serve").field(&self.all).finish()
    }
}
