//! Floor 2 as a whole, through its public face: simulated time, no threads, no sleeping.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod asking;
mod background;
#[path = "../support/built.rs"]
mod built;
mod by_hand;
mod callers;
mod clocks;
mod cold;
mod crowd;
mod first_load;
mod honest;
mod hostile;
mod issuer;
mod keys;
mod left_behind;
mod lifecycle;
mod misfits;
mod on_demand;
mod outage;
#[path = "../support/proof.rs"]
mod proof;
mod races;
mod recordings;
mod rotation;
mod rules;
mod script;
mod tokens;
mod trust;
mod undecided;
mod unknown_kid;
mod verifying;
mod wakers;
mod world;
