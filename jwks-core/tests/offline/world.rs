//! One cache, its driver polled by hand, and two clocks.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Request, Response};
use jwks_core::adapter::{Action, Driver, Fetch};
use jwks_core::cache::{Error, HydrateError, KeyCache, Policy, SavedKeys, Source};
use jwks_core::refresh::{PolicyBuilder, Time};

use crate::built::built;

pub(crate) const URL: &str = "https://id.example.com/keys?policy=one";
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
/// Wall time at the world's beginning.
pub(crate) const EPOCH: Duration = Duration::from_millis(1_800_000_000_123);

static PAIR: LazyLock<Ed25519KeyPair> = LazyLock::new(|| Ed25519KeyPair::generate().unwrap());

pub(crate) struct World {
    pub(crate) cache: KeyCache,
    pub(crate) driver: Driver,
    pub(crate) wall: Wall,
    now: Duration,
}

/// A wall clock that the test sets; its copies are one.
#[derive(Clone)]
pub(crate) struct Wall(Arc<AtomicU64>);

impl Wall {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(u64::try_from(EPOCH.as_nanos()).unwrap())))
    }

    pub(crate) fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }

    /// Another clock that shows the same.
    pub(crate) fn another(&self) -> Self {
        Self(Arc::new(AtomicU64::new(self.0.load(Ordering::Relaxed))))
    }

    pub(crate) fn forward(&self, by: Duration) {
        self.0.fetch_add(u64::try_from(by.as_nanos()).unwrap(), Ordering::Relaxed);
    }
}

impl World {
    /// A process that starts now.
    pub(crate) fn start(wall: &Wall, policy: PolicyBuilder) -> Self {
        let clock = wall.clone();
        let source = Source::jwks_uri(URL).unwrap();
        let (cache, [driver]) = built(
            KeyCache::builder(source)
                .wall_clock(move || clock.now())
                .policy(policy.build().unwrap()),
        );
        Self { cache, driver, wall: wall.clone(), now: Duration::ZERO }
    }

    /// The same, with saved keys.
    pub(crate) fn start_with(
        wall: &Wall,
        policy: PolicyBuilder,
        saved: &SavedKeys,
    ) -> Result<Self, HydrateError> {
        let mut world = Self::start(wall, policy);
        world.driver.hydrate(saved).map(|()| world)
    }

    /// Passes time on both clocks, during which nobody polls.
    pub(crate) fn pass(&mut self, by: Duration) {
        self.now += by;
        self.wall.forward(by);
    }

    pub(crate) fn poll(&mut self) -> Action {
        self.driver.poll(Time::from_origin(self.now))
    }

    /// The fetch that is due now.
    pub(crate) fn fetch(&mut self) -> Fetch {
        match self.poll() {
            Action::Fetch(fetch) => fetch,
            other => panic!("no fetch is due but {other:?}"),
        }
    }

    /// When the driver wants to be polled again, from now; no fetch may be due.
    pub(crate) fn waits(&mut self) -> Duration {
        match self.poll() {
            Action::Wait(Some(at)) => at.since_origin() - self.now,
            other => panic!("{other:?}"),
        }
    }

    /// Loads over the network.
    pub(crate) fn load(&mut self, response: Response<String>) {
        self.fetch().reply.send(Ok(response));
        self.waits();
    }

    pub(crate) fn read(&self, kid: &str) -> Result<(), Error> {
        self.cache.try_with_keys(kid, |keys| assert!(keys.next().is_some()))
    }

    /// Polls a caller once: an answer at once, or none yet.
    pub(crate) fn call(&self, kid: &str) -> Option<Result<(), Error>> {
        let future = pin!(self.cache.with_keys(kid, |_| ()));
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => None,
            Poll::Ready(outcome) => Some(outcome),
        }
    }
}

pub(crate) fn plain() -> PolicyBuilder {
    Policy::builder().jitter(0.0)
}

/// A set of one key under each of these kids.
pub(crate) fn set_of(kids: &[&str]) -> String {
    let x = URL_SAFE_NO_PAD.encode(PAIR.public_key().as_ref());
    let keys: Vec<_> = kids
        .iter()
        .map(|kid| format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{kid}","x":"{x}"}}"#))
        .collect();
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

pub(crate) fn found(kids: &[&str]) -> Response<String> {
    Response::builder()
        .header("etag", "W/\"1\"")
        .header("last-modified", "Sun, 22 Nov 2026 00:00:00 GMT")
        .header("cache-control", "max-age=300")
        .body(set_of(kids))
        .unwrap()
}

pub(crate) fn status(status: u16) -> Response<String> {
    Response::builder().status(status).body(String::new()).unwrap()
}

/// SHA-256 in base64url.
pub(crate) fn sha256(text: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text))
}

pub(crate) fn not_modified(etag: &str) -> Response<String> {
    Response::builder().status(304).header("etag", etag).body(String::new()).unwrap()
}

pub(crate) fn header<'r>(request: &'r Request<()>, name: &str) -> Option<&'r str> {
    request.headers().get(name).map(|value| value.to_str().unwrap())
}

/// The JSON that a process has left, after a load at this instant.
pub(crate) fn saved(wall: &Wall, policy: PolicyBuilder) -> String {
    let mut world = World::start(wall, policy);
    world.load(found(&["a", "b"]));
    serde_json::to_string(&world.cache.export().unwrap()).unwrap()
}
