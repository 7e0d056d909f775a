//! Why the drivers could not be started.

use std::sync::Arc;

type Source = Arc<dyn std::error::Error + Send + Sync>;

/// Why the drivers could not be started. Cheap to clone.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(Repr);

#[derive(Clone, Debug, thiserror::Error)]
enum Repr {
    #[error("the http client cannot be made")]
    Client(#[source] Source),
    #[error("not inside a tokio runtime")]
    Runtime(#[source] Source),
}

impl Error {
    /// Whether there is no tokio runtime to run on.
    #[must_use]
    pub const fn is_no_runtime(&self) -> bool {
        matches!(self.0, Repr::Runtime(_))
    }

    pub(crate) fn client(error: reqwest::Error) -> Self {
        Self(Repr::Client(Arc::new(error)))
    }

    pub(crate) fn runtime(error: tokio::runtime::TryCurrentError) -> Self {
        Self(Repr::Runtime(Arc::new(error)))
    }
}
