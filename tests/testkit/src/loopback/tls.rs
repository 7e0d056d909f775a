//! https in front of the issuer: ends TLS (RFC 8446), and hands the bytes on.

use std::{
    fmt,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    io::{self, copy_bidirectional},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer},
};

use super::server::{bind, listen, reserve};
use crate::{certificates::Identity, network::Background};

/// An https server on loopback in front of an [`IssuerServer`](super::IssuerServer), which goes on
/// recording the requests. Dropping it stops it.
pub struct TlsFront {
    acceptor: Current,
    address: SocketAddr,
    behind: SocketAddr,
    state: Mutex<State>,
}

enum State {
    /// The port is kept: connections are refused.
    Down {
        _port: Option<TcpSocket>,
    },
    Up {
        _running: Background,
    },
}

impl TlsFront {
    /// Starts on a free port of 127.0.0.1, before the issuer at `behind`.
    ///
    /// # Panics
    ///
    /// When the system has no port or no thread to give.
    pub fn start(behind: SocketAddr, identity: &Identity) -> Self {
        let acceptor = Current::new(Mutex::new(acceptor(identity)));
        let listener = listen();
        let address = listener.local_addr().expect("a bound listener has an address");
        let state = Mutex::new(up(listener, &acceptor, behind));
        Self { acceptor, address, behind, state }
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes all connections and refuses new ones, until it [comes up](Self::come_up). Nothing
    /// happens if it is down.
    pub fn go_down(&self) {
        let mut state = self.state();
        if let State::Up { .. } = &*state {
            // Ends what runs, and waits for that.
            *state = State::Down { _port: None };
            *state = State::Down { _port: reserve(self.address).ok() };
        }
    }

    /// Listens again, on the same port. Nothing happens if it is up.
    ///
    /// # Panics
    ///
    /// When somebody else has taken the port.
    pub fn come_up(&self) {
        let mut state = self.state();
        if let State::Down { _port } = &mut *state {
            // Not every system lets a port that is held be listened on.
            drop(_port.take());
            let listener = bind(self.address).expect("the port that was held");
            *state = up(listener, &self.acceptor, self.behind);
        }
    }

    /// From the next connection on, it is somebody else.
    ///
    /// # Panics
    ///
    /// If the identity's key does not fit its certificate.
    pub fn set_identity(&self, identity: &Identity) {
        *self.acceptor.lock().unwrap_or_else(PoisonError::into_inner) = acceptor(identity);
    }

    /// The URL of this path (with its slash) at this host: `localhost`, `127.0.0.1`.
    pub fn url_of(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.address.port())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn up(listener: TcpListener, acceptor: &Current, behind: SocketAddr) -> State {
    listener.set_nonblocking(true).expect("a listener that does not block");
    let current = Arc::clone(acceptor);
    State::Up { _running: Background::start("tls", move || serve(listener, current, behind)) }
}

type Current = Arc<Mutex<TlsAcceptor>>;

impl fmt::Debug for TlsFront {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsFront").field("address", &self.address).finish_non_exhaustive()
    }
}

async fn serve(listener: TcpListener, acceptor: Current, behind: SocketAddr) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let acceptor = acceptor.lock().unwrap_or_else(PoisonError::into_inner).clone();
        connections.spawn(relay(client, acceptor, behind));
    }
}

/// One connection; its errors are for the client to see.
async fn relay(client: TcpStream, acceptor: TlsAcceptor, behind: SocketAddr) -> io::Result<()> {
    let mut client = acceptor.accept(client).await?;
    let mut issuer = TcpStream::connect(behind).await?;
    copy_bidirectional(&mut client, &mut issuer).await?;
    Ok(())
}

fn acceptor(identity: &Identity) -> TlsAcceptor {
    let key = PrivateKeyDer::Pkcs8(identity.key.clone().into());
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider knows the usual versions")
        .with_no_client_auth()
        .with_single_cert(vec![identity.certificate.clone().into()], key);
    TlsAcceptor::from(Arc::new(config.expect("a certificate and its key")))
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;
    use crate::certificates::Authority;

    #[test]
    fn while_it_is_down_connections_are_refused() {
        let front = TlsFront::start(([127, 0, 0, 1], 9).into(), &Authority::new().loopback());
        TcpStream::connect(front.address()).unwrap();
        for _ in 0..2 {
            front.go_down();
            let refused = TcpStream::connect(front.address()).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        }
        front.come_up();
        front.come_up();
        TcpStream::connect(front.address()).unwrap();
    }
}
