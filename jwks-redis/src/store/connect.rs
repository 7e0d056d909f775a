//! Where Redis is, and a stream to it.

use std::io;
use std::pin::Pin;

use redis::{ConnectionAddr, IntoConnectionInfo as _, RedisConnectionInfo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
#[cfg(feature = "rustls")]
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};

use crate::BuildError;

/// Where Redis is, and who we are there.
pub(crate) struct Target {
    address: Address,
    pub(super) login: RedisConnectionInfo,
}

enum Address {
    Tcp(String, u16),
    #[cfg(feature = "rustls")]
    Tls(String, u16, ServerName<'static>, TlsConnector),
    #[cfg(unix)]
    Unix(std::path::PathBuf),
}

/// What a connection is made of.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Target {
    /// From a URL: `redis`, `rediss`, `unix`, or the same with `valkey`.
    pub(crate) fn new(
        url: &str,
        #[cfg(feature = "rustls")] tls: Option<tokio_rustls::rustls::ClientConfig>,
    ) -> Result<Self, BuildError> {
        // TLS is ours, so that the stream can be limited: the crate need not know of it.
        let (scheme, rest) = url.split_once("://").ok_or(BuildError::Url)?;
        let (scheme, is_tls) = match scheme {
            "rediss" => ("redis", true),
            "valkeys" => ("valkey", true),
            other => (other, false),
        };
        if is_tls && rest.ends_with("#insecure") {
            return Err(BuildError::Unsupported);
        }
        // The error of the crate is not kept: it may show the URL, which has a password.
        let info = format!("{scheme}://{rest}").into_connection_info();
        let info = info.map_err(|_| BuildError::Url)?;
        let login = info.redis_settings().clone().set_skip_set_lib_name();
        let address = match info.addr() {
            ConnectionAddr::Tcp(host, port) if !is_tls => Address::Tcp(host.clone(), *port),
            #[cfg(feature = "rustls")]
            ConnectionAddr::Tcp(host, port) => {
                let name = ServerName::try_from(host.clone()).map_err(|_| BuildError::Url)?;
                Address::Tls(host.clone(), *port, name, super::tls::connector(tls)?)
            }
            #[cfg(unix)]
            ConnectionAddr::Unix(path) if !is_tls => Address::Unix(path.clone()),
            _ => return Err(BuildError::Unsupported),
        };
        Ok(Self { address, login })
    }

    pub(super) async fn connect(&self) -> io::Result<Pin<Box<dyn Stream>>> {
        Ok(match &self.address {
            Address::Tcp(host, port) => Box::pin(tcp(host, *port).await?),
            #[cfg(feature = "rustls")]
            Address::Tls(host, port, name, connector) => {
                let stream = tcp(host, *port).await?;
                Box::pin(connector.connect(name.clone(), stream).await?)
            }
            #[cfg(unix)]
            Address::Unix(path) => Box::pin(tokio::net::UnixStream::connect(path).await?),
        })
    }
}

async fn tcp(host: &str, port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((host, port)).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
