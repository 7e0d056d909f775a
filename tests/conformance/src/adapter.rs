//! The adapter under test.

use std::any::Any;

use jwks_core::adapter::Drivers;

use crate::network::Hosts;

/// Your adapter, as the suite uses it: it runs drivers.
pub trait Adapter: Sync {
    /// A short name, for the names of the tests: `tokio`.
    fn name(&self) -> &str;

    /// Runs each of these drivers until all handles of its cache are gone. The HTTP client trusts
    /// `roots`, besides what it trusts by default. It must not use a proxy for loopback, whatever
    /// the environment says.
    ///
    /// The suite calls this on a separate thread for each service of each scenario, so you may
    /// create a runtime here. Dropping the returned value must stop the drivers and end their
    /// fetches at once, as the end of their runtime would: see
    /// [`stops_when_dropped`](Self::stops_when_dropped).
    fn start(&self, drivers: Drivers, roots: &Roots) -> Box<dyn Any + Send>;

    /// Like [`start`](Self::start), but the client connects to these addresses for these names, as
    /// if a look-up had returned them. Called if [`takes_hosts`](Self::takes_hosts) is true.
    /// Default: none.
    fn start_with_hosts(
        &self,
        _drivers: Drivers,
        _roots: &Roots,
        _hosts: &Hosts,
    ) -> Option<Box<dyn Any + Send>> {
        None
    }

    /// Whether the client can be given the addresses of a name. Default: false.
    ///
    /// With `false`, scenarios of hosts with several addresses are not run. They check that a dead
    /// address does not fail an attempt.
    fn takes_hosts(&self) -> bool {
        false
    }

    /// Whether a time-out says what it waited for ([`Progress`]). Default: true.
    ///
    /// With `false`, a time-out may say less. Use it if your client does not tell the adapter.
    ///
    /// [`Progress`]: jwks_core::adapter::Progress
    fn tells_phases(&self) -> bool {
        true
    }

    /// Whether a fetch can be ended before its deadline. Default: true.
    ///
    /// With `false`, a fetch that was given up may go on, ignored, beside the next one. Use it for
    /// a blocking client that cannot be interrupted.
    fn ends_fetches(&self) -> bool {
        true
    }

    /// Whether dropping the value that [`start`](Self::start) returned stops the drivers. Default:
    /// true.
    ///
    /// With `false`, the scenarios that end a runtime are not run. Use it for threads, which cannot
    /// be ended from outside.
    fn stops_when_dropped(&self) -> bool {
        true
    }
}

/// The certificates of authorities that a client must trust, each in DER (X.509).
#[derive(Clone, Debug, Default)]
pub struct Roots(Vec<Vec<u8>>);

impl Roots {
    /// These certificates.
    pub fn new(certificates: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self(certificates.into_iter().collect())
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(Vec::as_slice)
    }
}
