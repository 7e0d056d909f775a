//! An issuer behind TLS, a service that refreshes its keys often, and the service's traffic.

use std::any::Any;
use std::ops::AddAssign;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use jwks_conformance::world::at_once;
use jwks_conformance::{Adapter, Roots};
use jwks_core::adapter::{Env, Start as _};
use jwks_core::cache::KeyCache;
use jwks_core::refresh::{Policy, PolicyBuilder, Strategy};
use jwks_core::verify::{Issuer, Registered, Verifier};
use jwks_testkit::certificates::Authority;
use jwks_testkit::network::Silent;
use jwks_testkit::{IssuerServer, KEYS_PATH, Reply, TlsFront};
use serde::{Deserialize, Serialize};

/// An issuer, and all that can be wrong with it.
pub(crate) struct Provider {
    pub(crate) authority: Authority,
    pub(crate) front: TlsFront,
    pub(crate) issuer: IssuerServer,
    silent: Mutex<Option<Silent>>,
}

impl Provider {
    pub(crate) fn start() -> Self {
        let issuer = IssuerServer::start();
        issuer.always(published());
        let authority = Authority::new();
        let front = TlsFront::start(issuer.address(), &authority.loopback());
        Self { authority, front, issuer, silent: Mutex::default() }
    }

    /// What a service must know of it, and a token.
    pub(crate) fn terms(&self) -> Terms {
        Terms {
            iss: self.issuer.iss().to_owned(),
            url: self.front.url_of("localhost", KEYS_PATH),
            root: self.authority.certificate(),
            token: self.issuer.token().sign(),
        }
    }

    /// What is sent to its address is lost.
    pub(crate) fn vanish(&self) {
        self.front.go_down();
        let silent = Silent::start(self.front.address()).expect("the port that was kept");
        *self.silent.lock().unwrap_or_else(PoisonError::into_inner) = Some(silent);
    }

    /// Whatever was wrong is over.
    pub(crate) fn heal(&self) {
        *self.silent.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.front.set_identity(&self.authority.loopback());
        self.front.come_up();
        self.issuer.always(published());
    }
}

/// A connection for each answer, so that each meets the certificate of the moment.
fn published() -> Reply {
    Reply::published().header("connection", "close")
}

/// What a service is told of its issuer.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Terms {
    pub(crate) iss: String,
    pub(crate) url: String,
    pub(crate) root: Vec<u8>,
    pub(crate) token: String,
}

/// A service with a verifier: in this process, or in one of its own.
pub(crate) trait Service {
    /// Waits until a token passes.
    fn warm_up(&mut self);

    /// A validation each millisecond, for so long.
    fn traffic(&mut self, time: Duration) -> Traffic;

    fn seen(&mut self) -> Seen;
}

/// The state of the keys.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Seen {
    pub(crate) keys: usize,
    pub(crate) fetches: u64,
    pub(crate) failures: u64,
    pub(crate) is_well: bool,
    pub(crate) error: String,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Traffic {
    pub(crate) validations: u64,
    pub(crate) refused: u64,
    pub(crate) waited: u64,
}

impl Traffic {
    pub(crate) const fn passed(self) -> u64 {
        self.validations - self.refused - self.waited
    }
}

impl AddAssign for Traffic {
    fn add_assign(&mut self, other: Self) {
        self.validations += other.validations;
        self.refused += other.refused;
        self.waited += other.waited;
    }
}

/// In this process.
pub(crate) struct Local {
    pub(crate) cache: KeyCache,
    pub(crate) verifier: Verifier,
    pub(crate) token: String,
    /// By how many seconds the wall clock is wrong.
    pub(crate) wrong: Arc<AtomicI64>,
    _running: Box<dyn Any + Send>,
}

impl Local {
    /// Nothing is polled yet but the adapter's own start.
    pub(crate) fn start(adapter: &dyn Adapter, terms: &Terms, policy: PolicyBuilder) -> Self {
        let policy = policy.build().expect("settings that work");
        let issuer =
            Issuer::new(&*terms.iss).jwks_uri(&*terms.url).any_audience().allow_loopback_http();
        let builder = Verifier::builder().issuer(issuer.policy(policy));
        let wrong = Arc::new(AtomicI64::new(0));
        let clock = Arc::clone(&wrong);
        let built = builder.build(Env::new(move || wall(clock.load(Ordering::Relaxed))));
        let (verifier, drivers) = built.expect("settings that work");
        let cache = verifier.caches().next().expect("an issuer");
        let running = adapter.start(drivers, &Roots::new([terms.root.clone()]));
        Self { cache, verifier, token: terms.token.clone(), wrong, _running: running }
    }
}

impl Service for Local {
    fn warm_up(&mut self) {
        let loaded = pollster::block_on(self.verifier.verify::<Registered>(&self.token));
        loaded.expect("a valid token of an issuer that answers");
    }

    fn traffic(&mut self, time: Duration) -> Traffic {
        let (begin, mut traffic) = (Instant::now(), Traffic::default());
        while begin.elapsed() < time {
            traffic.validations += 1;
            match at_once(self.verifier.verify::<Registered>(&self.token)) {
                None => traffic.waited += 1,
                Some(Err(_)) => traffic.refused += 1,
                Some(Ok(_)) => {}
            }
            thread::sleep(Duration::from_millis(1));
        }
        traffic
    }

    fn seen(&mut self) -> Seen {
        let status = self.cache.status();
        Seen {
            keys: status.keys.len(),
            fetches: status.fetches,
            failures: status.failures,
            is_well: status.failures_in_a_row == 0 && !status.keys.is_empty(),
            error: status.last_error.unwrap_or_default(),
        }
    }
}

fn wall(wrong: i64) -> SystemTime {
    let by = Duration::from_secs(wrong.unsigned_abs());
    let now = SystemTime::now();
    if wrong < 0 { now - by } else { now + by }
}

/// A refresh each second, attempts of at most 0.7 s, pauses of at most 0.5 s.
pub(crate) const fn often() -> PolicyBuilder {
    Policy::builder()
        .strategy(Strategy::Time)
        .interval(Duration::from_secs(2))
        .background_refresh_threshold(0.5)
        .jitter(0.0)
        .min_refresh_interval(Duration::from_millis(500))
        .fetch_timeout(Duration::from_millis(700))
        .retry(Duration::from_millis(100), Duration::from_millis(500))
}

/// And keys serve for six seconds after they were confirmed.
pub(crate) const fn short() -> PolicyBuilder {
    often().stale_if_error(Duration::from_secs(4)).max_trust(TRUST)
}

pub(crate) const TRUST: Duration = Duration::from_secs(6);
