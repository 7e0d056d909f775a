//! The rules of the refresh machine by a reference model.
//!
//! [`script`] invents policies, clocks and what happens to a cache; [`play`] tells it to a
//! [`Machine`](jwks_core::refresh::Machine) and to the [`reference`] beside it, which was written
//! from the rules alone; each output is compared with what the rules allow, and a failure names the
//! rule and the calls that led to it.
//!
//! The same cases are drawn at every run. `JWKS_PROOF=60 cargo test -p jwks-core --test model` draws
//! sixty times as many from a new seed: see `support/proof.rs`.

mod ages;
mod anything;
mod draw;
mod order;
mod play;
mod policies;
#[path = "../support/proof.rs"]
mod proof;
mod recovery;
mod reference;
mod script;
mod traces;
mod window;
