//! A fake issuer: one small HTTP server on loopback, scripted request by request.

mod gate;
mod record;
mod reply;
mod script;
mod serve;
mod server;
mod socket;
mod tls;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tokio::sync::oneshot;

pub(crate) use self::record::Journal;
pub use self::{gate::Gate, record::Recorded, reply::Reply, tls::TlsFront};
use self::{script::Script, server::Server};
use crate::{Signer, jwk_set};

/// The path of the key set.
pub const KEYS_PATH: &str = "/keys";

/// An issuer that publishes keys at [`KEYS_PATH`] and answers every other path with 404, until it
/// is told otherwise.
///
/// It runs in its own thread on its own runtime, so any runtime may be its client, and may end
/// before it does. All methods may be called from any thread, at any time. Dropping it stops it and
/// closes all connections; so does a process that forgets it.
#[derive(Debug)]
pub struct IssuerServer {
    address: SocketAddr,
    base: String,
    server: Server,
    shared: Arc<Shared>,
}

/// Start and end.
impl IssuerServer {
    /// Starts on a free port of 127.0.0.1, with an empty key set.
    ///
    /// # Panics
    ///
    /// When the system has no port or no thread to give.
    pub fn start() -> Self {
        let mut script = Script::new(jwk_set(&[]).into());
        script.always(KEYS_PATH, Reply::published());
        let shared = Arc::new(Shared { journal: Arc::default(), script: Mutex::new(script) });
        let server = Server::start(Arc::clone(&shared));
        let address = server.address();
        Self { address, base: format!("http://{address}"), server, shared }
    }

    /// Stops listening and closes all connections, at once; new ones are refused. The port stays
    /// reserved, script and records stay as they are. Nothing happens when it is down already.
    pub fn go_down(&self) {
        self.server.go_down();
    }

    /// Listens on the same port again. Nothing happens when it is up.
    ///
    /// # Panics
    ///
    /// When another process has taken the port in spite of the reservation.
    pub fn come_up(&self) {
        self.server.come_up(Arc::clone(&self.shared));
    }

    /// Stops for good, as dropping does.
    pub fn shutdown(self) {}
}

/// Addresses.
impl IssuerServer {
    /// Where it listens; the same over outages.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`: the name of the issuer, for `iss`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The URL of the key set.
    pub fn url(&self) -> String {
        self.url_of(KEYS_PATH)
    }

    /// The URL of this path (with its slash).
    pub fn url_of(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// What it answers. A reply is settled when its request arrives: what is changed later does not
/// change an answer that is on its way, however slow.
impl IssuerServer {
    /// Publishes these keys in place of the earlier ones.
    pub fn publish(&self, keys: &[&Signer]) {
        self.publish_json(jwk_set(keys));
    }

    /// Publishes this text as the key set, JSON or not.
    pub fn publish_json(&self, json: impl Into<String>) {
        self.script().published = json.into().into();
    }

    /// Pause before every answer that names none of its own; zero at the start.
    pub fn delay(&self, pause: Duration) {
        self.script().delay = pause;
    }

    /// The answer to all requests for keys that have none of their own by [`IssuerServer::next`];
    /// at the start [`Reply::published`].
    pub fn always(&self, reply: Reply) {
        self.always_at(KEYS_PATH, reply);
    }

    /// The answer to the next request for keys; called again, to the one after it, and so on.
    pub fn next(&self, reply: Reply) {
        self.next_at(KEYS_PATH, reply);
    }

    /// Forgets the answers to the next requests for keys.
    pub fn clear(&self) {
        self.script().clear(KEYS_PATH);
    }

    /// [`IssuerServer::always`] at another path; there it is 404 at the start.
    pub fn always_at(&self, path: &str, reply: Reply) {
        self.script().always(path, reply);
    }

    /// [`IssuerServer::next`] at another path.
    pub fn next_at(&self, path: &str, reply: Reply) {
        self.script().next(path, reply);
    }

    pub(crate) fn journal(&self) -> Arc<Journal> {
        Arc::clone(&self.shared.journal)
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.shared.script()
    }
}

/// What it was asked.
impl IssuerServer {
    /// All requests so far, of all paths, in the order of their arrival.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.journal.requests()
    }

    /// How often the keys were asked for, whatever the answer.
    pub fn fetches(&self) -> usize {
        self.fetches_of(KEYS_PATH)
    }

    /// How often this path was asked for.
    pub fn fetches_of(&self, path: &str) -> usize {
        self.shared.journal.count(path)
    }

    /// Blocks until the keys were asked for `count` times since the start: true, or until
    /// `timeout` is over: false.
    pub fn wait_for_fetches(&self, count: usize, timeout: Duration) -> bool {
        self.shared.journal.wait_for_count(KEYS_PATH, count, timeout)
    }

    /// [`IssuerServer::wait_for_fetches`] for any executor; the time runs from the call.
    pub fn fetched(&self, count: usize, timeout: Duration) -> impl Future<Output = bool> + Send {
        let (done, fetched) = oneshot::channel();
        let journal = Arc::clone(&self.shared.journal);
        // A thread for each wait: dear, but it needs no timer of the caller's runtime.
        thread::spawn(move || {
            let _ = done.send(journal.wait_for_count(KEYS_PATH, count, timeout));
        });
        async { fetched.await.unwrap_or(false) }
    }

    /// How many requests are being answered now, on all paths.
    pub fn open(&self) -> usize {
        self.shared.journal.now_open()
    }

    /// The most requests that were ever open at once; 1 proves that fetches never overlapped.
    ///
    /// The end of a request that the client gave up is seen a moment after it: a client that
    /// asks again within that moment counts twice.
    pub fn max_open(&self) -> usize {
        self.shared.journal.max_open()
    }

    /// Blocks until no request is open: true, or until `timeout` is over: false.
    pub fn wait_for_idle(&self, timeout: Duration) -> bool {
        self.shared.journal.wait_for_idle(timeout)
    }
}

/// What the server's thread and the test's share, over outages.
#[derive(Debug)]
struct Shared {
    journal: Arc<Journal>,
    script: Mutex<Script>,
}

impl Shared {
    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
