//! Callers: futures polled by hand, when they are woken.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use jwks_core::cache::Error;

use crate::wakers::Flag;

type Asking<T> = Pin<Box<dyn Future<Output = Result<T, Error>>>>;

/// A caller: `T` is what he gets.
pub(crate) struct Caller<T> {
    future: Option<Asking<T>>,
    flag: Arc<Flag>,
    pub(crate) began: Duration,
    budget: Duration,
    /// The kid of the key he wants, if he wants one.
    pub(crate) wants: Option<String>,
    /// How many fetches had been sent when it came.
    pub(crate) sent_before: usize,
    pub(crate) outcome: Option<(Duration, Result<T, Error>)>,
}

impl<T> Caller<T> {
    pub(crate) fn new(
        now: Duration,
        budget: Duration,
        future: impl Future<Output = Result<T, Error>> + 'static,
    ) -> Self {
        Self {
            future: Some(Box::pin(future)),
            flag: Arc::default(),
            began: now,
            budget,
            wants: None,
            sent_before: 0,
            outcome: None,
        }
    }

    pub(crate) fn poll(&mut self, now: Duration) {
        let Some(future) = &mut self.future else { return };
        let waker = self.flag.waker();
        if let Poll::Ready(outcome) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            assert!(now - self.began <= self.budget, "waited longer than the budget");
            (self.future, self.outcome) = (None, Some((now, outcome)));
        }
    }

    /// How often he has been woken.
    pub(crate) fn wakes(&self) -> usize {
        self.flag.wakes()
    }

    /// Whether he has been woken since the last call.
    pub(crate) fn is_woken(&self) -> bool {
        self.flag.take()
    }

    /// Whether he has an answer, or has left.
    pub(crate) fn is_over(&self) -> bool {
        self.future.is_none()
    }

    /// Whether this is what it got.
    pub(crate) fn got(&self, what: &str) -> bool
    where
        T: AsRef<str>,
    {
        matches!(&self.outcome, Some((_, Ok(got))) if got.as_ref() == what)
    }

    pub(crate) fn cancel(&mut self) {
        self.future = None;
    }

    /// Nobody may be left behind: who still waits has a budget that ends later.
    pub(crate) fn check(&self, now: Duration) {
        let in_time = self.began.saturating_add(self.budget) > now;
        assert!(self.future.is_none() || in_time, "left behind");
    }
}
