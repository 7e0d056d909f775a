//! The bounds of what a verifier learns while it runs.

use std::time::Duration;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Limits {
    /// Issuers that are kept at once. Those whose keys are loading, or cannot be loaded, count.
    pub(super) issuers: usize,
    /// Refusals that are remembered at once, and the same number of consents.
    pub(super) remembered: usize,
    /// Calls of the service's function that run at once.
    pub(super) calls: usize,
    /// Fetches that begin within a second.
    pub(super) fetches_per_second: usize,
    /// Fetches from one host at once.
    pub(super) fetches_per_host: usize,
    /// First loads at once.
    pub(super) loads: usize,
    /// First loads that begin within a second.
    pub(super) loads_per_second: usize,
    /// How long such a call may take.
    pub(super) call_timeout: Duration,
    /// Callers who wait for one `iss`.
    pub(super) waiting_for_one: usize,
    /// Callers who wait.
    pub(super) waiting: usize,
    /// How long a refusal is remembered.
    pub(super) refusal: Duration,
    /// How long a consent serves before it is asked for again.
    pub(super) consent: Duration,
    /// How long a consent serves while the function fails.
    pub(super) consent_if_error: Duration,
    /// After so long without a use the keys are not refreshed ahead.
    pub(super) pause_unused: Duration,
    /// After so long without a use an issuer may go, if another one needs its place.
    pub(super) evict_unused: Duration,
    /// After so long without a use an issuer goes.
    pub(super) forget_unused: Duration,
}

impl Limits {
    pub(super) const DEFAULT: Self = Self {
        issuers: 100,
        remembered: 1024,
        calls: 16,
        fetches_per_second: 10,
        fetches_per_host: 2,
        loads: 16,
        loads_per_second: 10,
        call_timeout: Duration::from_millis(250),
        waiting_for_one: 64,
        waiting: 512,
        refusal: Duration::from_secs(30),
        consent: Duration::from_secs(5 * 60),
        consent_if_error: Duration::from_secs(60 * 60),
        pause_unused: Duration::from_secs(15 * 60),
        evict_unused: Duration::from_secs(10 * 60),
        forget_unused: Duration::from_secs(60 * 60),
    };
}
