//! A service that validates tokens.

use std::{
    any::Any,
    fmt,
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use jwks_core::{
    cache::{self, KeyCache, Status},
    verify::{self, ErrorKind, Registered, Verifier},
};

use super::{LONG, Outcome, at_once, ms};

/// A verifier, and what runs its drivers.
#[non_exhaustive]
pub struct Service {
    /// The verifier.
    pub verifier: Verifier,
    /// What runs its drivers.
    pub runner: Runner,
}

/// What the adapter returned: dropping it stops the drivers, if the adapter can. Shared by
/// threads, as a service is; the lock is never taken.
pub struct Runner(#[expect(dead_code, reason = "held to be dropped")] Mutex<Box<dyn Any + Send>>);

impl Service {
    /// Waits as long as it takes.
    ///
    /// # Errors
    ///
    /// Why the token was refused.
    pub fn verify(&self, token: &str) -> Outcome {
        pollster::block_on(self.verifier.verify(token))
    }

    /// Waits for at most `budget`.
    ///
    /// # Errors
    ///
    /// Why the token was refused.
    pub fn verify_within(&self, token: &str, budget: Duration) -> Outcome {
        pollster::block_on(self.verifier.verify_within(token, budget))
    }

    /// Never waits, and asks for what is missing.
    ///
    /// # Errors
    ///
    /// Why the token was refused.
    pub fn try_verify(&self, token: &str) -> Outcome {
        self.verifier.try_verify(token)
    }

    /// A call that is not polled yet.
    pub fn call<'a>(&'a self, token: &'a str) -> impl Future<Output = Outcome> + 'a {
        self.verifier.verify::<Registered>(token)
    }

    /// The first poll of `verify`; none if it waits.
    pub fn at_once(&self, token: &str) -> Option<Outcome> {
        at_once(self.call(token))
    }

    /// The token is valid, and nobody waits for that.
    ///
    /// # Panics
    ///
    /// If `verify` waits, or refuses.
    pub fn passes_at_once(&self, token: &str) {
        self.at_once(token).expect("no wait").expect("a valid token");
    }

    /// The token is refused, and nobody waits for that.
    ///
    /// # Panics
    ///
    /// If `verify` waits, or lets it pass.
    pub fn refuses_at_once(&self, token: &str) -> verify::Error {
        self.at_once(token).expect("no wait").expect_err("a token that is refused")
    }

    /// The cache of the first issuer.
    ///
    /// # Panics
    ///
    /// Without an issuer.
    pub fn cache(&self) -> KeyCache {
        self.verifier.caches().next().expect("an issuer")
    }

    /// A refresh by hand.
    ///
    /// # Errors
    ///
    /// Why it failed.
    pub fn refresh(&self) -> Result<(), cache::Error> {
        pollster::block_on(self.cache().refresh())
    }

    /// The state of the first issuer's cache.
    pub fn status(&self) -> Status {
        self.cache().status()
    }

    /// Blocks until the status is such.
    ///
    /// # Panics
    ///
    /// If that takes [`LONG`].
    pub fn until(&self, is: impl Fn(&Status) -> bool) {
        let start = Instant::now();
        while !is(&self.status()) {
            assert!(start.elapsed() < LONG, "{:#?}", self.status());
            thread::sleep(ms(2));
        }
    }

    /// Ends what runs the drivers.
    pub fn stop(self) -> Verifier {
        drop(self.runner);
        self.verifier
    }
}

impl Runner {
    pub(super) fn new(running: Box<dyn Any + Send>) -> Self {
        Self(Mutex::new(running))
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner").finish_non_exhaustive()
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

/// The driver is gone, and whoever asks is told so.
///
/// # Panics
///
/// If the outcome is another one.
pub fn assert_stopped(outcome: &Outcome) {
    let error = outcome.as_ref().expect_err("no driver");
    assert_eq!(error.kind(), ErrorKind::Stopped);
}
