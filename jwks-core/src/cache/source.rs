//! Where keys come from.

use core::fmt;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use http::Uri;
use http::header::HeaderValue;

use super::Addresses;
use super::discovery::Discovery;
use super::headers::{Headers, MakeHeaders, Origin};
use super::hosts::Hosts;
use super::label;
use super::relaxation::Relaxation;
use super::saved;
use super::source_url::{Plain, SourceError};
use super::url::Shown;
use crate::keys::{Algorithm, KeyLimits, KeySet, KeySetError, TokensOf, digest};
use crate::refresh::Policy;
pub use builder::SourceBuilder;

/// Where keys come from: the URL of a JWK Set (RFC 7517), or an issuer that is asked where its set
/// is (OpenID Connect Discovery 1.0).
///
/// The URL is checked. It is `https`, or `http` to this machine if you allow that, and it has no
/// user information and no fragment. Neither `Debug` nor `Display` shows its query.
///
/// ```
/// use jwks_core::cache::Source;
///
/// let source = Source::jwks_uri("https://id.example.com/keys")?;
/// assert_eq!(source.to_string(), "https://id.example.com/keys");
///
/// let at_my_desk = "http://localhost:8080/keys";
/// assert!(Source::jwks_uri(at_my_desk).is_err());
/// let source = Source::builder().allow_loopback_http().jwks_uri(at_my_desk)?;
///
/// let source = Source::discover("https://id.example.com/")?;
/// let url = "https://id.example.com/.well-known/openid-configuration";
/// assert_eq!(source.to_string(), url);
/// # Ok::<(), jwks_core::cache::SourceError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Source {
    endpoint: Endpoint,
    /// The issuer of the tokens that the keys are for.
    issuer: Option<Arc<str>>,
    /// The algorithms of these tokens, if they are known.
    algorithms: Option<Arc<[Algorithm]>>,
    headers: Option<OwnHeaders>,
    /// Public addresses alone may be connected to, but for hosts that plain `http` is allowed to.
    public_only: bool,
    plain: Plain,
    relaxations: Vec<Relaxation>,
    spiffe: bool,
    user_agent: HeaderValue,
}

impl Source {
    /// Starts from the defaults, to change some of them.
    pub const fn builder() -> SourceBuilder {
        SourceBuilder::new()
    }

    /// The key set of this issuer, which must be an `https` URL: see [`SourceBuilder::discover`].
    ///
    /// # Errors
    ///
    /// Like [`jwks_uri`](Self::jwks_uri), and if the URL has a query.
    pub fn discover(issuer: impl AsRef<str>) -> Result<Self, SourceError> {
        Self::builder().discover(issuer)
    }

    /// The key set at this `https` URL.
    ///
    /// # Errors
    ///
    /// Fails if the text is not a URL, or if the URL is relative, is not `https`, or has user
    /// information or a fragment.
    pub fn jwks_uri(uri: impl AsRef<str>) -> Result<Self, SourceError> {
        Self::builder().jwks_uri(uri)
    }

    /// The keys in this JWK Set (RFC 7517, section 5), and no others: see [`SourceBuilder::keys`].
    ///
    /// # Errors
    ///
    /// Fails if there is not at least one usable key.
    pub fn keys(set: impl AsRef<[u8]>) -> Result<Self, SourceError> {
        Self::builder().keys(set)
    }

    /// The key set in this file: see [`SourceBuilder::keys_file`].
    ///
    /// # Errors
    ///
    /// Fails if the path is not absolute, or not Unicode text.
    pub fn keys_file(path: impl AsRef<Path>) -> Result<Self, SourceError> {
        Self::builder().keys_file(path)
    }

    /// The document that holds the keys, if they are at hand.
    pub(crate) fn document(&self) -> Option<&Arc<[u8]>> {
        match &self.endpoint {
            Endpoint::Document(document) => Some(document),
            _ => None,
        }
    }

    /// The file that holds the keys.
    pub(crate) fn file(&self) -> Option<&Arc<Path>> {
        match &self.endpoint {
            Endpoint::File { path, .. } => Some(path),
            _ => None,
        }
    }

    /// Whether this can be [allowed plain http](SourceBuilder::allow_http_host).
    pub(crate) fn check_http_host(host: &str) -> Result<(), SourceError> {
        Plain::new(false, &[host.to_owned()]).map(drop)
    }

    pub(crate) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What was written out of what is off by itself, in order.
    pub(crate) fn relaxations(&self) -> &[Relaxation] {
        &self.relaxations
    }

    /// The URL to ask first.
    pub(crate) fn uri(&self) -> &Uri {
        self.endpoint.uri()
    }

    /// The identity of this source, for saved keys: two sources are the same if they ask the same
    /// URL, query included.
    pub(crate) fn origin(&self) -> saved::Origin {
        let digest = match &self.endpoint {
            Endpoint::Document(document) => digest(document),
            _ => digest(self.uri().to_string().as_bytes()),
        };
        saved::Origin { shown: self.to_string(), digest }
    }

    /// The default label of its issuer.
    pub(crate) fn label(&self) -> Arc<str> {
        match &self.issuer {
            Some(issuer) => label::of_url(issuer),
            None if self.document().is_some() => label::of_url(&self.to_string()),
            None => label::of_url(&self.uri().to_string()),
        }
    }

    pub(crate) const fn user_agent(&self) -> &HeaderValue {
        &self.user_agent
    }

    /// What to add to a request to this place.
    pub(crate) fn headers_for(&self, uri: &Uri) -> Headers {
        let own = self
            .headers
            .as_ref()
            .filter(|own| Origin::of(uri).is_some_and(|origin| own.origins.contains(&origin)));
        own.map_or_else(Headers::default, |own| Headers::of(own.make.clone()))
    }

    /// Whether there are headers that a request to this place does not get.
    pub(crate) fn withholds_headers(&self, uri: &Uri) -> bool {
        self.headers.is_some() && self.headers_for(uri).is_empty()
    }

    /// Which addresses a request to this place may go to. A host that was allowed plain `http` by name
    /// may be anywhere.
    pub(crate) fn addresses_for(&self, uri: &Uri) -> Addresses {
        if !self.public_only || self.file().is_some() || self.plain.names(uri) {
            Addresses::ANY
        } else if self.plain.allows_loopback() {
            Addresses::PUBLIC.or_loopback()
        } else {
            Addresses::PUBLIC
        }
    }

    /// The same, but connected to at public addresses alone.
    pub(crate) fn public_only(self) -> Self {
        Self { public_only: true, ..self }
    }

    /// The same, with the keys at these hosts alone.
    pub(crate) fn at_hosts(mut self, hosts: &Hosts) -> Result<Self, SourceError> {
        if self.document().is_some() || self.file().is_some() {
            return Ok(self);
        }
        hosts.check(self.uri())?;
        if let Endpoint::Discovery(discovery) = &self.endpoint {
            self.endpoint = Endpoint::Discovery(Arc::new(discovery.at_hosts(hosts)));
        }
        Ok(self)
    }

    /// The same place, for tokens of this issuer with these algorithms, and for JWT-SVIDs if
    /// `spiffe` is set.
    pub(crate) fn serving(mut self, issuer: &str, algorithms: &[Algorithm], spiffe: bool) -> Self {
        self.issuer = Some(issuer.into());
        self.algorithms = Some(algorithms.into());
        self.spiffe |= spiffe;
        self
    }

    /// The same place, for tokens of which these are accepted too.
    pub(crate) fn allowing(mut self, more: impl IntoIterator<Item = Relaxation>) -> Self {
        self.relaxations.extend(more);
        self.relaxations.sort_unstable();
        self.relaxations.dedup();
        self
    }

    /// Reads a document from this source.
    pub(super) fn parse(&self, body: &[u8], policy: &Policy) -> Result<KeySet, KeySetError> {
        let limits = KeyLimits {
            max_body: policy.max_body(),
            max_keys: policy.max_keys(),
            min_keys: policy.min_keys(),
            spiffe: self.spiffe,
        };
        let (issuer, algorithms) = (self.issuer.as_deref(), self.algorithms.as_deref());
        KeySet::parse_for(TokensOf { issuer, algorithms }, body, &limits)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Source").field(&format_args!("{self}")).finish()
    }
}

/// Shows the URL of the first request without its query, which may hold a secret.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.endpoint {
            Endpoint::Document(_) => f.write_str("keys of the settings"),
            _ => Shown(self.uri()).fmt(f),
        }
    }
}

/// One variant per way to find keys.
#[derive(Clone, PartialEq)]
pub(crate) enum Endpoint {
    Discovery(Arc<Discovery>),
    /// A key set that is at hand.
    Document(Arc<[u8]>),
    File {
        path: Arc<Path>,
        uri: Uri,
    },
    JwksUri(Uri),
}

/// Headers, and the origins that see them.
#[derive(Clone, PartialEq)]
struct OwnHeaders {
    make: MakeHeaders,
    origins: Vec<Origin>,
}

impl Endpoint {
    fn uri(&self) -> &Uri {
        match self {
            Self::Discovery(discovery) => discovery.url(),
            Self::Document(_) => &AT_HAND,
            Self::File { uri, .. } | Self::JwksUri(uri) => uri,
        }
    }

    fn is_oauth(&self) -> bool {
        matches!(self, Self::Discovery(discovery) if discovery.is_oauth())
    }
}

/// No request goes there.
static AT_HAND: LazyLock<Uri> = LazyLock::new(|| Uri::from_static("keys://settings"));

mod builder;
mod same;
#[cfg(test)]
mod tests;
