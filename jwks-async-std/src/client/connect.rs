//! From a name to a connection.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use async_std::future::timeout;
use async_std::net::{TcpStream, ToSocketAddrs as _};
use futures_rustls::TlsConnector;
use futures_rustls::pki_types::ServerName;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use surf::http::url::{Host, Origin};

use super::connection::Connection;
use super::yielding::Yielding;

/// Connects to `place`, and knows who is there if it is https.
pub(super) async fn connect(place: &Origin, tls: &TlsConnector) -> io::Result<Connection> {
    let (host, port, secure) = match place {
        Origin::Tuple(scheme, host, port) if scheme == "http" => (host, *port, false),
        Origin::Tuple(scheme, host, port) if scheme == "https" => (host, *port, true),
        _ => return Err(invalid("neither http nor https")),
    };
    let (addresses, name) = match host {
        Host::Domain(name) => {
            let addresses = (name.as_str(), port).to_socket_addrs().await?.collect();
            // Names that DNS knows, and certificates cannot have (`a_b`), may be asked over http.
            (addresses, ServerName::try_from(name.clone()).map_err(|_| invalid("no name for TLS")))
        }
        Host::Ipv4(ip) => (vec![SocketAddr::from((*ip, port))], Ok(ServerName::from(*ip))),
        Host::Ipv6(ip) => (vec![SocketAddr::from((*ip, port))], Ok(ServerName::from(*ip))),
    };
    let stream = reach(addresses).await?;
    stream.set_nodelay(true)?;
    let stream = Yielding::new(stream);
    if secure {
        Connection::start(tls.connect(name?, stream).await?).await
    } else {
        Connection::start(stream).await
    }
}

/// The first of `addresses` that answers. One that does not answer costs [`PATIENCE`], not the
/// whole attempt: the next is tried beside it (RFC 8305, in short).
async fn reach(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    let mut rest = addresses.into_iter();
    let mut tried = FuturesUnordered::new();
    loop {
        match rest.next() {
            Some(address) => tried.push(TcpStream::connect(address)),
            None if tried.is_empty() => return Err(failure),
            None => {}
        }
        match timeout(PATIENCE, tried.next()).await {
            Ok(Some(Ok(stream))) => return Ok(stream),
            Ok(Some(Err(error))) => failure = error,
            Ok(None) | Err(_) => {}
        }
    }
}

fn invalid(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

const PATIENCE: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

    use async_std::task::block_on;

    use super::*;

    #[test]
    fn an_address_that_refuses_is_passed_over() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let live = listener.local_addr().unwrap();
        // Nobody listens there; where there is no IPv6, it cannot even be tried.
        let dead = SocketAddr::from((Ipv6Addr::LOCALHOST, live.port()));
        let stream = block_on(reach(vec![dead, dead, live])).unwrap();
        assert_eq!(stream.peer_addr().unwrap(), live);
        block_on(reach(vec![dead])).unwrap_err();
    }

    #[test]
    fn no_address_is_an_error() {
        let error = block_on(reach(Vec::new())).unwrap_err();
        assert_eq!(error.to_string(), "the name has no address");
    }

    #[test]
    fn other_schemes_are_refused() {
        let tls = super::super::tls::connector(Vec::new()).unwrap();
        for url in ["ftp://127.0.0.1/keys", "data:text/plain,keys"] {
            let place = surf::Url::parse(url).unwrap().origin();
            let error = block_on(connect(&place, &tls)).unwrap_err();
            assert_eq!(error.to_string(), "neither http nor https");
        }
    }
}
