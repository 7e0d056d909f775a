//! The URLs that keys may come from, and why others are refused.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use http::Uri;
use http::uri::{Authority, Scheme};

use crate::keys::KeySetError;
use crate::keys::text::OneLine;

/// Why a text cannot be a source of keys. The error never shows any part of the URL.
///
/// Its `Debug` form is the text, so that a `main` that returns this error prints it.
#[derive(Clone, Eq, PartialEq, thiserror::Error)]
#[error(transparent)]
pub struct SourceError(pub(super) Reason);

impl SourceError {
    /// Whether only the scheme is wrong: the URL would be accepted if it were `https`, or, for
    /// `http` to this machine, if you allowed that.
    #[must_use]
    pub fn is_insecure(&self) -> bool {
        matches!(self.0, Reason::LoopbackNotAllowed | Reason::NotHttps)
    }

    /// Whether a place that headers are sent to is at fault.
    pub(crate) fn is_header_origin(&self) -> bool {
        matches!(self.0, Reason::HeaderOrigin | Reason::IdleHeaderOrigin | Reason::IdleHeaders)
    }

    pub(super) const fn http_host() -> Self {
        Self(Reason::HttpHost)
    }

    pub(super) const fn header_origin() -> Self {
        Self(Reason::HeaderOrigin)
    }

    pub(super) const fn file_path() -> Self {
        Self(Reason::FilePath)
    }

    pub(super) fn keys(error: &KeySetError) -> Self {
        Self(Reason::Keys(OneLine(error).to_string().into()))
    }

    pub(super) const fn idle_header_origin() -> Self {
        Self(Reason::IdleHeaderOrigin)
    }

    pub(super) const fn idle_discovery_url() -> Self {
        Self(Reason::IdleDiscoveryUrl)
    }

    pub(super) const fn idle_headers() -> Self {
        Self(Reason::IdleHeaders)
    }

    pub(super) const fn hosts() -> Self {
        Self(Reason::Hosts)
    }

    pub(super) const fn other_host() -> Self {
        Self(Reason::OtherHost)
    }

    /// Whether the list of hosts is at fault, or the URL is at none of them.
    pub(crate) fn is_hosts(&self) -> bool {
        matches!(self.0, Reason::Hosts | Reason::OtherHost | Reason::IdleHosts)
    }

    pub(super) const fn idle_hosts() -> Self {
        Self(Reason::IdleHosts)
    }

    pub(super) const fn query() -> Self {
        Self(Reason::Query)
    }

    pub(super) const fn user_agent() -> Self {
        Self(Reason::UserAgent)
    }
}

impl fmt::Debug for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum Reason {
    #[error("the url has a fragment: leave out the `#` and what follows it")]
    Fragment,
    #[error(
        "a place that headers are sent to must be written as `https://keys.example.com`, without a path"
    )]
    HeaderOrigin,
    #[error(
        "the url's host is not a name in ascii or an ip address: write other names in punycode"
    )]
    Host,
    #[error(
        "a host that is allowed plain http must be written as `name:port`, without a scheme: it is \
         this one host and port"
    )]
    HttpHost,
    #[error(
        "a host of the keys must be written as `keys.example.com` or `*.example.com`, without a port"
    )]
    Hosts,
    #[error("`jwks_uri_hosts` has no effect but with discovery: leave it out")]
    IdleHosts,
    #[error("the url's host is none of those that keys may come from")]
    OtherHost,
    #[error("headers have no effect on keys that are at hand: leave them out")]
    IdleHeaders,
    #[error("`headers_also_to` has no effect without `headers_with`: leave it out")]
    IdleHeaderOrigin,
    #[error("`discovery_url` has no effect but with `discover`: leave it out")]
    IdleDiscoveryUrl,
    #[error(
        "the url is plain http to this machine, which has to be allowed; for tests, allow it with \
         `allow_loopback_http`"
    )]
    LoopbackNotAllowed,
    #[error(
        "the url is not https: plain http is for a host that is allowed it by name, as \
         `keys.internal:8080` with `allow_http_host`"
    )]
    NotHttps,
    #[error("the path of the file is not absolute, or not text")]
    FilePath,
    #[error("the keys cannot be used: {0}")]
    Keys(Box<str>),
    #[error("the url is malformed: it must be like `https://id.example.com/keys`")]
    NotUrl,
    #[error("the url's port is not a number up to 65535")]
    Port,
    #[error("the issuer's url has a query, which `discover` does not allow")]
    Query,
    #[error("the url is relative: it must begin with `https://` and a host")]
    Relative,
    #[error("the user agent is empty or not visible ascii: leave it out for the default one")]
    UserAgent,
    #[error("the url has user information: leave out the `@` and what stands before it")]
    UserInfo,
}

/// Where plain `http` may go.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Plain {
    loopback: bool,
    hosts: Vec<HttpHost>,
}

/// One host and one port, as they are compared.
#[derive(Clone, Debug, Eq, PartialEq)]
struct HttpHost {
    host: Box<str>,
    port: u16,
}

impl Plain {
    pub(super) fn new(loopback: bool, hosts: &[String]) -> Result<Self, SourceError> {
        let hosts = hosts.iter().map(|text| HttpHost::read(text).ok_or(SourceError::http_host()));
        Ok(Self { loopback, hosts: hosts.collect::<Result<_, _>>()? })
    }

    /// Whether this host and port were named.
    pub(super) fn names(&self, uri: &Uri) -> bool {
        let is_http = uri.scheme() == Some(&Scheme::HTTP);
        let named = |it: &Authority| self.hosts.contains(&HttpHost::of(it));
        is_http && uri.authority().is_some_and(named)
    }

    pub(super) const fn allows_loopback(&self) -> bool {
        self.loopback
    }

    /// Where the keys of a document at this URL may be by plain `http`: on this machine if the
    /// document is, or else at its very host.
    pub(super) fn beside(document: &Uri) -> Self {
        let Some(authority) = document.authority() else { return Self::default() };
        if document.scheme() != Some(&Scheme::HTTP) {
            return Self::default();
        }
        match Host::read(authority.host()) {
            Some(Host::Loopback) => Self { loopback: true, hosts: Vec::new() },
            _ => Self { loopback: false, hosts: vec![HttpHost::of(authority)] },
        }
    }
}

impl HttpHost {
    fn read(text: &str) -> Option<Self> {
        let authority: Authority = text.parse().ok()?;
        let is_plain = authority.port_u16().is_some() && !text.contains('@');
        let host = Host::read(authority.host()).filter(|_| is_plain)?;
        // This machine has a permission of its own, for tests.
        matches!(host, Host::Other).then(|| Self::of(&authority))
    }

    fn of(authority: &Authority) -> Self {
        let host = authority.host().to_ascii_lowercase().into();
        Self { host, port: authority.port_u16().unwrap_or(HTTP_PORT) }
    }
}

pub(super) fn checked(text: &str, plain: &Plain) -> Result<Uri, SourceError> {
    // `Uri` drops a fragment, and lets other than ASCII through.
    if text.contains('#') {
        return Err(SourceError(Reason::Fragment));
    }
    if !text.is_ascii() {
        return Err(SourceError(Reason::NotUrl));
    }
    let uri: Uri = text.parse().map_err(|_| SourceError(Reason::NotUrl))?;
    let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
        return Err(SourceError(Reason::Relative));
    };
    if authority.as_str().contains('@') {
        return Err(SourceError(Reason::UserInfo));
    }
    let host = Host::read(authority.host()).ok_or(SourceError(Reason::Host))?;
    let port = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
    if !port.is_empty() && authority.port_u16().is_none() {
        return Err(SourceError(Reason::Port));
    }
    if *scheme == Scheme::HTTPS {
        return Ok(uri);
    }
    match (*scheme == Scheme::HTTP, host) {
        (true, Host::Loopback) if plain.loopback => Ok(uri),
        (true, Host::Loopback) => Err(SourceError(Reason::LoopbackNotAllowed)),
        (true, Host::Other) if plain.hosts.contains(&HttpHost::of(authority)) => Ok(uri),
        _ => Err(SourceError(Reason::NotHttps)),
    }
}

const HTTP_PORT: u16 = 80;

enum Host {
    Loopback,
    Other,
}

impl Host {
    /// Strict, so that no HTTP client reads another host out of the text than was checked here:
    /// `0x7f.1` is a name to us, and an address to some clients.
    fn read(host: &str) -> Option<Self> {
        let loopback = if let Some(bracketed) = host.strip_prefix('[') {
            bracketed.strip_suffix(']')?.parse::<Ipv6Addr>().ok()?.is_loopback()
        } else if let Ok(address) = host.parse::<Ipv4Addr>() {
            address.is_loopback()
        } else {
            let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
            if host.is_empty() || !host.bytes().all(fits) {
                return None;
            }
            host.eq_ignore_ascii_case("localhost")
        };
        Some(if loopback { Self::Loopback } else { Self::Other })
    }
}
