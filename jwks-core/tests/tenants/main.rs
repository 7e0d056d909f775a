//! Issuers that come and go while a verifier runs: simulated, with drivers polled by hand.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod changes;
mod entra;
mod goes;
mod names;
mod settings;
mod together;
mod world;
