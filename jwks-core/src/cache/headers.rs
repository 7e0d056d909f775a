//! Headers of a source's own, made for each request.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderMap,
    HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE,
    TE, TRAILER, TRANSFER_ENCODING, UPGRADE, USER_AGENT,
};
use http::uri::{Scheme, Uri};
use http::{HeaderValue, Request};

use super::FetchError;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Made = Pin<Box<dyn Future<Output = Result<HeaderMap, BoxError>> + Send>>;

/// Makes headers.
#[derive(Clone)]
pub(crate) struct MakeHeaders(Arc<dyn Fn() -> Made + Send + Sync>);

/// The headers that a source adds to one request: a token, for example. They are made when the
/// request is sent, and only a request to an origin that may see them has any.
///
/// An adapter with a loop of its own calls [`add_to`](Self::add_to) in the task of the fetch.
/// [`drive`](crate::adapter::drive) does it by itself.
#[derive(Clone, Default)]
pub struct Headers(Option<MakeHeaders>);

/// Scheme, host and port, as they are compared (RFC 6454).
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Origin {
    is_secure: bool,
    host: Box<str>,
    port: u16,
}

impl MakeHeaders {
    pub(crate) fn new<F, E>(make: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<HeaderMap, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        Self(Arc::new(move || {
            let made = make();
            Box::pin(async { made.await.map_err(Into::into) })
        }))
    }
}

impl PartialEq for MakeHeaders {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for MakeHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MakeHeaders")
    }
}

impl Headers {
    pub(crate) const fn of(make: MakeHeaders) -> Self {
        Self(Some(make))
    }

    /// Whether there is nothing to add, as for most sources.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Makes the headers and adds them to the request, each marked as
    /// [sensitive](HeaderValue::set_sensitive).
    ///
    /// # Errors
    ///
    /// [`FetchErrorKind::Headers`](super::FetchErrorKind::Headers): the headers could not be had, or
    /// one of them is not for a source to set. Then give this error to the reply, and send nothing.
    pub async fn add_to(&self, request: &mut Request<()>) -> Result<(), FetchError> {
        let Some(MakeHeaders(make)) = &self.0 else { return Ok(()) };
        let mut made = make().await.map_err(FetchError::headers)?;
        if let Some(name) = made.keys().find(|name| is_reserved(name)) {
            let text = format!("the header `{name}` is not for a source to set");
            return Err(FetchError::headers(text));
        }
        made.values_mut().for_each(|value: &mut HeaderValue| value.set_sensitive(true));
        request.headers_mut().extend(made);
        Ok(())
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Headers").field("is_empty", &self.is_empty()).finish()
    }
}

impl Origin {
    /// `None` if it has no host, or none of the two schemes.
    pub(crate) fn of(uri: &Uri) -> Option<Self> {
        let authority = uri.authority()?;
        let is_secure = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return None,
        };
        let port = authority.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
        Some(Self { is_secure, host: authority.host().to_ascii_lowercase().into(), port })
    }
}

/// What the core says itself, and what belongs to the connection: with another value of these, an
/// answer would be about something else than was asked for.
fn is_reserved(name: &HeaderName) -> bool {
    let reserved = [
        ACCEPT,
        ACCEPT_ENCODING,
        CACHE_CONTROL,
        CONNECTION,
        CONTENT_LENGTH,
        EXPECT,
        HOST,
        IF_MATCH,
        IF_MODIFIED_SINCE,
        IF_NONE_MATCH,
        IF_RANGE,
        IF_UNMODIFIED_SINCE,
        RANGE,
        TE,
        TRAILER,
        TRANSFER_ENCODING,
        UPGRADE,
        USER_AGENT,
    ];
    reserved.contains(name)
}
