//! Why the drivers could not be started.

use std::io;
use std::sync::Arc;

type Source = Arc<dyn std::error::Error + Send + Sync>;

/// Why the drivers could not be started, or their client not be made. Cheap to clone.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(Repr);

#[derive(Clone, Debug, thiserror::Error)]
enum Repr {
    #[error("not a certificate to trust")]
    Certificate(#[source] Source),
    #[error("the http client cannot be made")]
    Client(#[source] Source),
    #[error("a task cannot be started")]
    Task(#[source] Source),
}

impl Error {
    /// Whether a certificate was given that is none, or that cannot be trusted.
    #[must_use]
    pub const fn is_certificate(&self) -> bool {
        matches!(self.0, Repr::Certificate(_))
    }

    pub(crate) fn certificate(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(Repr::Certificate(error.into().into()))
    }

    pub(crate) fn client(error: futures_rustls::rustls::Error) -> Self {
        Self(Repr::Client(Arc::new(error)))
    }

    pub(crate) fn task(error: io::Error) -> Self {
        Self(Repr::Task(Arc::new(error)))
    }
}
