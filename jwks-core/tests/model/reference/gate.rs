//! Who waits: rules 2 and 3.

use jwks_core::refresh::Gate;

use super::Model;
use super::held::Held;
use super::span::{Ns, Span, Tri};

impl Model {
    /// The gates that are allowed now, while a set is held that is trusted.
    pub(crate) fn gates(&self, held: &Held) -> Vec<Gate> {
        if self.policy.background_refresh() {
            return vec![Gate::Open];
        }
        let (b, t) = (self.clocks.b(), self.clocks.t);
        let grace_is_over = held.floor_b.over(b);
        let beside = self.people.beside(self.clocks.frozen());
        if grace_is_over == Tri::No {
            // Nobody waits either way.
            return if beside.may() { vec![Gate::Asking, Gate::Open] } else { vec![Gate::Open] };
        }
        let spent = held.spent(&self.policy, self.clocks.e());
        let beside = if spent { beside } else { Tri::No };
        let paused = self.paused_t(Tri::No).over(t) != Tri::Yes;
        let mut gates = if grace_is_over.must() { vec![] } else { vec![Gate::Open] };
        if beside.may() {
            gates.extend(self.gates_beside(paused));
        }
        if beside != Tri::Yes {
            gates.push(self.gate_of_lifetime(held));
            if paused {
                gates.push(Gate::Open);
            }
        }
        gates
    }

    /// Nobody waits; as long as nobody has asked, each use asks.
    fn gates_beside(&self, paused: bool) -> Vec<Gate> {
        match (self.people.asked, self.people.waiting) {
            (Tri::Yes, _) => vec![Gate::Open],
            (Tri::No, 0) if !paused && self.flight.is_none() => vec![Gate::Asking],
            _ => vec![Gate::Asking, Gate::Open],
        }
    }

    fn gate_of_lifetime(&self, held: &Held) -> Gate {
        if self.clocks.e() >= held.lifetime_end_e {
            Gate::Closed
        } else if self.policy.usages().is_some() {
            Gate::Counted
        } else {
            Gate::Open
        }
    }

    /// When the gate changes next by time, in the adapter's: a deadline must be there.
    pub(crate) fn gate_changes_t(&self, held: &Held) -> Option<Ns> {
        if self.policy.background_refresh() {
            return None;
        }
        let end = self.clocks.when_e(Span::at(held.lifetime_end_e)).hi;
        Some(end).filter(|&end| end > self.clocks.t && self.people.beside.is_none())
    }
}
