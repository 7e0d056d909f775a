//! Why an attempt to fetch keys failed.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use http::StatusCode;

use super::Phase;
use super::discovery::DiscoveryError;
use crate::keys::text::{Chain, OneLine};

/// Why an attempt to fetch keys failed: what an adapter reports, or what the core found wrong with
/// the answer.
///
/// Cheap to clone, because every caller that waited for the attempt gets it. Its own text never
/// holds a whole URL: of a foreign URL, it shows at most scheme, host and port; of your own URLs,
/// nothing. If you write an adapter, check the error that you wrap: an HTTP client's error often
/// shows the URL. Remove it first, because it may hold secrets (`reqwest::Error::without_url`).
///
/// Its own text says in one line what went wrong. [`source`](Error::source) is the error of the
/// adapter's HTTP client. The `Debug` form shows both in one line; `{:#?}` shows the parts.
#[derive(Clone)]
pub struct FetchError {
    /// How far the exchange had come, if it timed out and the adapter reported it.
    phase: Option<Phase>,
    /// The place may have wanted headers that it does not get.
    without_headers: bool,
    /// Scheme, host and port of the proxy in between, if the adapter reported one.
    proxy: Option<Arc<str>>,
    repr: Arc<Repr>,
}

/// What an adapter reports.
impl FetchError {
    /// The body broke off, or its transfer failed.
    pub fn body(source: impl Into<BoxError>) -> Self {
        Self::new(Repr::Body(source.into()))
    }

    /// No connection: name resolution, TCP, or TLS.
    pub fn connect(source: impl Into<BoxError>) -> Self {
        Self::new(Repr::Connect(source.into()))
    }

    /// The file of a [source](super::Source::keys_file) could not be read.
    pub fn file(source: impl Into<BoxError>) -> Self {
        Self::new(Repr::File(source.into()))
    }

    /// Anything else.
    pub fn other(source: impl Into<BoxError>) -> Self {
        Self::new(Repr::Other(source.into()))
    }

    /// The attempt reached its deadline. The last report to
    /// [`Progress::reached`](super::Progress::reached) says what it waited for.
    #[must_use]
    pub fn timeout() -> Self {
        Self::new(Repr::Timeout)
    }

    /// The body is larger than so many bytes.
    #[must_use]
    pub fn too_large(limit: usize) -> Self {
        Self::new(Repr::TooLarge { limit })
    }
}

/// Accessors.
impl FetchError {
    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> FetchErrorKind {
        match *self.repr {
            Repr::Abandoned => FetchErrorKind::Abandoned,
            Repr::Body(_) => FetchErrorKind::Body,
            Repr::Connect(_) => FetchErrorKind::Connect,
            Repr::Discovery(_) => FetchErrorKind::Discovery,
            Repr::Encoding { .. } => FetchErrorKind::Encoding,
            Repr::File(_) => FetchErrorKind::File,
            Repr::Headers(_) => FetchErrorKind::Headers,
            Repr::Empty | Repr::KeySet(_) => FetchErrorKind::KeySet,
            Repr::NotModified | Repr::OtherSet | Repr::Status(_) => FetchErrorKind::Status,
            Repr::Other(_) => FetchErrorKind::Other,
            Repr::Redirect { .. } => FetchErrorKind::Redirect,
            Repr::Timeout => FetchErrorKind::Timeout,
            Repr::TooLarge { .. } => FetchErrorKind::TooLarge,
        }
    }

    /// Whether the adapter dropped the attempt without an answer.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.kind() == FetchErrorKind::Abandoned
    }

    /// Whether there was no connection.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        self.kind() == FetchErrorKind::Connect
    }

    /// Whether discovery failed: the issuer's answer does not say where its keys are.
    #[must_use]
    pub fn is_discovery(&self) -> bool {
        self.kind() == FetchErrorKind::Discovery
    }

    /// Whether the answer came, but its content was refused as a key set.
    #[must_use]
    pub fn is_key_set(&self) -> bool {
        self.kind() == FetchErrorKind::KeySet
    }

    /// Whether the answer was a redirect, which is never followed.
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        self.kind() == FetchErrorKind::Redirect
    }

    /// Whether the attempt reached its deadline.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind() == FetchErrorKind::Timeout
    }

    /// Whether the body was too large.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.kind() == FetchErrorKind::TooLarge
    }

    /// What the attempt waited for when it reached its deadline, as far as the adapter's HTTP
    /// client can tell. `None` for any other failure.
    #[must_use]
    pub fn phase(&self) -> Option<Phase> {
        self.phase
    }

    /// The proxy of the request, as `http://host:port`, if it used one and the connection or the
    /// exchange failed. Never shows user or password.
    #[must_use]
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }

    /// The HTTP status, if the attempt failed because of it: the status of the key set, or of the
    /// discovery document.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match *self.repr {
            Repr::Discovery(DiscoveryError::Response(ref error)) => error.status(),
            Repr::NotModified | Repr::OtherSet => Some(StatusCode::NOT_MODIFIED.as_u16()),
            Repr::Redirect { status, .. } | Repr::Status(status) => Some(status.as_u16()),
            _ => None,
        }
    }
}

/// What the core finds.
impl FetchError {
    /// Why the answer's content was refused as a key set.
    #[cfg(feature = "tracing")]
    pub(super) fn key_set_error(&self) -> Option<&crate::keys::KeySetError> {
        match &*self.repr {
            Repr::KeySet(error) => error.downcast_ref(),
            _ => None,
        }
    }

    /// The adapter dropped the attempt without an answer.
    pub(crate) fn abandoned() -> Self {
        Self::new(Repr::Abandoned)
    }

    /// The issuer's answer does not say where its keys are.
    pub(super) fn discovery(error: DiscoveryError) -> Self {
        Self::new(Repr::Discovery(error))
    }

    /// A 200 with nothing in its body.
    pub(crate) fn empty() -> Self {
        Self::new(Repr::Empty)
    }

    /// The body has a content encoding, although the request allowed only those that the core can
    /// decode. `coding` is foreign, escaped and short.
    pub(crate) fn encoding(coding: String) -> Self {
        Self::new(Repr::Encoding { coding })
    }

    /// The body is not an acceptable key set.
    pub(crate) fn key_set(source: impl Into<BoxError>) -> Self {
        Self::new(Repr::KeySet(source.into()))
    }

    /// The headers of the source's own could not be had.
    pub(crate) fn headers(source: impl Into<BoxError>) -> Self {
        Self::new(Repr::Headers(source.into()))
    }

    /// A 304 to a request that was not conditional.
    pub(crate) fn not_modified() -> Self {
        Self::new(Repr::NotModified)
    }

    /// A 304 whose `ETag` is not the one that was sent.
    pub(crate) fn other_set() -> Self {
        Self::new(Repr::OtherSet)
    }

    /// A redirect. `target` is in our own words or escaped, and short.
    pub(crate) fn redirect(status: StatusCode, target: String) -> Self {
        Self::new(Repr::Redirect { status, target })
    }

    /// A status that is neither 200 nor 304.
    pub(crate) fn refused_status(status: StatusCode) -> Self {
        Self::new(Repr::Status(status))
    }
}

impl FetchError {
    /// Adds what the adapter reported of the exchange: how far it had come, and through which
    /// proxy.
    pub(super) fn after(mut self, phase: Option<Phase>, proxy: Option<Arc<str>>) -> Self {
        use FetchErrorKind::{Body, Connect, Other, Timeout};
        if self.is_timeout() {
            self.phase = phase;
        }
        if matches!(self.kind(), Body | Connect | Other | Timeout) {
            self.proxy = proxy;
        }
        self
    }

    /// The request had none of the source's own headers, as its place is not to see them.
    pub(super) fn without_headers(mut self) -> Self {
        self.without_headers = matches!(self.status(), Some(401 | 403));
        self
    }

    fn new(repr: Repr) -> Self {
        Self { phase: None, without_headers: false, proxy: None, repr: Arc::new(repr) }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.repr)?;
        if let Some(phase) = self.phase {
            write!(f, " {phase}")?;
        }
        if self.without_headers {
            f.write_str(
                "; it is not at the origin that the headers are for, so name it with \
                 `headers_also_to` if it may see them",
            )?;
        }
        if let Some(proxy) = &self.proxy {
            write!(f, " through the proxy {proxy}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return write!(f, "{}", Chain(self));
        }
        let mut parts = f.debug_struct("FetchError");
        parts.field("phase", &self.phase).field("proxy", &self.proxy).field("repr", &self.repr);
        parts.finish()
    }
}

/// What the core found wrong is already in the text.
impl Error for FetchError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &*self.repr {
            Repr::Body(source)
            | Repr::Connect(source)
            | Repr::File(source)
            | Repr::Headers(source)
            | Repr::Other(source) => Some(source.as_ref()),
            Repr::Discovery(error) => error.source(),
            Repr::KeySet(error) => error.source(),
            _ => None,
        }
    }
}

/// What went wrong with an attempt to fetch keys.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum FetchErrorKind {
    /// The adapter dropped the attempt without an answer.
    Abandoned,
    /// The body broke off, or its transfer failed.
    Body,
    /// No connection: name resolution, TCP, or TLS.
    Connect,
    /// Discovery failed: the issuer was asked where its keys are, and its answer was refused. The
    /// cause says why.
    Discovery,
    /// The body has a content encoding that was not asked for.
    Encoding,
    /// The file of [`keys_file`](super::SourceBuilder::keys_file) could not be read.
    File,
    /// The headers of [`headers_with`](super::SourceBuilder::headers_with) could not be had, so
    /// nothing was sent.
    Headers,
    /// The answer came, but its content was refused as a key set.
    KeySet,
    /// Anything else that the adapter met.
    Other,
    /// The answer was a redirect, which is never followed.
    Redirect,
    /// The answer was neither 200 nor a 304 that was asked for.
    Status,
    /// The attempt reached its deadline.
    Timeout,
    /// The body was larger than `max_body`.
    TooLarge,
}

type BoxError = Box<dyn Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
enum Repr {
    #[error("the adapter dropped the fetch without an answer")]
    Abandoned,
    #[error("the response's body could not be read")]
    Body(BoxError),
    #[error("no connection to the key server")]
    Connect(BoxError),
    #[error("discovery failed: {0}")]
    Discovery(DiscoveryError),
    #[error("the key server answered 200 with an empty body")]
    Empty,
    #[error("the response has the content encoding '{coding}', which was not asked for")]
    Encoding { coding: String },
    #[error("the file of the keys could not be read")]
    File(BoxError),
    #[error("the request's headers could not be had")]
    Headers(BoxError),
    #[error("the key set was refused: {}", OneLine(.0))]
    KeySet(BoxError),
    #[error("the key server answered 304 to a request that was not conditional")]
    NotModified,
    #[error("the key server answered 304 about another key set than the held one")]
    OtherSet,
    #[error("the HTTP client could not make the request")]
    Other(BoxError),
    #[error(
        "the key server answered {}, a redirect {target}; redirects are not followed, so configure \
         the URL where the keys are",
        .status.as_u16()
    )]
    Redirect { status: StatusCode, target: String },
    #[error("the key server answered {}", .0.as_u16())]
    Status(StatusCode),
    #[error("the fetch timed out")]
    Timeout,
    #[error("the response is larger than {limit} bytes (setting `max_body`)")]
    TooLarge { limit: usize },
}

#[cfg(test)]
mod tests;
