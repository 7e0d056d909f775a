//! An issuer, a verifier of its tokens, and what happens to it.

use std::{
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
    thread,
    time::{Duration, Instant, SystemTime},
};

use jwks_core::{refresh::PolicyBuilder, verify::Error};
use jwks_tests::{IssuerServer, Signer, claims};
use jwks_tokio::{
    Driver, Issuer, KeyCache, Policy, Registered, Status, Strategy, Verified, Verifier,
};
use serde_json::Value;

use crate::{log::Log, runner::Runner};

pub(crate) const AUDIENCE: &str = "my-api";

/// Patience for what has to happen: only a test that fails waits so long.
pub(crate) const LONG: Duration = Duration::from_secs(10);

pub(crate) type Outcome = Result<Verified<Registered>, Error>;

/// An issuer with one key, `k1`.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) issuer: IssuerServer,
    pub(crate) key: Signer,
    pub(crate) log: Log,
}

impl World {
    pub(crate) fn new() -> Self {
        let issuer = IssuerServer::start();
        let key = Signer::es256("k1");
        issuer.publish(&[&key]);
        Self { issuer, key, log: Log::default() }
    }

    /// The claims of a token that is valid for an hour.
    pub(crate) fn claims(&self) -> Value {
        claims(self.issuer.base(), AUDIENCE, Duration::from_secs(3600))
    }

    pub(crate) fn token(&self) -> String {
        self.key.sign(&self.claims())
    }

    pub(crate) fn configured(&self, policy: PolicyBuilder) -> Issuer {
        Issuer::new(self.issuer.base())
            .jwks_uri(self.issuer.url())
            .allow_loopback_http()
            .audience(AUDIENCE)
            .policy(policy.build().expect("settings that work"))
            .observer(self.log.observer())
    }

    /// A verifier whose drivers nobody runs yet.
    pub(crate) fn prepare(&self, policy: PolicyBuilder) -> (Verifier, Vec<Driver>) {
        let builder = Verifier::builder(SystemTime::now).issuer(self.configured(policy));
        builder.build().expect("an issuer that works")
    }

    pub(crate) fn start(&self, policy: PolicyBuilder) -> Service {
        self.start_with(self.configured(policy))
    }

    pub(crate) fn start_with(&self, issuer: Issuer) -> Service {
        let builder = Verifier::builder(SystemTime::now).issuer(issuer);
        let (verifier, drivers) = builder.build().expect("an issuer that works");
        Service { verifier, runner: Runner::start(drivers) }
    }

    /// [`World::start`], with the keys held already; no use was made of them.
    pub(crate) fn loaded(&self, policy: PolicyBuilder) -> Service {
        let service = self.start(policy);
        pollster::block_on(service.cache().ready(LONG)).expect("the issuer is up");
        service
    }
}

/// A verifier of one issuer, and what runs its driver.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) verifier: Verifier,
    pub(crate) runner: Runner,
}

impl Service {
    /// Waits as long as it takes.
    pub(crate) fn verify(&self, token: &str) -> Outcome {
        pollster::block_on(self.verifier.verify(token))
    }

    /// The first poll of `verify`; none if it waits.
    pub(crate) fn at_once(&self, token: &str) -> Option<Outcome> {
        at_once(self.verifier.verify(token))
    }

    /// Panics if `verify` waits, or refuses.
    pub(crate) fn passes_at_once(&self, token: &str) {
        self.at_once(token).expect("no wait").expect("a valid token");
    }

    pub(crate) fn cache(&self) -> &KeyCache {
        self.verifier.caches().next().expect("one issuer")
    }

    pub(crate) fn status(&self) -> Status {
        self.cache().status()
    }

    /// Blocks until the status is such; panics if that takes [`LONG`].
    pub(crate) fn until(&self, is: impl Fn(&Status) -> bool) {
        let start = Instant::now();
        while !is(&self.status()) {
            assert!(start.elapsed() < LONG, "{:#?}", self.status());
            thread::sleep(ms(2));
        }
    }
}

/// A lifetime by time, refreshed ahead at 0.8 of it, and an hour of grace.
pub(crate) const fn lifetime(interval: Duration) -> PolicyBuilder {
    Policy::builder().strategy(Strategy::Time).interval(interval)
}

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Polls once; none if that was not enough.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// Calls that have all been polled once, and wait.
pub(crate) fn waiting<F: Future>(count: usize, call: impl Fn() -> F) -> Vec<Pin<Box<F>>> {
    let mut calls: Vec<_> = (0..count).map(|_| Box::pin(call())).collect();
    for call in &mut calls {
        assert!(at_once(call.as_mut()).is_none(), "a call that does not wait");
    }
    calls
}

/// What all of them come to.
pub(crate) fn finished<F: Future>(calls: Vec<Pin<Box<F>>>) -> Vec<F::Output> {
    calls.into_iter().map(pollster::block_on).collect()
}

/// Sleeps until `at`, or not at all.
pub(crate) fn sleep_until(at: Instant) {
    thread::sleep(at.saturating_duration_since(Instant::now()));
}
