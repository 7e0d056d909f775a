//! What is tested.

use std::any::Any;

use jwks_core::cache::Driver;

/// An adapter, as the suite uses it: something that runs drivers.
pub trait Adapter: Sync {
    /// A short name, for the names of the tests: `tokio`.
    fn name(&self) -> &str;

    /// Runs these drivers, each until all handles of its cache are gone, on an HTTP client that
    /// trusts `roots` besides what it trusts by default. No proxy stands between it and loopback.
    ///
    /// Called on a thread of its own for each service of each scenario, so it may make a runtime.
    /// Dropping what it returns stops the drivers and ends their fetches at once, as the end of
    /// their runtime would, unless the adapter is not [`interruptible`](Self::interruptible).
    fn start(&self, drivers: Vec<Driver>, roots: &Roots) -> Box<dyn Any + Send>;

    /// Whether a fetch under way can be ended, and a driver be stopped from outside. Default: true.
    ///
    /// Threads that block cannot be: with `false` a fetch lives on until its deadline, its answer
    /// unheard, and the scenarios that end a runtime are not run.
    fn interruptible(&self) -> bool {
        true
    }
}

/// Certificates of authorities that a client must trust, each in DER (X.509).
#[derive(Clone, Debug, Default)]
pub struct Roots(Vec<Vec<u8>>);

impl Roots {
    /// Those that are given, besides none.
    pub fn new(certificates: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self(certificates.into_iter().collect())
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(Vec::as_slice)
    }
}
