//! What an attempt brings along with its request: where it may go, how long it may take, and whom to
//! tell how far it has come.

use std::time::{Duration, Instant};

use jwks_core::adapter::{Addresses, Progress};

/// Sent with a request as its extension. The default is for requests that come from elsewhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempt {
    pub(crate) progress: Progress,
    pub(crate) addresses: Addresses,
    /// None: so far away that it never comes.
    pub(crate) until: Option<Instant>,
}

impl Attempt {
    pub(super) fn left(&self) -> Duration {
        self.until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()))
    }
}
