//! Real threads against each other: callers, drivers, issuers that come and go, a resolver; and
//! foreign code (wakers, observers, the service's function, clocks) that calls back into the
//! verifier while it runs.
//!
//! What the loom models of `tests/loom` show for each part, this tries for the whole. Nothing here
//! is timed: each test counts what it does, and a watchdog turns a deadlock or a lost wake-up into a
//! failure.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "real threads and clocks are what this is about"
)]
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod crowd;
mod foreign;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../support/proof.rs"]
mod proof;
mod runner;
