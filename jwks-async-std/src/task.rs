//! Tasks that end with their owner.

use async_std::task;
use futures_util::future::{AbortHandle, abortable};

/// A task that ends when this is dropped. async-std's own handle would let it run on.
#[derive(Debug)]
pub(crate) struct Task(AbortHandle);

impl Task {
    pub(crate) fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Self {
        let (future, handle) = abortable(future);
        drop(task::spawn(future));
        Self(handle)
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
