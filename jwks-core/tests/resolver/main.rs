//! A verifier with a resolver, through its public face: simulated time, no threads, no sleeping.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod beside;
mod bounds;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../sharing/clocks.rs"]
mod clocks;
mod forged;
mod gate;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../sharing/keys.rs"]
mod keys;
mod places;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../support/proof.rs"]
mod proof;
mod rules;
mod settings;
#[path = "../sharing/wakers.rs"]
mod wakers;
mod world;
