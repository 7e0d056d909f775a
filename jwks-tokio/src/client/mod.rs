//! The client for fetches: reqwest's, with what a fetch of keys needs besides.

#[cfg(any(feature = "native-tls", feature = "rustls"))]
mod authorities;
mod connect;
mod names;
mod proxies;

use std::fmt;
use std::net::SocketAddr;
#[cfg(any(feature = "native-tls", feature = "rustls"))]
use std::path::PathBuf;
use std::sync::Arc;

use jwks_core::adapter::{Addresses, Exchange, FetchError, Progress};
use reqwest::dns::Resolve;
use reqwest::{Request, Response};
use tokio::time::Instant;
use tower::util::MapResponseLayer;

use crate::StartError;
use crate::transport::exchange;
use connect::{Cause, ChosenAddress, connected, failed};
use names::Names;
use proxies::Proxies;

/// A client for fetches. Cheap to clone.
///
/// A client of [`client_builder`](crate::client_builder) tries all addresses of a host, opens a new
/// connection for each request, never uses a proxy for this machine or for plain `http`, and reports what a fetch waits
/// for. You can also convert any [`reqwest::Client`] with `From`; it is then used as it is, but not for issuers that
/// [allow public addresses only](jwks_core::verify::Issuer::public_addresses_only), which fail with it.
#[derive(Clone, Debug)]
pub struct Client {
    http: Http,
    own: Option<Own>,
}

#[derive(Clone, Debug)]
enum Http {
    #[cfg(any(feature = "native-tls", feature = "rustls"))]
    Authorities(Arc<authorities::Authorities>),
    Fixed(reqwest::Client),
}

/// Extra settings of a client that was built here.
#[derive(Clone, Debug)]
struct Own {
    names: Names,
    proxies: Proxies,
}

impl From<reqwest::Client> for Client {
    fn from(http: reqwest::Client) -> Self {
        Self { http: Http::Fixed(http), own: None }
    }
}

impl Client {
    /// Makes one exchange: sends the request, and reads the whole response. Use it in a function
    /// for [`Starter::exchange`](crate::Starter::exchange).
    ///
    /// # Errors
    ///
    /// Fails if there is no response, or if it is too large, cut short, or from another place than
    /// the request went to.
    pub async fn exchange(&self, asked: Exchange) -> Result<http::Response<Vec<u8>>, FetchError> {
        exchange(self.clone(), asked).await
    }

    /// The answer, up to its body. The request is sent once, or not at all.
    pub(crate) async fn execute(
        &self,
        request: Request,
        addresses: Addresses,
        progress: &Progress,
        until: Option<Instant>,
    ) -> Result<Response, FetchError> {
        let http = match &self.http {
            #[cfg(any(feature = "native-tls", feature = "rustls"))]
            Http::Authorities(authorities) => authorities.client(progress).await,
            Http::Fixed(http) => http.clone(),
        };
        match &self.own {
            Some(own) => own.execute(&http, request, addresses, progress, until).await,
            None if !addresses.are_any() => Err(FetchError::connect(
                "a `reqwest::Client` does not check addresses, and public ones alone are allowed: \
                 make one with `client_builder`",
            )),
            None => http.execute(request).await.map_err(failed),
        }
    }
}

/// Builds clients like the one that [`start`](crate::start) uses: see
/// [`client_builder`](crate::client_builder).
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = jwks_tokio::client_builder()
///     .proxy("http://proxy.example:3128")
///     .configure(|reqwest| reqwest.tcp_keepalive(None))
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder makes a client by `build`"]
pub struct ClientBuilder {
    changes: Vec<Change>,
    #[cfg(any(feature = "native-tls", feature = "rustls"))]
    ca_file: Option<PathBuf>,
    names: Names,
    proxies: Result<Proxies, StartError>,
}

impl ClientBuilder {
    pub(crate) fn new() -> Self {
        Self {
            changes: Vec::new(),
            #[cfg(any(feature = "native-tls", feature = "rustls"))]
            ca_file: None,
            names: Names::default(),
            proxies: Ok(Proxies::of_the_environment()),
        }
    }

    /// Trusts this certificate authority, besides those of the platform.
    #[cfg(any(feature = "native-tls", feature = "rustls"))]
    pub fn add_root_certificate(self, certificate: reqwest::Certificate) -> Self {
        self.configure(move |http| http.add_root_certificate(certificate.clone()))
    }

    /// Trusts the certificate authorities in this file (PEM, one or more), and no others: for those
    /// of a cluster, or of a company, that change while the service runs.
    ///
    /// The file is read again for each request, so that a change needs no restart. While it cannot
    /// be read, or holds no certificate, those that it held before stay trusted, and each request
    /// tells so: [`EventKind::TransportWarned`](crate::EventKind::TransportWarned). It may have 4 MiB.
    #[cfg(any(feature = "native-tls", feature = "rustls"))]
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
        self
    }

    /// Changes the settings of reqwest: client certificates, versions of TLS, options of sockets.
    /// The function is called again if the client is made anew, as for a [`ca_file`](Self::ca_file)
    /// that has changed.
    ///
    /// Do not change redirects, proxies or the look-up of names there: for proxies and names, use
    /// the methods of this builder. You need no timeouts: those of the policy apply.
    pub fn configure(
        mut self,
        change: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Self {
        self.changes.push(Arc::new(change));
        self
    }

    /// Looks names up with this resolver, instead of the system's.
    pub fn dns_resolver(mut self, resolver: impl Resolve + 'static) -> Self {
        self.names.look_up_by(Arc::new(resolver));
        self
    }

    /// Uses no proxy, even if the environment names one.
    pub fn no_proxy(mut self) -> Self {
        self.proxies = Ok(Proxies::none());
        self
    }

    /// Sends every request through this proxy, even if the environment names another one. Requests
    /// to this machine, and plain `http`, are the exception. The URL is `http://user:password@host:port`, or `https`,
    /// or `socks5` with reqwest's feature `socks`. Errors show its scheme, host and port only.
    pub fn proxy(mut self, url: &str) -> Self {
        self.proxies = Proxies::one(url);
        self
    }

    /// Connects to these addresses for the host `name`, without a look-up. Their ports count only
    /// if the URL names none; port 0 means the scheme's port. The certificate must still be for
    /// `name`.
    pub fn resolve_to_addrs(mut self, name: &str, addresses: &[SocketAddr]) -> Self {
        self.names.set(name, addresses);
        self
    }

    /// Builds the client. This reads the platform's certificates, so build one client and clone it.
    ///
    /// # Errors
    ///
    /// Fails if the argument of [`proxy`](Self::proxy) is not the URL of a proxy, if the
    /// [`ca_file`](Self::ca_file) cannot be used, or if reqwest refuses its settings.
    pub fn build(self) -> Result<Client, StartError> {
        let own = Own { names: self.names, proxies: self.proxies? };
        let recipe = Recipe { changes: self.changes.into(), own: own.clone() };
        #[cfg(any(feature = "native-tls", feature = "rustls"))]
        if let Some(path) = self.ca_file {
            let authorities = authorities::Authorities::new(path, recipe)?;
            return Ok(Client { http: Http::Authorities(Arc::new(authorities)), own: Some(own) });
        }
        let http = recipe.client(|http| http).map_err(StartError::client)?;
        Ok(Client { http: Http::Fixed(http), own: Some(own) })
    }
}

type Change = Arc<dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync>;

/// How a client of reqwest's is made.
#[derive(Clone)]
struct Recipe {
    changes: Arc<[Change]>,
    own: Own,
}

impl Recipe {
    fn client(
        &self,
        last: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> reqwest::Result<reqwest::Client> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_brotli()
            .no_deflate()
            .no_gzip()
            .no_zstd()
            // A kept connection may be dead without a sign of it: after a freeze of this process,
            // or behind a firewall that has forgotten it.
            .pool_max_idle_per_host(0);
        let http = last(self.changes.iter().fold(http, |http, change| change(http)));
        let http = match self.own.proxies.for_reqwest() {
            Some(proxy) => http.proxy(proxy),
            None => http.no_proxy(),
        };
        http.dns_resolver(ChosenAddress(self.own.names.clone()))
            .connector_layer(MapResponseLayer::new(connected))
            .build()
    }
}

impl fmt::Debug for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recipe").field("own", &self.own).finish_non_exhaustive()
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("names", &self.names)
            .field("proxies", &self.proxies)
            .finish_non_exhaustive()
    }
}

/// Why the body could not be read.
pub(crate) fn body(error: reqwest::Error) -> FetchError {
    if error.is_timeout() { FetchError::timeout() } else { FetchError::body(Cause::new(error)) }
}
