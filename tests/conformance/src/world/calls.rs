//! Futures polled by hand, so that scenarios name no runtime.

use std::{
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
    thread,
    time::Instant,
};

/// Polls once; none if that was not enough.
pub fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// Calls that have all been polled once, and wait.
///
/// # Panics
///
/// If one does not wait.
pub fn waiting<F: Future>(count: usize, call: impl Fn() -> F) -> Vec<Pin<Box<F>>> {
    let mut calls: Vec<_> = (0..count).map(|_| Box::pin(call())).collect();
    for call in &mut calls {
        assert!(at_once(call.as_mut()).is_none(), "a call that does not wait");
    }
    calls
}

/// What all of them come to.
pub fn finished<F: Future>(calls: Vec<Pin<Box<F>>>) -> Vec<F::Output> {
    calls.into_iter().map(pollster::block_on).collect()
}

/// Sleeps until `at`, or not at all.
pub fn sleep_until(at: Instant) {
    thread::sleep(at.saturating_duration_since(Instant::now()));
}
