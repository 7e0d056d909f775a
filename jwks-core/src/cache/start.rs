//! The trait of what an adapter can start, and what the adapter gives it.

use std::error::Error as StdError;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::SystemTime;

use super::Drivers;
use super::observe::About;
use super::shared::WallClock;

/// A builder that an adapter can start.
///
/// These builders implement it: [`VerifierBuilder`], whose handle is a [`Verifier`];
/// [`KeyCacheBuilder`], whose handle is a [`KeyCache`]; and `CognitoBuilder` of the crate
/// `jwks-cognito`, whose handle is a `CognitoVerifier`. [`Drivers`] implement it too, with the
/// handle `()`, so you can build first and start later.
///
/// An adapter's `start` calls [`build`](Self::build), runs the drivers, and returns the handle.
///
/// [`KeyCache`]: super::KeyCache
/// [`KeyCacheBuilder`]: super::KeyCacheBuilder
/// [`Verifier`]: crate::verify::Verifier
/// [`VerifierBuilder`]: crate::verify::VerifierBuilder
pub trait Start {
    /// What the user holds. When its last clone is dropped, the drivers end.
    type Handle;

    /// Returns the handle, and the drivers that the adapter has to run for it.
    ///
    /// # Errors
    ///
    /// Fails if the settings cannot work.
    fn build(self, env: Env) -> Result<(Self::Handle, Drivers), BuildError>;
}

/// What an adapter brings to the core: the wall clock, and a seed for the jitter.
#[derive(Clone)]
#[must_use]
pub struct Env {
    wall_clock: WallClock,
    seed: Option<u64>,
    /// The caches that were seeded.
    seeded: u64,
    about: About,
    reads_files: bool,
    checks_addresses: bool,
}

/// What an adapter can do beside sending requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Able {
    pub(crate) reads_files: bool,
    pub(crate) checks_addresses: bool,
}

/// Why something could not be built. Cheap to clone.
///
/// Its text and its `Debug` form are those of the error that it holds: one line that names the
/// setting, the value and what is allowed.
#[derive(Clone)]
pub struct BuildError(Arc<dyn StdError + Send + Sync>);

impl Env {
    /// Uses this wall clock, usually `SystemTime::now`, and a different seed for each cache.
    ///
    /// The wall clock decides when trust in the keys ends, and judges the times in tokens. It is
    /// read for every validation, so it should be quick; and while issuers change, so it must not
    /// change them.
    pub fn new(wall_clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self {
            wall_clock: Arc::new(wall_clock),
            seed: None,
            seeded: 0,
            about: About::default(),
            reads_files: false,
            checks_addresses: false,
        }
    }

    /// Seeds the jitter of the first cache with this number, and that of each further one with the
    /// next number, so that a trace can be replayed. Default: different for each cache.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Names the adapter, for the metric `jwks_build_info`: the name of your crate.
    pub const fn adapter(mut self, name: &'static str) -> Self {
        self.about.adapter = name;
        self
    }

    /// The adapter reads [files](super::Fetch::file). Default: it does not, and a source in a file
    /// fails with each attempt.
    pub const fn reads_files(mut self) -> Self {
        self.reads_files = true;
        self
    }

    /// The adapter connects to no address but those that a [fetch](super::Fetch::addresses) allows.
    /// Default: it does not promise that, and a source that [allows public addresses
    /// only](super::SourceBuilder::public_addresses_only), as do the issuers of a
    /// [resolver](crate::verify::Resolver), fails with each attempt.
    pub const fn checks_addresses(mut self) -> Self {
        self.checks_addresses = true;
        self
    }

    pub(crate) const fn able(&self) -> Able {
        Able { reads_files: self.reads_files, checks_addresses: self.checks_addresses }
    }

    /// Uses a builder's own clock, if it has one.
    pub(crate) fn with_clock(mut self, own: Option<WallClock>) -> Self {
        self.wall_clock = own.unwrap_or(self.wall_clock);
        self
    }

    /// The wall clock, for a builder that needs it too.
    #[must_use]
    pub fn wall_clock(&self) -> Arc<dyn Fn() -> SystemTime + Send + Sync> {
        Arc::clone(&self.wall_clock)
    }

    pub(crate) const fn about(&self) -> About {
        self.about
    }

    /// The tokens that are validated end so.
    #[cfg(feature = "metrics")]
    pub(crate) const fn report_results(&mut self, results: &'static [&'static str], timed: bool) {
        self.about.results = results;
        self.about.timed = timed;
    }

    pub(crate) fn next_seed(&mut self) -> u64 {
        let seed = self.seed.map(|seed| seed.wrapping_add(self.seeded));
        self.seeded += 1;
        seed.unwrap_or_else(|| RandomState::new().hash_one(0_u8))
    }
}

impl BuildError {
    /// Wraps the error of a builder.
    #[must_use]
    pub fn new(error: impl StdError + Send + Sync + 'static) -> Self {
        Self(Arc::new(error))
    }

    /// The wrapped error, if it is of this type: [`IssuerError`] for a verifier.
    ///
    /// [`IssuerError`]: crate::verify::IssuerError
    #[must_use]
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        self.0.downcast_ref()
    }
}

impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env").field("seed", &self.seed).finish_non_exhaustive()
    }
}

impl StdError for BuildError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}
