//! Why nothing was started.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;

use jwks_core::service::BuildError;

type Source = Arc<dyn StdError + Send + Sync>;

/// Why nothing was started, or why the client could not be built. Cheap to clone. `Debug` shows the
/// error and its causes, so that a `main` that returns this error prints them.
#[derive(Clone, thiserror::Error)]
#[error(transparent)]
pub struct StartError(Repr);

#[derive(Clone, Debug, thiserror::Error)]
enum Repr {
    #[error(transparent)]
    Build(BuildError),
    #[error("not a certificate to trust: it must be that of an authority, in DER or PEM")]
    Certificate(#[source] Source),
    #[error("the http client cannot be made: check the certificates of the platform")]
    Client(#[source] Source),
    #[error("async-std has no thread to run on")]
    Task(#[source] Source),
}

impl StartError {
    /// The error of the builder, if its settings cannot work.
    #[must_use]
    pub const fn build(&self) -> Option<&BuildError> {
        match &self.0 {
            Repr::Build(error) => Some(error),
            _ => None,
        }
    }

    /// Whether a certificate was given that cannot be read, or cannot be trusted.
    #[must_use]
    pub const fn is_certificate(&self) -> bool {
        matches!(self.0, Repr::Certificate(_))
    }

    pub(crate) fn certificate(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(Repr::Certificate(error.into().into()))
    }

    pub(crate) fn client(error: futures_rustls::rustls::Error) -> Self {
        Self(Repr::Client(Arc::new(error)))
    }

    pub(crate) fn task(error: io::Error) -> Self {
        Self(Repr::Task(Arc::new(error)))
    }
}

impl From<BuildError> for StartError {
    fn from(error: BuildError) -> Self {
        Self(Repr::Build(error))
    }
}

impl fmt::Debug for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        let mut next = self.source();
        while let Some(source) = next {
            write!(f, ": {source}")?;
            next = source.source();
        }
        Ok(())
    }
}
