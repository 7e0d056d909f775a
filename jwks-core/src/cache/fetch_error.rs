//! Why an attempt to fetch keys failed.

use std::error::Error;
use std::sync::Arc;

use http::StatusCode;

use super::discovery::DiscoveryError;

/// Why an attempt to fetch keys failed: what an adapter reports, or what the core found wrong with
/// the answer.
///
/// Cheap to clone, because all who waited for the attempt get it. Its own text never holds a URL
/// in full: of a foreign one, scheme, host and port at most, and nothing of our own. What it wraps
/// is the adapter's: an HTTP client's error often shows the URL, and the adapter removes that
/// first if the URL may hold secrets (`reqwest::Error::without_url`).
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct FetchError(Arc<Repr>);

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

    /// Anything else.
    pub fn other(source: impl Into<BoxError>) -> Self {
        Self::new(Repr::Other(source.into()))
    }

    /// The attempt ran into its deadline.
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

/// What became of the attempt.
impl FetchError {
    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> FetchErrorKind {
        match *self.0 {
            Repr::Abandoned => FetchErrorKind::Abandoned,
            Repr::Body(_) => FetchErrorKind::Body,
            Repr::Connect(_) => FetchErrorKind::Connect,
            Repr::Discovery(_) => FetchErrorKind::Discovery,
            Repr::Encoding { .. } => FetchErrorKind::Encoding,
            Repr::KeySet(_) => FetchErrorKind::KeySet,
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

    /// Whether the issuer's answer does not say where its keys are.
    #[must_use]
    pub fn is_discovery(&self) -> bool {
        self.kind() == FetchErrorKind::Discovery
    }

    /// Whether the answer came, but what it holds was refused as a key set.
    #[must_use]
    pub fn is_key_set(&self) -> bool {
        self.kind() == FetchErrorKind::KeySet
    }

    /// Whether the answer was a redirect, which is never followed.
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        self.kind() == FetchErrorKind::Redirect
    }

    /// Whether the attempt ran into its deadline.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind() == FetchErrorKind::Timeout
    }

    /// Whether the body was too large.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.kind() == FetchErrorKind::TooLarge
    }

    /// The HTTP status, if it is what the attempt failed for: that of the keys, or of the
    /// discovery document.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match *self.0 {
            Repr::Discovery(DiscoveryError::Response(ref error)) => error.status(),
            Repr::NotModified | Repr::OtherSet => Some(StatusCode::NOT_MODIFIED.as_u16()),
            Repr::Redirect { status, .. } | Repr::Status(status) => Some(status.as_u16()),
            _ => None,
        }
    }
}

/// What the core finds.
impl FetchError {
    /// The adapter dropped the attempt without an answer.
    pub(crate) fn abandoned() -> Self {
        Self::new(Repr::Abandoned)
    }

    /// The issuer's answer does not say where its keys are.
    pub(super) fn discovery(error: DiscoveryError) -> Self {
        Self::new(Repr::Discovery(error))
    }

    /// The body is encoded, though the request allowed that no more than the core can undo it.
    /// `coding` is foreign, escaped and short.
    pub(crate) fn encoding(coding: String) -> Self {
        Self::new(Repr::Encoding { coding })
    }

    /// The body is no key set that may be used.
    pub(crate) fn key_set(source: impl Into<BoxError>) -> Self {
        Self::new(Repr::KeySet(source.into()))
    }

    /// A 304, though the request was not conditional.
    pub(crate) fn not_modified() -> Self {
        Self::new(Repr::NotModified)
    }

    /// A 304 whose `ETag` is another than the one that the request asked about.
    pub(crate) fn other_set() -> Self {
        Self::new(Repr::OtherSet)
    }

    /// A redirect. `target` is said in our words or escaped, and short.
    pub(crate) fn redirect(status: StatusCode, target: String) -> Self {
        Self::new(Repr::Redirect { status, target })
    }

    /// A status that is neither 200 nor 304.
    pub(crate) fn refused_status(status: StatusCode) -> Self {
        Self::new(Repr::Status(status))
    }
}

impl FetchError {
    fn new(repr: Repr) -> Self {
        Self(Arc::new(repr))
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
    /// The issuer was asked where its keys are, and its answer was refused, for whatever reason;
    /// the cause says which.
    Discovery,
    /// The body has a content encoding, which was not asked for.
    Encoding,
    /// The answer came, but what it holds was refused as a key set.
    KeySet,
    /// Anything else that the adapter met.
    Other,
    /// The answer was a redirect, which is never followed.
    Redirect,
    /// The answer was neither 200 nor a 304 that was asked for.
    Status,
    /// The attempt ran into its deadline.
    Timeout,
    /// The body was larger than `max_body`.
    TooLarge,
}

type BoxError = Box<dyn Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
enum Repr {
    #[error("the fetch was abandoned")]
    Abandoned,
    #[error("the response's body could not be read")]
    Body(#[source] BoxError),
    #[error("no connection to the key server")]
    Connect(#[source] BoxError),
    #[error("discovery failed")]
    Discovery(#[source] DiscoveryError),
    #[error("the response has the content encoding '{coding}', which was not asked for")]
    Encoding { coding: String },
    #[error("the key set was refused")]
    KeySet(#[source] BoxError),
    #[error("the key server answered 304 to a request that was not conditional")]
    NotModified,
    #[error("the key server answered 304 about another key set than the held one")]
    OtherSet,
    #[error("the fetch failed")]
    Other(#[source] BoxError),
    #[error(
        "the key server answered {}, a redirect {target}; redirects are not followed",
        .status.as_u16()
    )]
    Redirect { status: StatusCode, target: String },
    #[error("the key server answered {}", .0.as_u16())]
    Status(StatusCode),
    #[error("the fetch timed out")]
    Timeout,
    #[error("the response is larger than {limit} bytes")]
    TooLarge { limit: usize },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::SourceError;

    #[test]
    fn each_kind_says_what_it_is() {
        for (error, kind, text, status, source) in [
            (
                FetchError::abandoned(),
                FetchErrorKind::Abandoned,
                "the fetch was abandoned",
                None,
                None,
            ),
            (
                FetchError::body("x"),
                FetchErrorKind::Body,
                "the response's body could not be read",
                None,
                Some("x"),
            ),
            (
                FetchError::connect("x"),
                FetchErrorKind::Connect,
                "no connection to the key server",
                None,
                Some("x"),
            ),
            (
                FetchError::discovery(DiscoveryError::JwksUri(SourceError::query())),
                FetchErrorKind::Discovery,
                "discovery failed",
                None,
                Some("the document's `jwks_uri` is refused"),
            ),
            (
                FetchError::discovery(DiscoveryError::Response(FetchError::not_modified())),
                FetchErrorKind::Discovery,
                "discovery failed",
                Some(304),
                Some("the key server answered 304 to a request that was not conditional"),
            ),
            (
                FetchError::encoding("gzip".into()),
                FetchErrorKind::Encoding,
                "the response has the content encoding 'gzip', which was not asked for",
                None,
                None,
            ),
            (
                FetchError::key_set("x"),
                FetchErrorKind::KeySet,
                "the key set was refused",
                None,
                Some("x"),
            ),
            (
                FetchError::not_modified(),
                FetchErrorKind::Status,
                "the key server answered 304 to a request that was not conditional",
                Some(304),
                None,
            ),
            (
                FetchError::other_set(),
                FetchErrorKind::Status,
                "the key server answered 304 about another key set than the held one",
                Some(304),
                None,
            ),
            (FetchError::other("x"), FetchErrorKind::Other, "the fetch failed", None, Some("x")),
            (
                FetchError::redirect(StatusCode::FOUND, "to https://b".into()),
                FetchErrorKind::Redirect,
                "the key server answered 302, a redirect to https://b; redirects are not followed",
                Some(302),
                None,
            ),
            (
                FetchError::refused_status(StatusCode::NOT_FOUND),
                FetchErrorKind::Status,
                "the key server answered 404",
                Some(404),
                None,
            ),
            (FetchError::timeout(), FetchErrorKind::Timeout, "the fetch timed out", None, None),
            (
                FetchError::too_large(9),
                FetchErrorKind::TooLarge,
                "the response is larger than 9 bytes",
                None,
                None,
            ),
        ] {
            assert_eq!((error.kind(), error.status()), (kind, status));
            assert_eq!(error.to_string(), text);
            assert_eq!(error.source().map(ToString::to_string), source.map(str::to_owned));
            assert_eq!(error.is_abandoned(), kind == FetchErrorKind::Abandoned);
            assert_eq!(error.is_connect(), kind == FetchErrorKind::Connect);
            assert_eq!(error.is_discovery(), kind == FetchErrorKind::Discovery);
            assert_eq!(error.is_key_set(), kind == FetchErrorKind::KeySet);
            assert_eq!(error.is_redirect(), kind == FetchErrorKind::Redirect);
            assert_eq!(error.is_timeout(), kind == FetchErrorKind::Timeout);
            assert_eq!(error.is_too_large(), kind == FetchErrorKind::TooLarge);
            assert_eq!(error.clone().to_string(), text);
        }
    }
}
