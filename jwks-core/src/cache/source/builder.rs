//! Sources with other settings than the defaults.

use std::path::Path;
use std::sync::Arc;

use http::header::{HeaderMap, HeaderValue};

use super::super::discovery::Discovery;
use super::super::headers::{MakeHeaders, Origin};
use super::super::hosts::Hosts;
use super::super::relaxation::Relaxation;
use super::super::source_url::{Plain, SourceError, checked};
use super::{Endpoint, OwnHeaders, Source};
use crate::keys::{KeyLimits, KeySet};

/// Describes a [`Source`] with other settings than the defaults. Create it with
/// [`Source::builder`].
#[derive(Clone, Debug)]
#[must_use]
pub struct SourceBuilder {
    allow_loopback_http: bool,
    discovery_url: Option<String>,
    headers: Option<MakeHeaders>,
    headers_also_to: Vec<String>,
    http_hosts: Vec<String>,
    issuer: Option<Arc<str>>,
    jwks_uri_hosts: Vec<String>,
    public_only: bool,
    spiffe: bool,
    user_agent: Option<String>,
}

impl SourceBuilder {
    pub(super) const fn new() -> Self {
        Self {
            allow_loopback_http: false,
            discovery_url: None,
            headers: None,
            headers_also_to: Vec::new(),
            http_hosts: Vec::new(),
            issuer: None,
            jwks_uri_hosts: Vec::new(),
            public_only: false,
            spiffe: false,
            user_agent: None,
        }
    }

    /// Allows plain `http` to `localhost`, 127.0.0.0/8 and `[::1]`: for tests, and for an issuer on
    /// your own machine. The system resolves `localhost` like any other name.
    pub const fn allow_loopback_http(mut self) -> Self {
        self.allow_loopback_http = true;
        self
    }

    /// Allows plain `http` to this host and port, written `keys.internal:8080`: for an issuer inside
    /// your own cluster, where something else protects the connection. Call it again to allow
    /// several.
    ///
    /// Whoever can change what such a connection carries can give you keys, and log in as anybody.
    /// So it is allowed for one host at a time. The adapters' own clients send plain `http`
    /// through no proxy. The keys of a document at such a host are at this very host and port, or
    /// at an `https` URL.
    pub fn allow_http_host(mut self, host: impl Into<String>) -> Self {
        self.http_hosts.push(host.into());
        self
    }

    /// Asks for the issuer's document at this URL, instead of one that is made from the issuer:
    /// for an issuer that cannot be reached by its name, as that of a Kubernetes cluster. The
    /// document must still be about the very issuer that [`discover`](Self::discover) gets, which
    /// may then be any text.
    pub fn discovery_url(mut self, url: impl Into<String>) -> Self {
        self.discovery_url = Some(url.into());
        self
    }

    /// Adds the headers that this function makes to each request: a token that the place of the keys
    /// wants to see. The function is called anew for each request, in the task of the fetch and
    /// within its time, so it may read a file that is rotated, or fetch a token. If it fails,
    /// nothing is sent, and the attempt fails.
    ///
    /// The headers go to the origin of the configured URL alone: that of the document if there is one,
    /// else that of the keys. A `jwks_uri` at another origin gets none, unless it is
    /// [named](Self::headers_also_to). They are marked as sensitive, and never shown. Headers that
    /// the request has anyway (`Accept`, `User-Agent` and the like) are refused.
    ///
    /// ```
    /// use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
    /// use jwks_core::cache::Source;
    ///
    /// # async fn current_token() -> Result<String, std::io::Error> { Ok("token".into()) }
    /// async fn headers() -> Result<HeaderMap, Box<dyn std::error::Error + Send + Sync>> {
    ///     let value = HeaderValue::try_from(format!("Bearer {}", current_token().await?))?;
    ///     Ok(HeaderMap::from_iter([(AUTHORIZATION, value)]))
    /// }
    /// let source = Source::builder().headers_with(headers).jwks_uri("https://10.0.0.1/openid/v1/jwks")?;
    /// # Ok::<(), jwks_core::cache::SourceError>(())
    /// ```
    pub fn headers_with<F, E>(mut self, make: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<HeaderMap, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.headers = Some(MakeHeaders::new(make));
        self
    }

    pub(crate) fn headers_by(mut self, make: MakeHeaders) -> Self {
        self.headers = Some(make);
        self
    }

    /// Sends the headers of [`headers_with`](Self::headers_with) to this origin too, written
    /// `https://keys.example.com`: for an issuer whose document names a `jwks_uri` at another
    /// host. Call it again to name several.
    pub fn headers_also_to(mut self, origin: impl Into<String>) -> Self {
        self.headers_also_to.push(origin.into());
        self
    }

    /// Connects to public addresses only, whatever a name leads to or a URL says: not to this machine,
    /// nor to private, link-local, shared (RFC 6598), unique-local, multicast and other special
    /// addresses (RFC 6890), nor to IPv6 addresses that stand for such. Default: to any address.
    ///
    /// Use it if somebody else decides which URL is asked (server-side request forgery). A host that
    /// is [allowed plain `http`](Self::allow_http_host) by name may be anywhere, and with
    /// [`allow_loopback_http`](Self::allow_loopback_http) this machine is allowed.
    ///
    /// The clients of `jwks-tokio` and `jwks-async-std` judge each address that they connect to. Behind
    /// a proxy, `jwks-tokio` judges only addresses that stand in the URL, because the proxy looks the
    /// names up: there the proxy must do it. A client of your own is not used for such a source. With
    /// an adapter that does not [say](crate::adapter::Env::checks_addresses) that it judges addresses,
    /// each attempt fails.
    pub const fn public_addresses_only(mut self) -> Self {
        self.public_only = true;
        self
    }

    /// Accepts a `jwks_uri` from the issuer's document only if it is at this host, written
    /// `keys.example.com`, or `*.example.com` for every host under that. Call it again to allow
    /// several. Default: any host.
    pub fn jwks_uri_host(mut self, host: impl Into<String>) -> Self {
        self.jwks_uri_hosts.push(host.into());
        self
    }

    /// Sets the `iss` of the tokens that the keys are for. Default: the issuer that is
    /// [discovered](Self::discover), else none. A [`verify::Issuer`](crate::verify::Issuer) sets it
    /// for you.
    ///
    /// You need it only for keys with their own [`issuer`](crate::keys::Key::issuer):
    /// [`KeyCache::with_keys`](crate::cache::KeyCache::with_keys) returns them only if that fits this one.
    pub fn issuer(mut self, iss: impl AsRef<str>) -> Self {
        self.issuer = Some(iss.as_ref().into());
        self
    }

    /// Reads the key set as a SPIFFE bundle, for JWT-SVIDs: see
    /// [`KeyLimits::spiffe`](crate::keys::KeyLimits::spiffe). Default: no.
    ///
    /// Only the bundle's keys with `use: jwt-svid` and a `kid` are used. An empty bundle is valid
    /// too: it revokes all keys at once.
    pub const fn spiffe(mut self) -> Self {
        self.spiffe = true;
        self
    }

    /// Sets the `User-Agent` of requests (RFC 9110, section 10.1.5). Default: `jwks-core/VERSION`.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self
    }

    /// Finds the key set of this issuer by OpenID Connect Discovery 1.0. The issuer's document, at
    /// `{issuer}/.well-known/openid-configuration`, must name exactly this `issuer`, including a
    /// slash at its end, and a `jwks_uri`, which must be `https` if the issuer is.
    ///
    /// The document is fetched as part of the attempt, within its `fetch_timeout`. It may be as
    /// large as a key set (`max_body`). It is fetched again:
    ///
    /// - by attempts that begin while no keys are held;
    /// - by refreshes by hand;
    /// - after a `jwks_uri` has answered 404 or 410, and after three failed attempts in a row;
    /// - for an unknown `kid`, if the document is older than 10 minutes;
    /// - by any attempt, if the document is older than an hour.
    ///
    /// Such a repeated request gets at most half of the attempt's time. If it fails, the attempt
    /// goes on with the known `jwks_uri`, and the next attempt does not repeat it. There is one
    /// exception: a document that names another issuer, or a `jwks_uri` that is refused, fails the
    /// attempt.
    ///
    /// # Errors
    ///
    /// Like [`jwks_uri`](Self::jwks_uri), and if the URL has a query.
    pub fn discover(self, issuer: impl AsRef<str>) -> Result<Source, SourceError> {
        let (iss, plain) = (issuer.as_ref(), self.plain()?);
        let discovery = match &self.discovery_url {
            Some(url) => Discovery::at(iss, url, &plain)?,
            None => Discovery::openid(iss, &plain)?,
        };
        self.asking(iss, discovery)
    }

    /// Like [`discover`](Self::discover), by the metadata of an OAuth 2.0 authorization server (RFC
    /// 8414). For the issuer `https://id.example.com/tenant` the document is asked for at
    ///
    /// 1. `https://id.example.com/.well-known/oauth-authorization-server/tenant`,
    /// 2. `https://id.example.com/.well-known/openid-configuration/tenant`,
    /// 3. `https://id.example.com/tenant/.well-known/openid-configuration`,
    ///
    /// the next one only if the one before it answers 404, all within one attempt. One slash at the
    /// end of the issuer is left out for the URL, but must be in the document.
    ///
    /// # Errors
    ///
    /// Like [`discover`](Self::discover), and if a [`discovery_url`](Self::discovery_url) is set,
    /// which would have no effect.
    pub fn discover_oauth(self, issuer: impl AsRef<str>) -> Result<Source, SourceError> {
        if self.discovery_url.is_some() {
            return Err(SourceError::idle_discovery_url());
        }
        let discovery = Discovery::oauth(issuer.as_ref(), &self.plain()?)?;
        self.asking(issuer.as_ref(), discovery)
    }

    fn asking(self, issuer: &str, discovery: Discovery) -> Result<Source, SourceError> {
        let issuer = self.issuer.clone().unwrap_or_else(|| issuer.into());
        self.issuer(issuer).at(Endpoint::Discovery(Arc::new(discovery)))
    }

    /// The keys in this JWK Set (RFC 7517, section 5), and no others: for an issuer whose keys are
    /// handed over by hand. Nothing is fetched. They may also be public keys or certificates in
    /// [PEM or DER](crate::keys#forms-of-a-document).
    ///
    /// The keys are held as soon as the cache is built, and have no end of trust: `stale_if_error` and
    /// `max_trust` of the policy have no effect. All else is as for any other source: the set is looked
    /// at again whenever it would be fetched, which always succeeds at once. A `kid` that is not in the
    /// set is refused for good.
    ///
    /// # Errors
    ///
    /// Fails if there is not at least one usable key, or if something is set that would
    /// have no effect.
    pub fn keys(self, set: impl AsRef<[u8]>) -> Result<Source, SourceError> {
        self.check_at_hand()?;
        let limits = KeyLimits { spiffe: self.spiffe, ..KeyLimits::default() };
        KeySet::parse(set.as_ref(), &limits).map_err(|error| SourceError::keys(&error))?;
        self.at(Endpoint::Document(set.as_ref().into()))
    }

    /// The key set in the file with this absolute path, which the adapter reads again as often as it
    /// would ask an issuer: for keys that are mounted, as with a `ConfigMap` of Kubernetes. It may
    /// also hold [PEM or DER](crate::keys#forms-of-a-document).
    ///
    /// The file is a source like any other. Each good reading confirms the keys; a file that cannot be
    /// read, or holds no usable key, is an attempt that has failed, and the held keys stay as long as
    /// they are trusted. A token with an unknown `kid` causes a reading, within the policy's budget.
    /// How often it is read else is the policy's `interval`. Replace the file as a whole (rename, or
    /// the swap of a link), so that it is never read half written.
    ///
    /// `jwks-tokio` and `jwks-async-std` read files. With another adapter each attempt fails, unless
    /// that [says](crate::adapter::Env::reads_files) that it reads them.
    ///
    /// # Errors
    ///
    /// Fails if the path is not absolute, or not Unicode text, or if something is set that would have
    /// no effect.
    pub fn keys_file(self, path: impl AsRef<Path>) -> Result<Source, SourceError> {
        self.check_at_hand()?;
        let path = path.as_ref();
        let text = path.to_str().filter(|_| path.is_absolute()).ok_or(SourceError::file_path())?;
        let uri = format!("file://localhost/{}", in_url(text.trim_start_matches('/')));
        let uri = uri.parse().map_err(|_| SourceError::file_path())?;
        self.at(Endpoint::File { path: path.into(), uri })
    }

    fn check_at_hand(&self) -> Result<(), SourceError> {
        if self.discovery_url.is_some() {
            return Err(SourceError::idle_discovery_url());
        }
        if self.headers.is_some() || !self.headers_also_to.is_empty() {
            return Err(SourceError::idle_headers());
        }
        Ok(())
    }

    fn own_headers(&self, endpoint: &Endpoint) -> Result<Option<OwnHeaders>, SourceError> {
        let Some(make) = self.headers.clone() else {
            let idle = !self.headers_also_to.is_empty();
            return if idle { Err(SourceError::idle_header_origin()) } else { Ok(None) };
        };
        let plain = self.plain()?;
        let named = self.headers_also_to.iter().map(|text| {
            let uri = checked(text, &plain).map_err(|_| SourceError::header_origin())?;
            let is_bare = uri.path() == "/" && uri.query().is_none() && !text.contains('?');
            Origin::of(&uri).filter(|_| is_bare).ok_or(SourceError::header_origin())
        });
        let mut origins = named.collect::<Result<Vec<_>, _>>()?;
        origins.extend(Origin::of(endpoint.uri()));
        Ok(Some(OwnHeaders { make, origins }))
    }

    fn plain(&self) -> Result<Plain, SourceError> {
        Plain::new(self.allow_loopback_http, &self.http_hosts)
    }

    /// The key set at this URL.
    ///
    /// # Errors
    ///
    /// Fails if the text is not a URL, or if the URL is relative, is neither `https` nor allowed
    /// `http`, or has user information or a fragment. It also fails if the user agent is empty or
    /// not visible ASCII.
    pub fn jwks_uri(self, uri: impl AsRef<str>) -> Result<Source, SourceError> {
        if self.discovery_url.is_some() {
            return Err(SourceError::idle_discovery_url());
        }
        let uri = checked(uri.as_ref(), &self.plain()?)?;
        self.at(Endpoint::JwksUri(uri))
    }

    fn at(self, endpoint: Endpoint) -> Result<Source, SourceError> {
        let relaxations = [
            (Relaxation::Keys, matches!(endpoint, Endpoint::Document(_))),
            (Relaxation::KeysFile, matches!(endpoint, Endpoint::File { .. })),
            (Relaxation::Headers, self.headers.is_some()),
            (Relaxation::HeadersAlsoTo, !self.headers_also_to.is_empty()),
            (Relaxation::HttpHost, !self.http_hosts.is_empty()),
            (Relaxation::Spiffe, self.spiffe),
            (Relaxation::LoopbackHttp, self.allow_loopback_http),
            (Relaxation::OAuthMetadata, endpoint.is_oauth()),
            (Relaxation::DiscoveryUrl, self.discovery_url.is_some()),
        ];
        let headers = self.own_headers(&endpoint)?;
        let plain = self.plain()?;
        let endpoint = match (endpoint, self.jwks_uri_hosts.as_slice()) {
            (endpoint, []) => endpoint,
            (Endpoint::Discovery(discovery), hosts) => {
                let hosts = Hosts::new(hosts.iter().map(String::as_str))?;
                Endpoint::Discovery(Arc::new(discovery.at_hosts(&hosts)))
            }
            _ => return Err(SourceError::idle_hosts()),
        };
        let user_agent = match self.user_agent {
            None => HeaderValue::from_static(USER_AGENT),
            Some(text) => HeaderValue::from_str(&text)
                .ok()
                .filter(|value| value.to_str().is_ok_and(|text| !text.trim().is_empty()))
                .ok_or(SourceError::user_agent())?,
        };
        let relaxations =
            relaxations.into_iter().filter_map(|(it, is_given)| is_given.then_some(it));
        let mut relaxations: Vec<_> = relaxations.collect();
        relaxations.sort_unstable();
        let (issuer, public_only, spiffe) = (self.issuer, self.public_only, self.spiffe);
        let algorithms = None;
        Ok(Source {
            endpoint,
            issuer,
            algorithms,
            headers,
            public_only,
            plain,
            relaxations,
            spiffe,
            user_agent,
        })
    }
}

/// What cannot stand in a path (RFC 3986, section 3.3), percent-encoded.
fn in_url(path: &str) -> String {
    let mut url = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url
}

pub(super) const USER_AGENT: &str = concat!("jwks-core/", env!("CARGO_PKG_VERSION"));
