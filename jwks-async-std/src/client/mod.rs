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

/// Builds clients as [`start`](crate::start) makes them: see [`client_builder`](crate::client_builder).
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

    /// Trusts this certificate authority, beside those of the platform.
    pub fn add_root_certificate(mut self, certificate: Certificate) -> Self {
        self.roots.extend(certificate.0);
        self
    }

    /// Connects to these addresses for the host `name`, which is not looked up. Their ports count
    /// only where the URL names none; port 0 is that of the scheme. The certificate must still be
    /// that of `name`.
    pub fn resolve_to_addrs(mut self, name: &str, addresses: &[SocketAddr]) -> Self {
        self.names.set(name, addresses);
        self
    }

    /// Makes the client. It reads the platform's certificates, so make one and clone it.
    ///
    /// # Errors
    ///
    /// There is no certificate to trust: none was added, and the platform has none (a container
    /// without `ca-certificates`, as a rule).
    pub fn build(self) -> Result<surf::Client, StartError> {
        let tls = tls::connector(self.roots).map_err(StartError::client)?;
        Ok(surf::Client::with_http_client(Http::new(self.names, tls)))
    }
}

/// The certificate of an authority that is to be trusted, or several of them.
#[derive(Clone, Debug)]
pub struct Certificate(Vec<CertificateDer<'static>>);

impl Certificate {
    /// A certificate in DER.
    ///
    /// # Errors
    ///
    /// It is no certificate.
    pub fn from_der(der: &[u8]) -> Result<Self, StartError> {
        Self::trusted(vec![CertificateDer::from(der.to_vec())])
    }

    /// All certificates in a text in PEM; what else it holds is passed over.
    ///
    /// # Errors
    ///
    /// There is none, or what is marked as one is none.
    pub fn from_pem(pem: &[u8]) -> Result<Self, StartError> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let found = found.map_err(StartError::certificate)?;
        if found.is_empty() {
            return Err(StartError::certificate("the text holds none"));
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
    /// The caller's client would have it so.
    #[error("the client followed a redirect")]
    Redirected,
    #[error("not a request that can be sent")]
    Unfit(#[source] ::http::Error),
}
