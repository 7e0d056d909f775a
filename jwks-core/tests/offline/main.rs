//! Keys without network: saved, loaded at start, and never trusted for longer.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "../support/built.rs"]
mod built;
mod denied;
mod export;
mod hydrate;
mod issuer;
#[path = "../support/proof.rs"]
mod proof;
mod refused;
mod world;
