//! The first poll of a driver.

use std::pin::Pin;
use std::task::{Context, Waker};

/// Polls the future of a driver once, and returns it to be spawned. `None`: it has ended already.
///
/// Call it in an adapter's `start`, so that the driver has begun when `start` returns. Otherwise an
/// executor that is busy for longer than the policy's `wait_budget` looks like one that never runs
/// the driver. The task polls the future again, with a waker of its own.
pub fn begin<F: Future<Output = ()>>(driver: F) -> Option<Pin<Box<F>>> {
    let mut driver = Box::pin(driver);
    let ended = driver.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
    (!ended).then_some(driver)
}
