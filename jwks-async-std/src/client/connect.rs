//! From a URL to a connection.

use std::error::Error;
use std::io;
use std::net::SocketAddr;

use async_std::net::TcpStream;
use async_std::task::sleep;
use futures_rustls::TlsConnector;
use futures_rustls::pki_types::ServerName;
use jwks_core::adapter::{Progress, reach};
use jwks_core::cache::Phase;
use surf::Url;
use surf::http::url::Host;

use super::attempt::Attempt;
use super::connection::Connection;
use super::names::{Names, Port};
use super::yielding::Yielding;

type BoxError = Box<dyn Error + Send + Sync>;

/// Connects to the host of `url`, and knows who is there if it is https. A host may have several
/// addresses, some of them dead.
pub(super) async fn connect(
    url: &Url,
    names: &Names,
    tls: &TlsConnector,
    attempt: &Attempt,
) -> Result<Connection, BoxError> {
    let secure = match url.scheme() {
        "http" => false,
        "https" => true,
        _ => return Err("neither http nor https".into()),
    };
    let port = match url.port() {
        Some(port) => Port::Named(port),
        None => Port::Usual(if secure { 443 } else { 80 }),
    };
    let (addresses, name) = match url.host() {
        Some(Host::Domain(name)) => {
            attempt.progress.reached(Phase::Name);
            let addresses = names.look_up(name, port).await?;
            // Names that DNS knows, and certificates cannot have (`a_b`), may be asked over http.
            (addresses, ServerName::try_from(name.to_owned()).ok())
        }
        Some(Host::Ipv4(ip)) => (vec![(ip, port.number()).into()], Some(ServerName::from(ip))),
        Some(Host::Ipv6(ip)) => (vec![(ip, port.number()).into()], Some(ServerName::from(ip))),
        None => return Err("a URL without host".into()),
    };
    let secure = match (secure, name) {
        (true, Some(name)) => Some((tls, name)),
        (true, None) => return Err("no name for TLS".into()),
        (false, _) => None,
    };
    let addresses = attempt.addresses.check(addresses)?;
    attempt.progress.reached(Phase::Connect);
    let open = |address| open(address, secure.clone(), &attempt.progress);
    Ok(reach(addresses, attempt.left(), open, sleep).await?)
}

async fn open(
    address: SocketAddr,
    secure: Option<(&TlsConnector, ServerName<'static>)>,
    progress: &Progress,
) -> io::Result<Connection> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let stream = Yielding::new(stream);
    match secure {
        Some((tls, name)) => {
            progress.reached(Phase::Tls);
            Connection::start(tls.connect(name, stream).await?).await
        }
        None => Connection::start(stream).await,
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use async_std::task::block_on;

    use super::*;

    fn connecting(url: &str, addresses: &[SocketAddr]) -> Result<Connection, BoxError> {
        let tls = super::super::tls::connector(Vec::new()).unwrap();
        let mut names = Names::default();
        names.set("keys.invalid", addresses);
        block_on(connect(&url.parse().unwrap(), &names, &tls, &Attempt::default()))
    }

    #[test]
    fn an_address_that_refuses_is_passed_over() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let live = listener.local_addr().unwrap();
        // Nobody listens there.
        let dead = SocketAddr::from(([127, 0, 0, 2], live.port()));
        connecting("http://keys.invalid/keys", &[dead, dead, live]).unwrap();
        let error = connecting("http://keys.invalid/keys", &[dead, dead]).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{dead}: ")), "{error}");
        assert_eq!(error.matches("refused").count(), 2, "{error}");
    }

    #[test]
    fn no_address_is_an_error() {
        let error = connecting("http://keys.invalid/keys", &[]).unwrap_err();
        assert_eq!(error.to_string(), "the name has no address");
    }

    #[test]
    fn other_schemes_are_refused() {
        for url in ["ftp://127.0.0.1/keys", "data:text/plain,keys"] {
            assert_eq!(connecting(url, &[]).unwrap_err().to_string(), "neither http nor https");
        }
    }
}
