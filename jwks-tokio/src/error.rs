//! Why nothing was started.

use std::error::Error as StdError;
use std::fmt;
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
    #[error("the http client cannot be made: check its certificates and TLS settings")]
    Client(#[source] Source),
    #[cfg(any(feature = "native-tls", feature = "rustls"))]
    #[error(transparent)]
    File(Source),
    #[cfg(any(feature = "native-tls", feature = "rustls"))]
    #[error("this is not a pod of Kubernetes: {0}")]
    Kubernetes(&'static str),
    #[error("a place that has a client of its own must be written as `https://10.0.0.1:443`")]
    Origin,
    #[error(
        "the text is not the URL of a proxy: it must be like `http://proxy.example:3128`, with http, \
         https or socks5"
    )]
    Proxy,
    #[error(
        "not inside a tokio runtime: call it in `#[tokio::main]`, or name a runtime with \
         `Starter::runtime`"
    )]
    Runtime(#[source] Source),
    #[error("the tokio runtime has no timers: build it with `enable_all`")]
    Timers,
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

    /// Whether there is no tokio runtime to run on, or one without timers.
    #[must_use]
    pub const fn is_no_runtime(&self) -> bool {
        matches!(self.0, Repr::Runtime(_) | Repr::Timers)
    }

    /// Whether the URL that was given as a proxy is not one.
    #[must_use]
    pub const fn is_proxy(&self) -> bool {
        matches!(self.0, Repr::Proxy)
    }

    pub(crate) fn client(error: reqwest::Error) -> Self {
        Self(Repr::Client(Arc::new(error)))
    }

    #[cfg(any(feature = "native-tls", feature = "rustls"))]
    pub(crate) fn file(error: impl StdError + Send + Sync + 'static) -> Self {
        Self(Repr::File(Arc::new(error)))
    }

    #[cfg(any(feature = "native-tls", feature = "rustls"))]
    pub(crate) const fn kubernetes(why: &'static str) -> Self {
        Self(Repr::Kubernetes(why))
    }

    pub(crate) const fn origin() -> Self {
        Self(Repr::Origin)
    }

    pub(crate) const fn proxy() -> Self {
        Self(Repr::Proxy)
    }

    pub(crate) fn runtime(error: tokio::runtime::TryCurrentError) -> Self {
        Self(Repr::Runtime(Arc::new(error)))
    }

    pub(crate) const fn timers() -> Self {
        Self(Repr::Timers)
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
