//! A scripted issuer: its keys, its tokens, what it answers, and what it was asked.

mod gate;
mod keys;
mod record;
mod reply;
mod script;

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

#[cfg(feature = "loopback")]
use std::sync::OnceLock;

use jwks_core::verify::Issuer;

pub use self::{gate::Gate, record::Recorded, reply::Reply};
use self::{keys::Keys, script::Script};
pub(crate) use self::{
    record::{Journal, Open},
    reply::{Ending, Manner},
    script::Answer,
};
#[cfg(feature = "loopback")]
use crate::loopback::Server;
use crate::{Clock, Signer, TokenBuilder, jwk_set};

/// The path of the key set, after that of the issuer's own URL.
pub const KEYS_PATH: &str = "/keys";

/// The path of the issuer's document (OpenID Connect Discovery 1.0), likewise.
pub const DOCUMENT_PATH: &str = "/.well-known/openid-configuration";

/// Whom its tokens are meant for, unless it is told otherwise.
pub const AUDIENCE: &str = "my-api";

/// An issuer in memory: it signs tokens, and publishes its keys to the verifiers of an
/// [`InMemory`](crate::InMemory) world. An `IssuerServer` is one that listens on loopback.
///
/// It has a key of its own from the start, made for this run, and answers at [`KEYS_PATH`] with its
/// key set and at [`DOCUMENT_PATH`] with its document; every other path is a 404, until it is told
/// otherwise. All methods may be called from any thread, at any time. A clone is the same issuer.
#[derive(Clone)]
pub struct TestIssuer(Arc<Inner>);

/// What every token is like.
type Like = Arc<dyn Fn(TokenBuilder) -> TokenBuilder + Send + Sync>;

struct Inner {
    audience: Mutex<String>,
    clock: Clock,
    down: AtomicBool,
    iss: String,
    keys: Mutex<Keys>,
    like: Mutex<Option<Like>>,
    #[cfg(feature = "loopback")]
    server: OnceLock<Server>,
    shared: Arc<Shared>,
}

/// What a server's thread and the test's share, over outages.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) journal: Arc<Journal>,
    script: Mutex<Script>,
}

/// Start, and names.
impl TestIssuer {
    /// The issuer whose tokens have this `iss`, an `https` URL, with a new ES256 key. Its tokens are
    /// dated by the system's clock.
    pub fn new(iss: &str) -> Self {
        Self::with(iss, Signer::es256(keys::FIRST), Clock::system())
    }

    /// The issuer with this key (an RSA key, for one) whose tokens are dated by this clock.
    pub fn with(iss: &str, key: Signer, clock: Clock) -> Self {
        let base = iss.trim_end_matches('/');
        let mut script = Script::new(jwk_set(&[&key]).into());
        script.always(KEYS_PATH, Reply::published());
        script.always(DOCUMENT_PATH, keys::document(iss, &format!("{base}{KEYS_PATH}")));
        Self(Arc::new(Inner {
            audience: Mutex::new(AUDIENCE.to_owned()),
            clock,
            down: AtomicBool::new(false),
            iss: iss.to_owned(),
            keys: Mutex::new(Keys::new(key)),
            like: Mutex::new(None),
            #[cfg(feature = "loopback")]
            server: OnceLock::new(),
            shared: Arc::new(Shared { journal: Arc::default(), script: Mutex::new(script) }),
        }))
    }

    /// Its tokens are meant for this audience. Default: [`AUDIENCE`].
    #[must_use]
    pub fn audience(self, aud: &str) -> Self {
        self.set_audience(aud);
        self
    }

    /// Its `iss`.
    pub fn iss(&self) -> &str {
        &self.0.iss
    }

    /// Its `iss` without a slash at the end: where its paths begin.
    pub fn base(&self) -> &str {
        self.0.iss.trim_end_matches('/')
    }

    /// The URL of the key set.
    pub fn url(&self) -> String {
        self.url_of(KEYS_PATH)
    }

    /// The URL of this path (with its slash).
    pub fn url_of(&self, path: &str) -> String {
        format!("{}{path}", self.base())
    }

    /// This issuer as a service would configure it: its `jwks_uri` and its audience.
    pub fn configured(&self) -> Issuer {
        let issuer = Issuer::new(self.iss()).jwks_uri(self.url());
        let issuer = issuer.audience(lock(&self.0.audience).as_str());
        if self.base().starts_with("http://") { issuer.allow_loopback_http() } else { issuer }
    }
}

/// Its tokens.
impl TestIssuer {
    /// A good token, to be changed as the test needs.
    pub fn token(&self) -> TokenBuilder {
        let audience = lock(&self.0.audience).clone();
        let token = TokenBuilder::new(&self.signer(), self.0.clock.now(), self.iss(), &audience);
        let like = lock(&self.0.like).clone();
        match like {
            Some(like) => like(token),
            None => token,
        }
    }

    /// What its tokens are like from now on, unless a test changes them: claims that the service
    /// asks of every token. Those of [`bad_tokens`](Self::bad_tokens) too.
    pub fn tokens_like(&self, like: impl Fn(TokenBuilder) -> TokenBuilder + Send + Sync + 'static) {
        *lock(&self.0.like) = Some(Arc::new(like));
    }

    /// Its tokens are meant for this audience from now on.
    pub fn set_audience(&self, aud: &str) {
        aud.clone_into(&mut lock(&self.0.audience));
    }

    /// The key that signs its tokens.
    pub fn signer(&self) -> Signer {
        lock(&self.0.keys).signing.clone()
    }
}

/// Its keys.
impl TestIssuer {
    /// Publishes these keys in place of the earlier ones. Its tokens are signed by the first of
    /// them, unless the key that signs is among them.
    pub fn publish(&self, keys: &[&Signer]) {
        self.change_keys(|held| held.replace(keys));
    }

    /// Publishes this text as the key set, JSON or not, until the keys change.
    pub fn publish_json(&self, json: impl Into<String>) {
        self.script().published = json.into().into();
    }

    /// Publishes one more key, new and for the same algorithm, but goes on signing with the
    /// present one: what a careful provider does ahead of a rotation.
    pub fn add_key(&self) -> Signer {
        self.change_keys(Keys::add)
    }

    /// Signs with this key from now on, published or not.
    pub fn sign_with(&self, key: &Signer) {
        lock(&self.0.keys).signing = key.clone();
    }

    /// Publishes one more key and signs with it from now on: a rotation without notice. The old
    /// keys stay.
    pub fn rotate(&self) -> Signer {
        let key = self.add_key();
        self.sign_with(&key);
        key
    }

    /// Publishes a new key in place of all others and signs with it: an emergency.
    pub fn replace_keys(&self) -> Signer {
        self.change_keys(|held| {
            let key = held.add();
            held.replace(&[&key]);
            key
        })
    }

    /// Publishes this key no more, whether it signs or not.
    pub fn withdraw(&self, kid: &str) {
        self.change_keys(|held| held.published.retain(|key| key.kid() != kid));
    }

    fn change_keys<T>(&self, change: impl FnOnce(&mut Keys) -> T) -> T {
        let mut keys = lock(&self.0.keys);
        let changed = change(&mut keys);
        let published: Vec<_> = keys.published.iter().collect();
        self.script().published = jwk_set(&published).into();
        changed
    }
}

/// What it answers. A reply is settled when its request arrives: what is changed later does not
/// change an answer that is on its way, however slow.
impl TestIssuer {
    /// Closes all connections and refuses new ones, until it [comes up](Self::come_up). Nothing
    /// happens when it is down already.
    pub fn go_down(&self) {
        // Relaxed here and below: a test's own order is all there is to keep.
        self.0.down.store(true, Ordering::Relaxed);
        #[cfg(feature = "loopback")]
        if let Some(server) = self.0.server.get() {
            server.go_down();
        }
    }

    /// Answers again, at the same address. Nothing happens when it is up.
    ///
    /// # Panics
    ///
    /// When another process has taken the port in spite of the reservation.
    pub fn come_up(&self) {
        self.0.down.store(false, Ordering::Relaxed);
        #[cfg(feature = "loopback")]
        if let Some(server) = self.0.server.get() {
            server.come_up(Arc::clone(&self.0.shared));
        }
    }

    /// Whether it refuses connections.
    pub fn is_down(&self) -> bool {
        self.0.down.load(Ordering::Relaxed)
    }

    /// Pause before every answer that names none of its own; zero at the start.
    pub fn delay(&self, pause: Duration) {
        self.script().delay = pause;
    }

    /// The answer to all requests for keys that have none of their own by [`next`](Self::next);
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

    /// [`always`](Self::always) at another path; there it is 404 at the start.
    pub fn always_at(&self, path: &str, reply: Reply) {
        self.script().always(path, reply);
    }

    /// [`next`](Self::next) at another path.
    pub fn next_at(&self, path: &str, reply: Reply) {
        self.script().next(path, reply);
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.0.shared.script()
    }
}

/// What it was asked.
impl TestIssuer {
    /// All requests so far, of all paths, in the order of their arrival.
    pub fn requests(&self) -> Vec<Recorded> {
        self.0.shared.journal.requests()
    }

    /// How often the keys were asked for, whatever the answer.
    pub fn fetches(&self) -> usize {
        self.fetches_of(KEYS_PATH)
    }

    /// How often this path was asked for.
    pub fn fetches_of(&self, path: &str) -> usize {
        self.0.shared.journal.count(path)
    }

    /// Blocks until the keys were asked for `count` times since the start: true, or until
    /// `timeout` is over: false.
    pub fn wait_for_fetches(&self, count: usize, timeout: Duration) -> bool {
        self.0.shared.journal.wait_for_count(KEYS_PATH, count, timeout)
    }

    /// How many requests are being answered now, on all paths.
    pub fn open(&self) -> usize {
        self.0.shared.journal.now_open()
    }

    /// The most requests that were ever open at once; 1 proves that fetches never overlapped.
    ///
    /// The end of a request that the client gave up is seen a moment after it: a client that
    /// asks again within that moment counts twice.
    pub fn max_open(&self) -> usize {
        self.0.shared.journal.max_open()
    }

    /// Blocks until no request is open: true, or until `timeout` is over: false.
    pub fn wait_for_idle(&self, timeout: Duration) -> bool {
        self.0.shared.journal.wait_for_idle(timeout)
    }
}

impl TestIssuer {
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0.shared
    }

    /// The server that stands before it, from now on.
    #[cfg(feature = "loopback")]
    pub(crate) fn serve_by(&self, server: Server) {
        // There is none yet: its maker calls this once.
        let _ = self.0.server.set(server);
    }

    #[cfg(feature = "loopback")]
    pub(crate) fn stop_serving(&self) {
        if let Some(server) = self.0.server.get() {
            server.stop();
        }
    }
}

impl fmt::Debug for TestIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestIssuer")
            .field("iss", &self.0.iss)
            .field("down", &self.is_down())
            .field("requests", &self.0.shared.journal.requests().len())
            .finish_non_exhaustive()
    }
}

impl Shared {
    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        lock(&self.script)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
