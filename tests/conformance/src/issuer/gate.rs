//! An answer that waits until the test lets it go.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// Holds answers back until it is opened, for good. A clone is the same gate.
///
/// In place of a pause: what has to happen first has happened, however slow the machine is.
#[derive(Clone, Debug)]
pub struct Gate(Arc<Semaphore>);

impl Gate {
    /// A gate that is shut.
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    /// Lets all go that wait, and all that will come.
    pub fn open(&self) {
        self.0.close();
    }

    pub(super) async fn passed(&self) {
        // It never has a permit to give: an error says that it was closed, which opens the gate.
        let _ = self.0.acquire().await;
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}
