//! Where an issuer says that its keys are (OpenID Connect Discovery 1.0, section 4).

use http::uri::{Scheme, Uri};

use super::source_url::{SourceError, checked};
use super::url::{Shown, Url};
use super::{FetchError, Source};
use crate::keys::json::{self, Fault, Object};
use crate::keys::text::escaped;
use crate::keys::unicode::without_byte_order_mark;

/// An issuer that is asked for the place of its keys.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Discovery {
    /// As it was given, to the last slash.
    issuer: Box<str>,
    url: Uri,
}

impl Discovery {
    /// Checks the issuer's URL, and makes that of its document: one slash at the end is removed
    /// for it (section 4.1).
    pub(super) fn new(issuer: &str, allow_loopback_http: bool) -> Result<Self, SourceError> {
        if checked(issuer, allow_loopback_http)?.query().is_some() || issuer.contains('?') {
            return Err(SourceError::query());
        }
        let base = issuer.strip_suffix('/').unwrap_or(issuer);
        let url = checked(&format!("{base}{WELL_KNOWN}"), allow_loopback_http)?;
        Ok(Self { issuer: issuer.into(), url })
    }

    pub(crate) const fn url(&self) -> &Uri {
        &self.url
    }

    /// The `jwks_uri` of the issuer's document, which must be about this very issuer (section 4.3,
    /// and RFC 8414, section 3.3). It is `https` as the issuer is; an issuer that is plain `http`
    /// on this machine may keep its keys there too.
    pub(super) fn jwks_uri(&self, body: &[u8]) -> Result<Url, DiscoveryError> {
        let text = std::str::from_utf8(body).map_err(|_| DiscoveryError::NotText)?;
        let text = without_byte_order_mark(text);
        if !json::nests_within(text, MAX_DEPTH) {
            return Err(DiscoveryError::TooDeep);
        }
        let document = Object::parse(text).map_err(|fault| match fault {
            Fault::NotAnObject => DiscoveryError::NotAnObject,
            Fault::NotJson { column, line } => DiscoveryError::NotJson { column, line },
            Fault::NotUnicode => DiscoveryError::NotUnicode,
            Fault::RepeatedMember => DiscoveryError::RepeatedMember,
        })?;
        let text = |name| document.get(name).and_then(|value| json::string(value).ok());
        let issuer = text("issuer").ok_or(DiscoveryError::NoIssuer)?;
        if issuer != *self.issuer {
            let slash = issuer.strip_suffix('/') == Some(&self.issuer)
                || self.issuer.strip_suffix('/') == Some(&issuer);
            let hint = if slash { ": they differ by the slash at the end" } else { "" };
            let (ours, theirs) = (self.issuer.clone(), escaped(&issuer));
            return Err(DiscoveryError::OtherIssuer { hint, ours, theirs });
        }
        let jwks_uri = text("jwks_uri").ok_or(DiscoveryError::NoJwksUri)?;
        let plain = self.url.scheme() == Some(&Scheme::HTTP);
        checked(&jwks_uri, plain).map(Url).map_err(DiscoveryError::JwksUri)
    }
}

/// Why an issuer's document does not say where its keys are.
#[derive(Debug, thiserror::Error)]
pub(super) enum DiscoveryError {
    #[error("the document's `jwks_uri` is refused: {0}")]
    JwksUri(SourceError),
    #[error("the document has no `issuer` that is a string")]
    NoIssuer,
    #[error("the document has no `jwks_uri` that is a string")]
    NoJwksUri,
    #[error("the document is not a JSON object")]
    NotAnObject,
    #[error("the document is not JSON (line {line}, column {column})")]
    NotJson { column: usize, line: usize },
    #[error("the document is not UTF-8")]
    NotText,
    #[error("a member's name in the document is not valid Unicode text")]
    NotUnicode,
    /// `theirs` is foreign text, escaped and short.
    #[error("the document is that of another issuer, `{theirs}`, not of `{ours}`{hint}")]
    OtherIssuer { hint: &'static str, ours: Box<str>, theirs: Box<str> },
    #[error("the document has a member twice")]
    RepeatedMember,
    /// No document at all.
    #[error(transparent)]
    Response(FetchError),
    #[error("the document nests deeper than {MAX_DEPTH}")]
    TooDeep,
}

impl DiscoveryError {
    /// Whether the document says something that must not be believed: whoever gives such a
    /// document may not be the issuer, and what the issuer said before may be out of date.
    pub(super) const fn is_refusal(&self) -> bool {
        matches!(self, Self::JwksUri(_) | Self::OtherIssuer { .. })
    }
}

/// What an operator is shown: where the source points, and where it has led.
pub(super) fn shown(source: &Source, found: Option<&Url>) -> String {
    let Some(Url(uri)) = found else { return source.to_string() };
    let place = Shown(uri).to_string();
    match place.get(..LONGEST_SHOWN).filter(|start| start.len() < place.len()) {
        Some(start) => format!("{source} -> {start}…"),
        None => format!("{source} -> {place}"),
    }
}

/// Under the issuer's own path, as OpenID Connect has it, rather than before that, as RFC 8414.
const WELL_KNOWN: &str = "/.well-known/openid-configuration";
const MAX_DEPTH: usize = 32;
const LONGEST_SHOWN: usize = 200;

#[cfg(test)]
mod tests;
