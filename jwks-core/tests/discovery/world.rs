//! One driver, polled by hand, and a record of what it asked.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::Response;
use jwks_core::adapter::{Action, Driver, Fetch};
use jwks_core::cache::{EventKind, FetchError, KeyCache, Policy, Source, Status};
use jwks_core::refresh::{PolicyBuilder, Strategy, Time};

use crate::provider::{ISSUER, Provider};

use crate::built::built;

pub(crate) struct World {
    pub(crate) now: Duration,
    pub(crate) cache: KeyCache,
    pub(crate) asked: Vec<Asked>,
    driver: Driver,
    wall: Arc<AtomicU64>,
    expired: Arc<AtomicU64>,
    failures: Arc<Mutex<Vec<FetchError>>>,
    discovery_failures: Arc<Mutex<Vec<FetchError>>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) at: Duration,
    pub(crate) url: String,
    pub(crate) deadline: Duration,
    pub(crate) conditional: bool,
    pub(crate) no_cache: bool,
}

impl World {
    pub(crate) fn new(policy: PolicyBuilder) -> Self {
        Self::of(policy, Source::discover(ISSUER).unwrap())
    }

    pub(crate) fn of(policy: PolicyBuilder, source: Source) -> Self {
        let wall = Arc::new(AtomicU64::new(0));
        let failures = Arc::new(Mutex::new(Vec::new()));
        let discovery_failures = Arc::new(Mutex::new(Vec::new()));
        let (clock, log) = (Arc::clone(&wall), Arc::clone(&failures));
        let discovery_log = Arc::clone(&discovery_failures);
        let expired = Arc::new(AtomicU64::new(0));
        let ends = Arc::clone(&expired);
        let now = move || UNIX_EPOCH + Duration::from_millis(clock.load(Ordering::Relaxed));
        let builder = KeyCache::builder(source)
            .wall_clock(now)
            .policy(policy.build().unwrap())
            .observer(move |event| match event.kind() {
                EventKind::DiscoveryFailed { error, .. } => {
                    assert!(event.is_warning());
                    discovery_log.lock().unwrap().push(error.clone());
                }
                EventKind::Expired { .. } => _ = ends.fetch_add(1, Ordering::Relaxed),
                EventKind::RefreshFailed { error, .. } => log.lock().unwrap().push(error.clone()),
                _ => {}
            });
        let (cache, [driver]) = built(builder);
        Self {
            now: Duration::ZERO,
            cache,
            asked: Vec::new(),
            driver,
            wall,
            expired,
            failures,
            discovery_failures,
        }
    }

    /// The request that the driver makes now, or until when it waits.
    pub(crate) fn poll(&mut self) -> Result<Fetch, Duration> {
        match self.driver.poll(Time::from_origin(self.now)) {
            Action::Fetch(fetch) => {
                self.asked.push(Asked {
                    at: self.now,
                    url: fetch.request.uri().to_string(),
                    deadline: fetch.deadline.since_origin(),
                    conditional: fetch.request.headers().contains_key("if-none-match"),
                    no_cache: fetch.request.headers().contains_key("cache-control"),
                });
                Ok(fetch)
            }
            Action::Wait(at) => Err(at.unwrap().since_origin()),
            Action::Stop => panic!("the cache is held"),
        }
    }

    /// The request that the driver makes now.
    pub(crate) fn fetch(&mut self) -> Fetch {
        match self.poll() {
            Ok(fetch) => fetch,
            Err(at) => panic!("nothing to fetch before {at:?}"),
        }
    }

    /// The driver makes no request now; when it does next.
    pub(crate) fn idle(&mut self) -> Duration {
        match self.poll() {
            Ok(fetch) => panic!("{:?}", fetch.request),
            Err(at) => at,
        }
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.now += time;
        self.wall.store(u64::try_from(self.now.as_millis()).unwrap(), Ordering::Relaxed);
    }

    /// The process stands still, and its own clock with it.
    pub(crate) fn freeze(&self, time: Duration) {
        self.wall.fetch_add(u64::try_from(time.as_millis()).unwrap(), Ordering::Relaxed);
    }

    /// Steps to this time; the provider answers at once.
    pub(crate) fn run_to(&mut self, until: Duration, provider: &Provider) {
        loop {
            match self.poll() {
                Ok(fetch) => {
                    let answer = provider.answer(&fetch.request);
                    fetch.reply.send(Ok(answer));
                }
                Err(at) if at <= until => self.pass(at - self.now),
                Err(_) => break,
            }
        }
        self.pass(until - self.now);
    }

    /// What was asked, and not told before.
    pub(crate) fn urls(&mut self) -> Vec<String> {
        self.asked.drain(..).map(|asked| asked.url).collect()
    }

    /// How often the end of trust was told.
    pub(crate) fn expired(&self) -> u64 {
        self.expired.load(Ordering::Relaxed)
    }

    pub(crate) fn failures(&self) -> Vec<FetchError> {
        self.failures.lock().unwrap().clone()
    }

    /// Failures of the document that did not end an attempt.
    pub(crate) fn discovery_failures(&self) -> Vec<FetchError> {
        self.discovery_failures.lock().unwrap().clone()
    }

    /// The time on the wall clock.
    pub(crate) fn wall(&self) -> Option<SystemTime> {
        Some(UNIX_EPOCH + self.now)
    }

    pub(crate) fn status(&self) -> Status {
        self.cache.status()
    }

    pub(crate) fn serves(&self) -> bool {
        self.cache.try_with_keys("a", |keys| keys.count()).is_ok_and(|count| count == 1)
    }
}

/// Sends this, whatever was asked.
pub(crate) fn reply(fetch: Fetch, response: Response<Vec<u8>>) {
    fetch.reply.send(Ok(response));
}

/// Refreshed every 16 minutes, trusted for 80; a fetch may take 5 s.
pub(crate) fn policy() -> PolicyBuilder {
    Policy::builder()
        .strategy(Strategy::Time)
        .interval(mins(20))
        .jitter(0.0)
        .stale_if_error(mins(60))
        .fetch_timeout(secs(5))
        .retry(secs(1), secs(1))
}

pub(crate) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) const fn mins(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}
