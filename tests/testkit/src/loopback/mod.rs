//! An issuer that listens on loopback, for services that fetch keys over real sockets.

mod serve;
mod server;
mod socket;
mod tls;

use std::{net::SocketAddr, ops::Deref, sync::Arc, thread, time::Duration};

use tokio::sync::oneshot;

pub(crate) use self::server::Server;
pub use self::tls::TlsFront;
use crate::{Clock, KEYS_PATH, Signer, TestIssuer};

/// A [`TestIssuer`] that listens on a free port of 127.0.0.1; its `iss` is `http://127.0.0.1:PORT`.
///
/// It runs in its own thread on its own runtime, so any runtime may be its client, and may end
/// before it does. Dropping it stops it and closes all connections, even if there are clones of the
/// [`TestIssuer`]; so does a process that forgets it. For https, put a [`TlsFront`] before it.
///
/// ```
/// use jwks_testkit::{IssuerServer, Reply};
///
/// let issuer = IssuerServer::start();
/// let token = issuer.token().subject("alice").scopes(["orders:read"]).sign();
/// // A service that trusts `issuer.iss()`, with its keys at `issuer.url()`, accepts the token.
/// issuer.next(Reply::status(503).retry_after(2)); // the next request for keys fails,
/// issuer.go_down(); // and then nobody answers at all
/// assert_eq!(issuer.fetches(), 0);
/// # drop(token);
/// ```
#[derive(Debug)]
pub struct IssuerServer {
    address: SocketAddr,
    issuer: TestIssuer,
}

impl IssuerServer {
    /// Starts with a new ES256 key.
    ///
    /// # Panics
    ///
    /// When the system has no port or no thread to give.
    pub fn start() -> Self {
        Self::with_key(Signer::es256("key-1"))
    }

    /// Starts with this key: an RSA key, for one.
    ///
    /// # Panics
    ///
    /// When the system has no port or no thread to give.
    pub fn with_key(key: Signer) -> Self {
        let listener = server::listen();
        let address = listener.local_addr().expect("a bound listener has an address");
        let issuer = TestIssuer::with(&format!("http://{address}"), key, Clock::system());
        issuer.serve_by(Server::start(listener, address, Arc::clone(issuer.shared())));
        Self { address, issuer }
    }

    /// Where it listens; the same over outages.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The issuer itself, to be kept beside the server.
    pub fn issuer(&self) -> TestIssuer {
        self.issuer.clone()
    }

    /// [`TestIssuer::wait_for_fetches`] for any executor; the time runs from the call.
    pub fn fetched(&self, count: usize, timeout: Duration) -> impl Future<Output = bool> + Send {
        let (done, fetched) = oneshot::channel();
        let journal = Arc::clone(&self.issuer.shared().journal);
        // A thread for each wait: dear, but it needs no timer of the caller's runtime.
        thread::spawn(move || {
            let _ = done.send(journal.wait_for_count(KEYS_PATH, count, timeout));
        });
        async { fetched.await.unwrap_or(false) }
    }

    /// Stops for good, as dropping does.
    pub fn shutdown(self) {}
}

impl Deref for IssuerServer {
    type Target = TestIssuer;

    fn deref(&self) -> &TestIssuer {
        &self.issuer
    }
}

impl Drop for IssuerServer {
    fn drop(&mut self) {
        self.issuer.stop_serving();
    }
}
