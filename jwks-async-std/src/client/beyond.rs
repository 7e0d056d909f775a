//! Headers and statuses between `http` and surf, whose types cannot hold all that HTTP allows.

use ::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_client::http_types::headers::{self, Headers};

/// What surf's types cannot hold, sent along with a request or an answer as its extension: other
/// bytes than ASCII, and a status that is not registered.
#[derive(Debug, Default)]
pub(crate) struct Beyond {
    headers: HeaderMap,
    status: Option<StatusCode>,
}

impl Beyond {
    /// Puts into `to` what it can hold. The rest is what is returned.
    pub(crate) fn put(headers: &HeaderMap, to: &mut Headers) -> Self {
        let mut beyond = Self::default();
        for (name, value) in headers {
            let held = headers::HeaderName::from_bytes(name.as_str().into());
            let text = headers::HeaderValue::from_bytes(value.as_bytes().into());
            match (held, text) {
                (Ok(name), Ok(value)) => to.append(name, value),
                _ => drop(beyond.headers.append(name, value.clone())),
            }
        }
        beyond
    }

    pub(crate) const fn with_status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    pub(crate) const fn status(&self) -> Option<StatusCode> {
        self.status
    }
}

/// All headers: those in `held`, and those that came along. Backends of surf make up some that are
/// none, as a `Date` with a line break: they are passed over.
pub(crate) fn all(held: &Headers, beyond: Option<&Beyond>) -> HeaderMap {
    let mut all = HeaderMap::new();
    for (name, values) in held {
        for value in values {
            let name = HeaderName::from_bytes(name.as_str().as_bytes());
            let value = HeaderValue::from_bytes(value.as_str().as_bytes());
            if let (Ok(name), Ok(value)) = (name, value) {
                all.append(name, value);
            }
        }
    }
    if let Some(beyond) = beyond {
        for (name, value) in &beyond.headers {
            all.append(name, value.clone());
        }
    }
    all
}
