//! Fetches in turns with those of other caches: one that is due begins when its turn has come.

use std::sync::Arc;

use super::super::source::Endpoint;
use super::super::turns::Turns;
use super::IssuerDriver;
use crate::refresh::throttle::{Urgency, Wish};
use crate::refresh::{Reason, Time};

impl IssuerDriver {
    /// Makes its fetches in turns with those of others.
    pub(crate) fn in_turns(&mut self, turns: &Arc<Turns>) {
        self.turns = Some(turns.join(&self.shared));
    }

    /// Whether a fetch is due whose turn has not come.
    pub(super) fn waits_for_turn(&mut self) -> bool {
        let (now, wall_now) = (self.now, self.wall_now);
        self.waits_for_turn = false;
        let due = self.machine.next_fetch().filter(|next| next.at <= now).map(|next| next.reason);
        let wish = due.map(|reason| self.wish(reason));
        let remote = self.source.document().is_none();
        let Some(turns) = self.turns.as_mut().filter(|_| remote) else { return false };
        turns.settle(self.machine.in_flight(), wish.is_some(), wall_now);
        let Some(wait) = wish.and_then(|wish| turns.want(wish, wall_now)) else { return false };
        self.turn_at = wait.map(|wait| now + wait);
        self.waits_for_turn = true;
        true
    }

    /// When the machine wants to be asked again. One that waits for its turn is not asked before.
    pub(super) fn machine_deadline(&self) -> Option<Time> {
        if self.waits_for_turn {
            return self.turn_at;
        }
        self.machine.poll_timeout().map(|deadline| deadline.at)
    }

    fn wish(&self, reason: Reason) -> Wish {
        let held = self.current.held.is_some();
        let urgency = match reason {
            Reason::UnknownKid => Urgency::UnknownKid,
            _ if held => Urgency::Planned,
            _ => Urgency::Load,
        };
        let host = match (self.source.endpoint(), self.place.known()) {
            (Endpoint::JwksUri(uri), _) => uri.host(),
            (Endpoint::Discovery(_), Some(known)) => known.0.host(),
            (Endpoint::Discovery(discovery), None) => discovery.url().host(),
            // Nobody's host is asked.
            (Endpoint::Document(_) | Endpoint::File { .. }, _) => None,
        };
        let first = !self.shared.has_held();
        Wish { urgency, first, host: host.unwrap_or_default().to_ascii_lowercase().into() }
    }
}
