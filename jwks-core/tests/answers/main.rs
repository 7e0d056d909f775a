//! What an answer is worth, and what is done with its keys: simulated time, no sockets.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod age;
#[path = "../support/built.rs"]
mod built;
mod bundles;
mod conditional;
mod debug;
mod denied;
mod denied_meanwhile;
mod events;
mod explain;
mod frozen;
mod health;
mod hints;
#[path = "../support/proof.rs"]
mod proof;
mod ready;
mod status;
mod verifier;
mod world;
mod worth;
