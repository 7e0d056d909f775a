//! A server that ends when nobody needs it any more.

use std::{
    fmt,
    thread::{self, JoinHandle},
};

use tokio::{runtime, sync::oneshot};

/// A thread with a runtime of its own. Dropping this ends what runs there, at once, with all
/// connections.
pub(crate) struct Background {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Runs what `serve` returns, inside of the runtime.
    pub(crate) fn start<F: Future>(name: &str, serve: impl FnOnce() -> F + Send + 'static) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                let runtime = runtime::Builder::new_current_thread().enable_all().build();
                runtime.expect("a runtime of one thread").block_on(async {
                    tokio::select! {
                        // The sender's end is the signal.
                        _ = stopped => {}
                        _ = serve() => {}
                    }
                });
            })
            .expect("a thread for the server");
        Self { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the server has been printed; the test that missed its answers fails.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Background").finish_non_exhaustive()
    }
}
