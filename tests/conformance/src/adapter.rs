//! What is tested.

use std::any::Any;

use jwks_core::adapter::Drivers;

use crate::network::Hosts;

/// An adapter, as the suite uses it: something that runs drivers.
pub trait Adapter: Sync {
    /// A short name, for the names of the tests: `tokio`.
    fn name(&self) -> &str;

    /// Runs these drivers, each until all handles of its cache are gone, on an HTTP client that
    /// trusts `roots` besides what it trusts by default. No proxy stands between it and loopback,
    /// whatever the environment says.
    ///
    /// Called on a thread of its own for each service of each scenario, so it may make a runtime.
    /// Dropping what it returns stops the drivers and ends their fetches at once, as the end of
    /// their runtime would: see [`stops_when_dropped`](Self::stops_when_dropped).
    fn start(&self, drivers: Drivers, roots: &Roots) -> Box<dyn Any + Send>;

    /// [`start`](Self::start), on a client that connects to these addresses for these names, as if a
    /// look-up had given them. Called if [`takes_hosts`](Self::takes_hosts) is true. Default: none.
    fn start_with_hosts(
        &self,
        _drivers: Drivers,
        _roots: &Roots,
        _hosts: &Hosts,
    ) -> Option<Box<dyn Any + Send>> {
        None
    }

    /// Whether the client can be told the addresses of a name. Default: false.
    ///
    /// With `false` the scenarios of hosts with several addresses are not run. They ask that one
    /// that is dead costs no attempt.
    fn takes_hosts(&self) -> bool {
        false
    }

    /// Whether a time-out says what it waited for ([`Progress`]). Default: true.
    ///
    /// With `false`, for a client that does not let the adapter know, a time-out may say less.
    ///
    /// [`Progress`]: jwks_core::adapter::Progress
    fn tells_phases(&self) -> bool {
        true
    }

    /// Whether a fetch under way can be ended before its deadline. Default: true.
    ///
    /// With `false`, for a blocking client that cannot be interrupted, a fetch that is given up may
    /// live on, unheard, beside the next one.
    fn ends_fetches(&self) -> bool {
        true
    }

    /// Whether dropping what [`start`](Self::start) returned stops the drivers. Default: true.
    ///
    /// With `false`, for threads, which nothing ends from outside, the scenarios that end a runtime
    /// are not run.
    fn stops_when_dropped(&self) -> bool {
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
