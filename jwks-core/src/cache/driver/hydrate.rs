//! Starting with keys that come from elsewhere than a fetch.

use super::super::denied::Denied;
use super::super::saved::Hydration;
use super::super::snapshot::Reading;
use super::super::{HydrateError, SavedKeys};
use super::Driver;
use crate::refresh::Answered;

impl Driver {
    /// Starts with saved keys, before the first poll. They serve at once, with the age that they
    /// have. After their refresh-ahead point, a refresh is due at once, and nobody waits for it.
    /// Without background refresh, callers wait for a refresh once their lifetime is over, as
    /// usual.
    ///
    /// The kids that were [denied](super::super::KeyCache::deny_kid) where the keys were saved are
    /// denied here from now on, even if the keys are refused, unless they are of another source.
    ///
    /// # Errors
    ///
    /// Says why the keys are refused. The cache then holds none of them, and fetches as usual.
    pub fn hydrate(&mut self, saved: &SavedKeys) -> Result<(), HydrateError> {
        self.take_saved(saved)?;
        self.report.notify_observer(&self.shared);
        Ok(())
    }

    fn take_saved(&mut self, saved: &SavedKeys) -> Result<(), HydrateError> {
        saved.check_source(&self.source)?;
        let deny = |denied: &mut Denied| denied.add_all(saved.denied());
        self.shared.deny(deny).map_err(HydrateError::denied)?;
        if self.current.generation != 0 || self.machine.in_flight().is_some() {
            return Err(HydrateError::late());
        }
        self.read_clocks(self.now);
        let policy = &self.shared.policy;
        let Hydration { held, age, trust } =
            saved.hydration(&self.source, policy, self.shared.wall_now())?;
        let (lifetime, keys) = (held.lifetime, held.all.len());
        if self.machine.handle_hydrate(self.now, age, trust, lifetime) != Answered::Confirmed
            || !self.publish(Some((held, Reading::default())))
        {
            return Err(HydrateError::late());
        }
        self.report.hydrated(keys);
        self.publish_state();
        self.shared.wake.raise();
        Ok(())
    }

    /// Like [`hydrate`](Self::hydrate), but a refusal is an event: the cache starts without the
    /// keys. The observer is not told yet.
    pub(crate) fn start_with(&mut self, saved: Result<SavedKeys, HydrateError>) {
        if let Err(error) = saved.and_then(|saved| self.take_saved(&saved)) {
            self.report.hydrate_refused(error);
        }
    }
}
