//! What an adapter runs: the driver of a cache, or work beside the caches.

use std::fmt;
use std::sync::Weak;

use super::super::shared::Shared;
use super::super::wake::{WakeFlag, Woken};
use super::{Action, IssuerDriver};
use crate::cache::{HydrateError, SavedKeys};
use crate::refresh::Time;

/// Decides what to do next to keep a cache's keys fresh. An adapter is a loop around
/// [`poll`](Self::poll): see [how to write one](crate::adapter#writing-an-adapter).
///
/// If you drop the driver, every waiting caller gets
/// [`ErrorKind::Stopped`](crate::cache::ErrorKind::Stopped). Held keys serve until the trust in
/// them ends.
///
/// A verifier with a [`Resolver`](crate::verify::Resolver) has one driver more, which fetches
/// nothing: it runs the service's function, within [`poll`](Self::poll).
#[derive(Debug)]
#[must_use = "without a driver no key is ever fetched"]
pub struct Driver(Kind);

#[derive(Debug)]
enum Kind {
    Aside(Box<dyn Aside>),
    Issuer(Box<IssuerDriver>),
}

/// Work that needs time and a task, but no fetch.
pub(crate) trait Aside: fmt::Debug + Send + Sync {
    fn poll(&mut self, now: Time) -> Later;

    fn wake(&self) -> &WakeFlag;
}

/// When to poll it again.
pub(crate) enum Later {
    At(Option<Time>),
    Never,
}

impl Driver {
    /// Returns what to do now. `now` is the time since an instant that the adapter chose, at about
    /// the time when the driver was built. Polling too early or too often does no harm; polling
    /// late only delays.
    pub fn poll(&mut self, now: Time) -> Action {
        match &mut self.0 {
            Kind::Issuer(driver) => driver.poll(now),
            Kind::Aside(work) => match work.poll(now) {
                Later::At(until) => Action::Wait(until),
                Later::Never => Action::Stop,
            },
        }
    }

    /// Completes when there is something to do before the time of [`Action::Wait`]. Uses nothing
    /// but std wakers, so it runs on any executor, or on a [parked thread](Woken).
    pub fn woken(&self) -> Woken<'_> {
        Woken(match &self.0 {
            Kind::Issuer(driver) => &driver.shared.wake,
            Kind::Aside(work) => work.wake(),
        })
    }

    /// Starts with saved keys, before the first poll. They serve at once, with the age that they
    /// have. After their refresh-ahead point, a refresh is due at once, and nobody waits for it.
    /// Without background refresh, callers wait for a refresh once their lifetime is over, as
    /// usual.
    ///
    /// The kids that were [denied](crate::cache::KeyCache::deny_kid) where the keys were saved are
    /// denied here from now on, even if the keys are refused, unless they are of another source.
    ///
    /// # Errors
    ///
    /// Says why the keys are refused. The cache then holds none of them, and fetches as usual. A driver that
    /// fetches nothing refuses all.
    pub fn hydrate(&mut self, saved: &SavedKeys) -> Result<(), HydrateError> {
        match &mut self.0 {
            Kind::Issuer(driver) => driver.hydrate(saved),
            Kind::Aside(_) => Err(HydrateError::late()),
        }
    }

    pub(crate) fn issuer(driver: IssuerDriver) -> Self {
        Self(Kind::Issuer(Box::new(driver)))
    }

    pub(crate) fn aside(work: impl Aside + 'static) -> Self {
        Self(Kind::Aside(Box::new(work)))
    }

    /// What the driver works for, as long as it lives.
    pub(in crate::cache) fn weak(&self) -> Option<Weak<Shared>> {
        match &self.0 {
            Kind::Aside(_) => None,
            Kind::Issuer(driver) => Some(driver.weak()),
        }
    }

    /// Whether there is nothing left for it to do.
    pub(in crate::cache) fn is_over(&self) -> bool {
        match &self.0 {
            Kind::Aside(_) => false,
            Kind::Issuer(driver) => driver.is_over(),
        }
    }

    /// Takes keys that are at hand, so that nobody waits for them. The observer is told.
    pub(crate) fn take_at_hand(&mut self) {
        if let Kind::Issuer(driver) = &mut self.0 {
            driver.take_at_hand();
        }
    }

    /// Tells the observer what has happened before the first poll.
    pub(in crate::cache) fn tell(&mut self) {
        if let Kind::Issuer(driver) = &mut self.0 {
            driver.tell();
        }
    }
}
