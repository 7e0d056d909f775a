//! The client that is used when the caller brings none.

mod answer;
mod attempt;
mod beyond;
mod connect;
mod connection;
mod http;
mod names;
mod tls;
mod yielding;

use std::error::Error as StdError;
use std::net::SocketAddr;

use futures_rustls::pki_types::CertificateDer;
use futures_rustls::pki_types::pem::PemObject as _;
use futures_rustls::rustls::RootCertStore;

use crate::StartError;
use http::Http;
use names::Names;

pub(crate) use attempt::Attempt;
pub(crate) use beyond::{Beyond, all};

/// The HTTP client of a [`Starter`](crate::Starter).
///
/// One of [`client_builder`](crate::client_builder) judges each address that it connects to. You can
/// also convert any [`surf::Client`] with `From`; it is then used as it is, but not for issuers that
/// [allow public addresses only](jwks_core::verify::Issuer::public_addresses_only), which fail with it.
#[derive(Clone, Debug)]
pub struct Client {
    http: surf::Client,
    checks_addresses: bool,
}

impl Client {
    /// Whether it connects to no address but those that an [`Attempt`] allows.
    pub(crate) const fn checks_addresses(&self) -> bool {
        self.checks_addresses
    }

    pub(crate) const fn http(&self) -> &surf::Client {
        &self.http
    }
}

impl From<surf::Client> for Client {
    fn from(http: surf::Client) -> Self {
        Self { http, checks_addresses: false }
    }
}

/// The client of surf within, for requests of your own.
impl From<Client> for surf::Client {
    fn from(client: Client) -> Self {
        client.http
    }
}

/// Builds clients like the one that [`start`](crate::start) uses: see
/// [`client_builder`](crate::client_builder).
///
/// ```
/// # fn example(pem: &[u8]) -> Result<(), jwks_async_std::StartError> {
/// let private = jwks_async_std::Certificate::from_pem(pem)?;
/// let client = jwks_async_std::client_builder().add_root_certificate(private).build()?;
/// # Ok(())
/// # }
/// # assert!(example(b"no certificate").is_err());
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder makes a client by `build`"]
pub struct ClientBuilder {
    names: Names,
    roots: Vec<CertificateDer<'static>>,
}

impl ClientBuilder {
    pub(crate) fn new() -> Self {
        Self { names: Names::default(), roots: Vec::new() }
    }

    /// Trusts this certificate authority, besides those of the platform.
    pub fn add_root_certificate(mut self, certificate: Certificate) -> Self {
        self.roots.extend(certificate.0);
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
    /// Fails if there is no certificate to trust: you added none, and the platform has none
    /// (usually a container without `ca-certificates`).
    pub fn build(self) -> Result<Client, StartError> {
        let tls = tls::connector(self.roots).map_err(StartError::client)?;
        let http = surf::Client::with_http_client(Http::new(self.names, tls));
        Ok(Client { http, checks_addresses: true })
    }
}

/// One or more certificates of authorities to trust.
#[derive(Clone, Debug)]
pub struct Certificate(Vec<CertificateDer<'static>>);

impl Certificate {
    /// Reads a certificate in DER.
    ///
    /// # Errors
    ///
    /// Fails if the bytes are not a certificate.
    pub fn from_der(der: &[u8]) -> Result<Self, StartError> {
        Self::trusted(vec![CertificateDer::from(der.to_vec())])
    }

    /// Reads all certificates of a text in PEM, and skips everything else in it.
    ///
    /// # Errors
    ///
    /// Fails if there is no certificate, or if one of them cannot be read.
    pub fn from_pem(pem: &[u8]) -> Result<Self, StartError> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let found = found.map_err(StartError::certificate)?;
        if found.is_empty() {
            return Err(StartError::certificate("the text holds no certificate"));
        }
        Self::trusted(found)
    }

    fn trusted(found: Vec<CertificateDer<'static>>) -> Result<Self, StartError> {
        let mut store = RootCertStore::empty();
        found.iter().try_for_each(|it| store.add(it.clone())).map_err(StartError::certificate)?;
        Ok(Self(found))
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// Connected, and then the other side closed the connection.
    #[error("the connection was closed before the request was sent")]
    Closed,
    /// No connection: name resolution, TCP, or TLS.
    #[error(transparent)]
    Connect(Box<dyn StdError + Send + Sync>),
    /// Connected, and then no answer that is HTTP.
    #[error(transparent)]
    Exchange(hyper::Error),
    /// The user's own client followed a redirect.
    #[error("the client followed a redirect")]
    Redirected,
    #[error("not a request that can be sent")]
    Unfit(#[source] ::http::Error),
}
