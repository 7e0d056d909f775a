//! Why the drivers could not be started.

use std::sync::Arc;

type Source = Arc<dyn std::error::Error + Send + Sync>;

/// Why the drivers could not be started, or their client not be made. Cheap to clone.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(Repr);

#[derive(Clone, Debug, thiserror::Error)]
enum Repr {
    #[error("the http client cannot be made")]
    Client(#[source] Source),
    #[error("not the URL of a proxy that can be used")]
    Proxy,
    #[error("not inside a tokio runtime")]
    Runtime(#[source] Source),
}

impl Error {
    /// Whether there is no tokio runtime to run on.
    #[must_use]
    pub const fn is_no_runtime(&self) -> bool {
        matches!(self.0, Repr::Runtime(_))
    }

    /// Whether a proxy was given by what is no URL of one.
    #[must_use]
    pub const fn is_proxy(&self) -> bool {
        matches!(self.0, Repr::Proxy)
    }

    pub(crate) fn client(error: reqwest::Error) -> Self {
        Self(Repr::Client(Arc::new(error)))
    }

    pub(crate) const fn proxy() -> Self {
        Self(Repr::Proxy)
    }

    pub(crate) fn runtime(error: tokio::runtime::TryCurrentError) -> Self {
        Self(Repr::Runtime(Arc::new(error)))
    }
}
