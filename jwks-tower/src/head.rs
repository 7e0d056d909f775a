//! What a request says before its body.

use http::request::Parts;
use http::{Extensions, HeaderMap, Method, Request, Uri};

/// A request without its body, as your own hooks see it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Head<'r> {
    /// What earlier layers and the server have put beside it: the connection's data, for one.
    pub extensions: &'r Extensions,
    /// Its headers.
    pub headers: &'r HeaderMap,
    /// Its method.
    pub method: &'r Method,
    /// Its target.
    pub uri: &'r Uri,
}

impl<'r> Head<'r> {
    /// The head of this request.
    #[must_use]
    pub fn of<B>(request: &'r Request<B>) -> Self {
        Self {
            extensions: request.extensions(),
            headers: request.headers(),
            method: request.method(),
            uri: request.uri(),
        }
    }

    /// Whether it is a CORS preflight: a browser sends it without a credential, before it asks.
    pub(crate) fn is_preflight(&self) -> bool {
        self.method == Method::OPTIONS
            && self.headers.contains_key(http::header::ORIGIN)
            && self.headers.contains_key(http::header::ACCESS_CONTROL_REQUEST_METHOD)
    }
}

impl<'r> From<&'r Parts> for Head<'r> {
    fn from(parts: &'r Parts) -> Self {
        Self {
            extensions: &parts.extensions,
            headers: &parts.headers,
            method: &parts.method,
            uri: &parts.uri,
        }
    }
}
