//! Where an issuer says that its keys are (OpenID Connect Discovery 1.0, section 4; RFC 8414).

use http::uri::{Authority, Uri};

use super::hosts::Hosts;
use super::source_url::{Plain, SourceError, checked};
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
    /// Where its document is asked for next, each if those before it answer 404.
    others: Vec<Uri>,
    /// The hosts that its keys may be at, if not any.
    hosts: Option<Hosts>,
    /// Where its keys may be by plain `http`.
    plain: Plain,
}

impl Discovery {
    /// Checks the issuer's URL, and makes that of its document: one slash at the end is removed
    /// for it (section 4.1).
    pub(super) fn openid(issuer: &str, plain: &Plain) -> Result<Self, SourceError> {
        base(issuer, plain)?;
        Self::over(issuer, &appended(issuer, OPENID), &[], plain)
    }

    /// Like [`openid`](Self::openid), for the metadata of an authorization server (RFC 8414): its
    /// section 3.1 puts the well-known part between host and path, and section 5 knows of OpenID's
    /// document, in both places.
    pub(super) fn oauth(issuer: &str, plain: &Plain) -> Result<Self, SourceError> {
        let url = base(issuer, plain)?;
        let scheme = url.scheme_str().unwrap_or_default();
        let authority = url.authority().map(Authority::as_str).unwrap_or_default();
        let path = url.path().strip_suffix('/').unwrap_or_else(|| url.path());
        let inserted = |well_known| format!("{scheme}://{authority}{well_known}{path}");
        let mut others = vec![inserted(OPENID), appended(issuer, OPENID)];
        // Without a path they are the same.
        others.dedup();
        Self::over(issuer, &inserted(OAUTH), &others, plain)
    }

    /// The document of this issuer, which may be any text, at this URL.
    pub(super) fn at(issuer: &str, url: &str, plain: &Plain) -> Result<Self, SourceError> {
        Self::over(issuer, url, &[], plain)
    }

    fn over(
        issuer: &str,
        url: &str,
        others: &[String],
        plain: &Plain,
    ) -> Result<Self, SourceError> {
        let url = checked(url, plain)?;
        let others = others.iter().map(|other| checked(other, plain));
        let others = others.collect::<Result<_, _>>()?;
        let plain = Plain::beside(&url);
        Ok(Self { issuer: issuer.into(), url, others, hosts: None, plain })
    }

    /// The same, with the keys at these hosts alone.
    pub(super) fn at_hosts(&self, hosts: &Hosts) -> Self {
        let hosts = Some(hosts.clone());
        let (issuer, url, others) = (self.issuer.clone(), self.url.clone(), self.others.clone());
        Self { issuer, url, others, hosts, plain: self.plain.clone() }
    }

    /// Whether other places than OpenID's are asked.
    pub(super) const fn is_oauth(&self) -> bool {
        !self.others.is_empty()
    }

    /// Where its document is asked for first.
    pub(crate) const fn url(&self) -> &Uri {
        &self.url
    }

    /// Where its document is asked for after so many answers of 404.
    pub(crate) fn url_after(&self, absent: usize) -> Option<&Uri> {
        match absent.checked_sub(1) {
            None => Some(&self.url),
            Some(other) => self.others.get(other),
        }
    }

    /// The `jwks_uri` of the issuer's document, which must be about this very issuer (section 4.3,
    /// and RFC 8414, section 3.3). It is `https` as the document's URL is. The keys of a document that
    /// comes by plain `http` may come so too: from this machine if it does, else from its very host.
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
        let uri = checked(&jwks_uri, &self.plain).map_err(DiscoveryError::JwksUri)?;
        match self.hosts.as_ref().map(|hosts| hosts.check(&uri)) {
            Some(Err(error)) => Err(DiscoveryError::JwksUri(error)),
            _ => Ok(Url(uri)),
        }
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

/// The issuer's URL, if it can be asked.
fn base(issuer: &str, plain: &Plain) -> Result<Uri, SourceError> {
    let url = checked(issuer, plain)?;
    if url.query().is_some() || issuer.contains('?') {
        return Err(SourceError::query());
    }
    Ok(url)
}

/// Under the issuer's own path, as OpenID Connect has it, rather than before that, as RFC 8414.
fn appended(issuer: &str, well_known: &str) -> String {
    let base = issuer.strip_suffix('/').unwrap_or(issuer);
    format!("{base}{well_known}")
}

const OAUTH: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";
const MAX_DEPTH: usize = 32;
const LONGEST_SHOWN: usize = 200;

#[cfg(test)]
mod tests;
