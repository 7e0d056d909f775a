//! Starting with keys that come from elsewhere than a fetch.

use super::super::saved::Hydration;
use super::super::source::Endpoint;
use super::super::{HydrateError, SavedKeys};
use super::Driver;
use crate::refresh::Answered;

impl Driver {
    /// Starts with saved keys, before the first poll: they serve at once, as old as they are. Past
    /// their refresh-ahead point a refresh is due at once, and nobody waits for it (without
    /// background refresh: past their lifetime, whoever comes waits for it, as ever).
    ///
    /// # Errors
    ///
    /// Why they are refused: the cache is as it was, and loads as usual.
    pub fn hydrate(&mut self, saved: &SavedKeys) -> Result<(), HydrateError> {
        if self.current.generation != 0 || self.machine.in_flight().is_some() {
            return Err(HydrateError::late());
        }
        let policy = &self.shared.policy;
        let Hydration { held, age, trust } =
            saved.hydration(&self.source, policy, self.shared.wall_now())?;
        let (lifetime, keys) = (held.lifetime, held.keys.len());
        if self.machine.handle_hydrate(self.now, age, trust, lifetime) != Answered::Confirmed
            || !self.publish(Some(held))
        {
            return Err(HydrateError::late());
        }
        // The same source: an origin that is another's has been refused.
        self.held_from = match self.source.endpoint() {
            Endpoint::Discovery(_) => None,
            Endpoint::JwksUri(uri) => Some(uri.clone()),
        };
        self.report.hydrated(keys);
        self.tell_readers();
        self.shared.wake.raise();
        Ok(())
    }

    /// As [`hydrate`](Self::hydrate), but a refusal is an event: the cache starts without them.
    pub(crate) fn start_with(&mut self, saved: Result<SavedKeys, HydrateError>) {
        if let Err(error) = saved.and_then(|saved| self.hydrate(&saved)) {
            self.report.hydrate_refused(error);
        }
    }
}
