//! Issuers and verifiers in memory: no socket, no runtime, and time that only a test moves.

mod exchange;
mod running;

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use jwks_core::{
    adapter::{BuildError, Drivers, Env, Start, Time},
    verify::{Issuer, Verifier, VerifierBuilder},
};

use self::running::Running;
use crate::{Clock, Signer, TestIssuer};

/// A world in memory: issuers, the verifiers that fetch their keys, and one clock.
///
/// It is the adapter: it hands the requests of the drivers to the issuers, and their answers back.
/// The clock stands still until [`advance`](Self::advance), which lets everything happen that is due
/// on the way, in its order: hours pass in microseconds, and always in the same way.
///
/// ```
/// use std::time::Duration;
///
/// use jwks_core::verify::{ErrorKind, Registered};
/// use jwks_testkit::InMemory;
///
/// let mut world = InMemory::new();
/// let issuer = world.issuer("https://id.example.com");
/// let verifier = world.verifier([issuer.configured()]);
/// let old = issuer.token().lifetime(Duration::from_secs(7200)).sign();
/// verifier.try_verify::<Registered>(&old)?;
///
/// issuer.rotate(); // a key that the verifier has not seen
/// let new = issuer.token().sign();
/// world.block_on(verifier.verify::<Registered>(&new))?;
///
/// issuer.go_down();
/// world.advance(Duration::from_secs(60 * 60)); // keys still serve, an hour into the outage
/// verifier.try_verify::<Registered>(&old)?;
/// world.advance(Duration::from_secs(60 * 60)); // but not for ever
/// let error = verifier.try_verify::<Registered>(&old).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Unavailable);
/// # Ok::<(), jwks_core::verify::Error>(())
/// ```
#[derive(Debug)]
pub struct InMemory {
    clock: Clock,
    issuers: Vec<TestIssuer>,
    running: Vec<Running>,
    sources: Vec<Drivers>,
}

impl InMemory {
    /// An empty world, whose clock stands at the present, in whole seconds.
    pub fn new() -> Self {
        Self::at(Clock::by_hand())
    }

    /// An empty world with this clock.
    ///
    /// # Panics
    ///
    /// When it is the system's: nobody can move that.
    pub fn at(clock: Clock) -> Self {
        assert!(clock.is_moved_by_hand(), "a world in memory needs a clock that is moved by hand");
        Self { clock, issuers: Vec::new(), running: Vec::new(), sources: Vec::new() }
    }

    /// Its clock.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// A new issuer of this world, with a new ES256 key; `iss` is an `https` URL.
    pub fn issuer(&mut self, iss: &str) -> TestIssuer {
        self.issuer_with(iss, Signer::es256("key-1"))
    }

    /// A new issuer of this world, with this key.
    pub fn issuer_with(&mut self, iss: &str, key: Signer) -> TestIssuer {
        let issuer = TestIssuer::with(iss, key, self.clock.clone());
        self.issuers.push(issuer.clone());
        issuer
    }

    /// Makes an issuer known to this world that was made outside of it: verifiers of this world then
    /// get its keys, whether it has a server or not. Its tokens go by its own clock.
    pub fn connect(&mut self, issuer: &TestIssuer) {
        self.issuers.push(issuer.clone());
    }

    /// Builds what this builder makes, and runs it: a verifier, a key cache, or what your service
    /// makes of its own settings. It has fetched its keys, as far as they could be had.
    ///
    /// # Errors
    ///
    /// Settings that cannot work.
    pub fn start<B: Start>(&mut self, builder: B) -> Result<B::Handle, BuildError> {
        // The jitter is the same in every run.
        let (handle, drivers) = builder.build(Env::new(self.clock.reader()).seed(1))?;
        self.sources.push(drivers);
        self.settle();
        Ok(handle)
    }

    /// A verifier for these issuers, as they are configured; it has fetched their keys, as far as
    /// they could be had.
    ///
    /// # Panics
    ///
    /// When the settings cannot work.
    pub fn verifier(&mut self, issuers: impl IntoIterator<Item = Issuer>) -> Verifier {
        let builder = issuers.into_iter().fold(Verifier::builder(), VerifierBuilder::issuer);
        self.start(builder).expect("issuers that work")
    }

    /// Stops all drivers, as the end of a runtime does that ran them.
    pub fn stop(&mut self) {
        self.sources.clear();
        self.running.clear();
    }

    /// Lets everything happen that is due now. Time stands still.
    pub fn settle(&mut self) {
        let now = self.clock.elapsed();
        let come = self.sources.iter_mut().flat_map(Drivers::take_ready).map(Running::new);
        self.running.extend(come);
        self.sources.retain(|source| !source.is_ended());
        self.running.retain_mut(|running| running.settle(now, &self.issuers));
    }

    /// Lets this much time pass, and everything happen that is due on the way.
    pub fn advance(&mut self, time: Duration) {
        let end = self.clock.elapsed() + time;
        self.settle();
        while let Some(next) = self.next().filter(|next| *next <= end) {
            self.clock.move_to(next);
            self.settle();
        }
        self.clock.move_to(end);
        self.settle();
    }

    /// Waits for this future: while it is not ready, time passes, as far as the world has something
    /// to do. No runtime is needed; one that the future itself needs must have been entered.
    ///
    /// # Panics
    ///
    /// When the future waits for something that is not of this world, such as a socket, or a sleep.
    pub fn block_on<T>(&mut self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        let woken = Arc::new(Flag(AtomicBool::new(false)));
        let waker = Waker::from(Arc::clone(&woken));
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return output;
            }
            self.settle();
            // Relaxed: all of it is one thread's, or the wake-up itself orders what it tells of.
            if woken.0.swap(false, Ordering::Relaxed) {
                continue;
            }
            let next = self.next();
            self.clock.move_to(next.expect("a future that waits for this world alone"));
            self.settle();
        }
    }

    /// When something is due next.
    fn next(&self) -> Option<Time> {
        self.running.iter().filter_map(Running::next).min().filter(|at| *at < Time::MAX)
    }
}

impl Default for InMemory {
    fn default() -> Self {
        Self::new()
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}
