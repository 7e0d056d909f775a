//! URLs, shown without what may be a secret.

use std::fmt;

use http::Uri;

/// A URL that a request goes to; it is shown without its query.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct Url(pub(crate) Uri);

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown(&self.0).fmt(f)
    }
}

/// Shows a URL without its query and its user information, which may hold a secret. The URL may be
/// foreign text.
pub(crate) struct Shown<'u>(pub(crate) &'u Uri);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(uri) = self;
        let scheme = uri.scheme_str().unwrap_or_default();
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let host = authority.rsplit('@').next().unwrap_or_default();
        // The path may hold quotes, and DEL.
        write!(f, "{scheme}://{host}{}", uri.path().escape_default())?;
        if uri.query().is_some() { f.write_str("?…") } else { Ok(()) }
    }
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
