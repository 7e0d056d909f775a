//! One cache, its driver polled by hand, and two clocks of which one may stand still.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Request, Response};
use jwks_core::adapter::{Action, Driver, Fetch};
use jwks_core::cache::{Error, Event, KeyCache, Policy, Source, Status};
use jwks_core::refresh::{PolicyBuilder, Strategy, Time};

use crate::built::built;

pub(crate) const URL: &str = "https://id.example.com/keys";
pub(crate) type Answer = Response<String>;

static PAIR: LazyLock<Ed25519KeyPair> = LazyLock::new(|| Ed25519KeyPair::generate().unwrap());

pub(crate) struct World {
    pub(crate) cache: KeyCache,
    pub(crate) driver: Driver,
    pub(crate) asked: Vec<Asked>,
    now: Duration,
    /// Nanoseconds since the Unix epoch.
    wall: Arc<AtomicU64>,
    pub(crate) events: Arc<Mutex<Vec<Event>>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Asked {
    pub(crate) at: Duration,
    pub(crate) conditional: bool,
    pub(crate) no_cache: bool,
}

/// A caller who waits.
pub(crate) struct Caller<T>(Pin<Box<dyn Future<Output = T>>>);

impl World {
    pub(crate) fn new(policy: PolicyBuilder) -> Self {
        Self::of(policy, Source::jwks_uri(URL).unwrap())
    }

    pub(crate) fn of(policy: PolicyBuilder, source: Source) -> Self {
        let begin = u64::try_from(secs(1_800_000_000).as_nanos()).unwrap();
        let wall = Arc::new(AtomicU64::new(begin));
        let events = Arc::new(Mutex::new(Vec::new()));
        let (clock, log) = (Arc::clone(&wall), Arc::clone(&events));
        let now = move || UNIX_EPOCH + Duration::from_nanos(clock.load(Ordering::Relaxed));
        let (cache, [driver]) = built(
            KeyCache::builder(source)
                .wall_clock(now)
                .policy(policy.build().unwrap())
                .observer(move |event| log.lock().unwrap().push(event.clone())),
        );
        Self { cache, driver, asked: Vec::new(), now: Duration::ZERO, wall, events }
    }

    /// A world that has loaded these.
    pub(crate) fn holding(policy: PolicyBuilder, kids: &[&str]) -> Self {
        let mut world = Self::new(policy);
        world.load(keys(kids));
        world
    }

    pub(crate) fn load(&mut self, answer: Answer) {
        self.fetch().reply.send(Ok(answer));
        self.waits();
    }

    /// Both clocks go on.
    pub(crate) fn pass(&mut self, time: Duration) {
        self.now += time;
        self.freeze(time);
    }

    /// The wall clock alone goes on: the machine sleeps.
    pub(crate) fn freeze(&self, time: Duration) {
        self.wall.fetch_add(u64::try_from(time.as_nanos()).unwrap(), Ordering::Relaxed);
    }

    /// The wall clock is set back.
    pub(crate) fn set_back(&self, time: Duration) {
        self.wall.fetch_sub(u64::try_from(time.as_nanos()).unwrap(), Ordering::Relaxed);
    }

    pub(crate) fn wall(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_nanos(self.wall.load(Ordering::Relaxed))
    }

    /// The request that the driver makes now, or how long it waits.
    pub(crate) fn poll(&mut self) -> Result<Fetch, Duration> {
        match self.driver.poll(Time::from_origin(self.now)) {
            Action::Fetch(fetch) => {
                let headers = fetch.request.headers();
                assert!(!headers.contains_key("if-modified-since"));
                self.asked.push(Asked {
                    at: self.now,
                    conditional: headers.contains_key("if-none-match"),
                    no_cache: headers.contains_key("cache-control"),
                });
                Ok(fetch)
            }
            // None: nothing is due until somebody asks.
            Action::Wait(at) => Err(at.unwrap_or(Time::MAX).since_origin() - self.now),
            Action::Stop => panic!("the cache is held"),
        }
    }

    pub(crate) fn fetch(&mut self) -> Fetch {
        self.poll().unwrap_or_else(|wait| panic!("nothing to fetch for {wait:?}"))
    }

    pub(crate) fn waits(&mut self) -> Duration {
        self.poll().map(|fetch| fetch.request).expect_err("a fetch is due")
    }

    /// Goes on for this long. Answers come at once.
    pub(crate) fn run(&mut self, time: Duration, mut answer: impl FnMut(&Request<()>) -> Answer) {
        let until = self.now + time;
        loop {
            match self.poll() {
                Ok(fetch) => {
                    let answer = answer(&fetch.request);
                    fetch.reply.send(Ok(answer));
                }
                Err(wait) if self.now + wait <= until => self.pass(wait),
                Err(_) => break,
            }
        }
        self.pass(until - self.now);
    }

    pub(crate) fn read(&self, kid: &str) -> Result<(), Error> {
        self.cache.try_with_keys(kid, |keys| assert!(keys.next().is_some()))
    }

    pub(crate) fn call(&self, kid: &'static str) -> Caller<Result<(), Error>> {
        let cache = self.cache.clone();
        Caller(Box::pin(async move {
            cache.with_keys(kid, |keys| assert!(keys.next().is_some())).await
        }))
    }

    pub(crate) fn refresh(&self) -> Caller<Result<(), Error>> {
        let cache = self.cache.clone();
        Caller(Box::pin(async move { cache.refresh().await }))
    }

    pub(crate) fn status(&self) -> Status {
        self.cache.status()
    }

    /// How long the held keys are trusted, by the wall clock.
    pub(crate) fn trust_left(&self) -> Duration {
        self.status().trust_until.unwrap().duration_since(self.wall()).unwrap()
    }

    /// What was told since the last call, as text.
    pub(crate) fn told(&self) -> Vec<String> {
        self.events().iter().map(|event| event.kind().to_string()).collect()
    }

    /// The same.
    pub(crate) fn events(&self) -> Vec<Event> {
        std::mem::take(&mut *self.events.lock().unwrap())
    }
}

impl<T> Caller<T> {
    pub(crate) fn new(future: impl Future<Output = T> + 'static) -> Self {
        Self(Box::pin(future))
    }

    pub(crate) fn poll(&mut self) -> Option<T> {
        match self.0.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => None,
            Poll::Ready(outcome) => Some(outcome),
        }
    }
}

/// Refreshed every 16 minutes, trusted for 80.
pub(crate) fn policy() -> PolicyBuilder {
    Policy::builder().strategy(Strategy::Time).jitter(0.0).retry(secs(1), secs(1))
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

/// A token of the key that all sets have, under this kid.
pub(crate) fn token(kid: &str, claims: &str) -> String {
    let header = format!(r#"{{"alg":"EdDSA","kid":"{kid}"}}"#);
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = PAIR.sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}

/// A 200 with these, and with validators of either kind.
pub(crate) fn keys(kids: &[&str]) -> Answer {
    let response = Response::builder().header("etag", "\"1\"");
    let response = response.header("last-modified", "Sun, 22 Nov 2026 00:00:00 GMT");
    response.body(set_of(kids)).unwrap()
}

pub(crate) fn status(status: u16) -> Answer {
    Response::builder().status(status).body(String::new()).unwrap()
}

pub(crate) fn with(mut answer: Answer, name: &'static str, value: &str) -> Answer {
    answer.headers_mut().append(name, value.parse().unwrap());
    answer
}

pub(crate) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) const fn mins(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

pub(crate) const fn hours(hours: u64) -> Duration {
    Duration::from_secs(3600 * hours)
}
