//! Kids taken out by hand: the driver takes over what a handle has published.

use std::sync::Arc;

use super::IssuerDriver;
use crate::cache::shared::{Inbox, Republished};

impl IssuerDriver {
    /// A handle that denies or allows a kid publishes the held set anew by itself, with the uses
    /// that were left then. From now on those are counted; what was used of the set before it is
    /// counted once more, and that set is dropped.
    pub(super) fn take_denials(&mut self, mail: &mut Inbox) {
        if let Some(republished) = mail.republished.take() {
            let Republished { snapshot, gauge, uses_between } = republished;
            self.collect();
            self.machine.handle_usage(self.now, uses_between);
            let uses = self.gauge.peek(self.current.meter());
            self.report.add_past_uses(uses.saturating_add(uses_between));
            (self.current, self.gauge) = (snapshot, gauge);
        }
        if !Arc::ptr_eq(&self.denied, &mail.denied) {
            let before = std::mem::replace(&mut self.denied, Arc::clone(&mail.denied));
            self.report.denied(&before, &self.denied);
            // A caller that waits for a key of such a kid need not wait any more.
            self.decide_for_all();
        }
    }

    /// Whether the kid was taken out: no fetch can find it.
    pub(super) fn is_denied(&self, kid: &str) -> bool {
        self.current.denied.contains(kid)
    }
}
