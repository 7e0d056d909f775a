//! An issuer behind TLS, a verifier that refreshes often, and its traffic.

use std::any::Any;
use std::fmt;
use std::ops::AddAssign;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use jwks_conformance::world::at_once;
use jwks_conformance::{Adapter, Roots};
use jwks_core::adapter::{Env, Start as _};
use jwks_core::cache::KeyCache;
use jwks_core::refresh::{Policy, PolicyBuilder, Strategy};
use jwks_core::verify::{Registered, Verifier};
use jwks_testkit::certificates::Authority;
use jwks_testkit::{IssuerServer, KEYS_PATH, Reply, TlsFront};

pub(crate) struct Scene {
    pub(crate) authority: Authority,
    pub(crate) cache: KeyCache,
    pub(crate) front: TlsFront,
    pub(crate) issuer: IssuerServer,
    pub(crate) verifier: Verifier,
    token: String,
    _running: Box<dyn Any + Send>,
}

impl Scene {
    /// With keys at hand, that are refreshed every second.
    pub(crate) fn new(adapter: &dyn Adapter) -> Self {
        let scene = Self::cold(adapter, often());
        let loaded = pollster::block_on(scene.verifier.verify::<Registered>(&scene.token));
        loaded.expect("a valid token of an issuer that answers");
        scene
    }

    /// Nothing is polled yet but the adapter's own start.
    pub(crate) fn cold(adapter: &dyn Adapter, policy: PolicyBuilder) -> Self {
        let issuer = IssuerServer::start();
        issuer.always(published());
        let authority = Authority::new();
        let front = TlsFront::start(issuer.address(), &authority.loopback());
        let url = front.url_of("localhost", KEYS_PATH);
        let policy = policy.build().expect("settings that work");
        let configured = issuer.configured().jwks_uri(url).policy(policy);
        let builder = Verifier::builder().issuer(configured);
        let built = builder.build(Env::new(SystemTime::now));
        let (verifier, drivers) = built.expect("settings that work");
        let cache = verifier.caches().next().expect("an issuer");
        let running = adapter.start(drivers, &Roots::new([authority.certificate()]));
        let token = issuer.token().sign();
        Self { authority, cache, front, issuer, verifier, token, _running: running }
    }

    /// Whatever was wrong is over.
    pub(crate) fn heal(&self) {
        self.front.set_identity(&self.authority.loopback());
        self.issuer.always(published());
        self.issuer.come_up();
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// A validation each millisecond, for so long.
    pub(crate) fn traffic(&self, time: Duration) -> Traffic {
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
}

/// A connection for each answer, so that each meets the certificate of the moment.
fn published() -> Reply {
    Reply::published().header("connection", "close")
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

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) validations: u64,
    pub(crate) refused: u64,
    pub(crate) waited: u64,
}

impl AddAssign for Traffic {
    fn add_assign(&mut self, other: Self) {
        self.validations += other.validations;
        self.refused += other.refused;
        self.waited += other.waited;
    }
}

/// One fault, and what it did to one adapter.
pub(crate) struct Row {
    pub(crate) adapter: String,
    pub(crate) fault: &'static str,
    pub(crate) keys: usize,
    pub(crate) traffic: Traffic,
    pub(crate) attempts: u64,
    pub(crate) failures: u64,
    pub(crate) recovered: Option<Duration>,
    pub(crate) error: String,
}

impl Row {
    pub(crate) const HEAD: &'static str = "adapter    fault          keys tokens refused waited \
                                           attempts failed recovered  error";

    /// The fault was felt, no token noticed it, and it was over soon after its end.
    pub(crate) const fn is_good(&self) -> bool {
        let Traffic { refused, waited, .. } = self.traffic;
        let unnoticed = refused == 0 && waited == 0 && self.keys > 0;
        unnoticed && self.failures > 0 && self.recovered.is_some()
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Traffic { validations, refused, waited } = self.traffic;
        let recovered = self.recovered.map_or_else(|| "never".to_owned(), |it| format!("{it:.1?}"));
        let error: String = self.error.chars().take(100).collect();
        write!(
            f,
            "{:<10} {:<14} {:>4} {validations:>6} {refused:>7} {waited:>6} {:>8} {:>6} \
             {recovered:>9}  {error}{}",
            self.adapter,
            self.fault,
            self.keys,
            self.attempts,
            self.failures,
            if self.is_good() { "" } else { "  FAILED" }
        )
    }
}
