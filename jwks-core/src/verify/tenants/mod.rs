//! Issuers that a verifier learns of while it runs: a function of the service says, for the `iss` of
//! a token, whether it is accepted and how.
//!
//! `desk` decides when that function is asked and what its answer is worth, without a clock.
//! `reception` is where callers come whose token is of no issuer in the table. `calls` runs the
//! function within the adapter's loop, and `book` puts into the table, and takes out of it, what
//! the desk says. A token of an issuer that is in the table meets none of this.

mod book;
mod calls;
mod desk;
mod find;
mod limits;
mod reception;
mod refused;
mod resolver;
mod seats;
#[cfg(test)]
mod tests;
mod told;
mod unresolved;

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub(super) use self::calls::Calls;
pub(super) use self::reception::Reception;
pub use self::resolver::{Resolver, Tenant};
use self::seats::Seats;
pub(super) use self::unresolved::Unresolved;

/// The verifier's end of it. Dropping it ends the calls.
#[derive(Debug)]
pub(super) struct Door(Arc<Reception>);

/// What an issuer has that the resolver knows.
#[derive(Debug)]
pub(super) struct Tenancy {
    /// A token was accepted since somebody has looked. Ordering: `Relaxed`, no data goes with it.
    used: AtomicBool,
    /// For those who wait for its keys.
    pub(super) seats: Arc<Seats>,
}

impl Door {
    pub(super) const fn new(reception: Arc<Reception>) -> Self {
        Self(reception)
    }
}

impl Deref for Door {
    type Target = Reception;

    fn deref(&self) -> &Reception {
        &self.0
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

impl Tenancy {
    fn new(seats: &Arc<Seats>) -> Self {
        Self { used: AtomicBool::new(false), seats: Arc::clone(seats) }
    }

    /// A token was accepted. It is written once only, so that threads do not get into each other's
    /// way.
    pub(super) fn note_use(&self) {
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
    }

    fn take_use(&self) -> bool {
        self.used.load(Ordering::Relaxed) && self.used.swap(false, Ordering::Relaxed)
    }
}
