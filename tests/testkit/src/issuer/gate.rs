//! An answer that waits until the test lets it go.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

/// Holds answers back until it is opened, for good. A clone is the same gate.
///
/// In place of a pause: what has to happen first has happened, however slow the machine is.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    open: bool,
    waiting: Vec<Waker>,
}

impl Gate {
    /// A gate that is shut.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets all go that wait, and all that will come.
    pub fn open(&self) {
        let waiting = {
            let mut state = self.lock();
            state.open = true;
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Whether it was opened.
    pub fn is_open(&self) -> bool {
        self.lock().open
    }

    #[cfg_attr(not(feature = "loopback"), expect(dead_code, reason = "in memory nobody waits"))]
    pub(crate) async fn passed(&self) {
        poll_fn(|context| {
            let mut state = self.lock();
            if state.open {
                return Poll::Ready(());
            }
            if !state.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                state.waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
