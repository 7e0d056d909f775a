//! Whether anybody still validates tokens, sampled.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Time;

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Idle {
    period: Option<Duration>,
    /// Seen since the last check.
    active: bool,
    idle: bool,
    check_at: Option<Time>,
}

impl Idle {
    pub(super) fn new(period: Option<Duration>, now: Time) -> Self {
        Self { period, active: false, idle: false, check_at: period.map(|p| now + p) }
    }

    pub(super) const fn is_idle(&self) -> bool {
        self.idle
    }

    pub(super) const fn check_at(&self) -> Option<Time> {
        self.check_at
    }

    /// Somebody validates, or waits to.
    pub(super) fn wake(&mut self, now: Time) {
        self.active = true;
        if self.idle {
            *self = Self::new(self.period, now);
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Time) {
        if self.check_at.is_some_and(|at| now >= at) {
            self.idle = !self.active;
            self.active = false;
            self.check_at = self.period.filter(|_| !self.idle).map(|p| now + p);
        }
    }
}
