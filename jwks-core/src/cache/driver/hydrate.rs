//! Starting with keys that come from elsewhere than a fetch.

use super::super::denied::Denied;
use super::super::saved::Hydration;
use super::super::snapshot::Reading;
use super::super::{HydrateError, SavedKeys};
use super::IssuerDriver;
use crate::refresh::Answered;

impl IssuerDriver {
    pub(super) fn hydrate(&mut self, saved: &SavedKeys) -> Result<(), HydrateError> {
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
