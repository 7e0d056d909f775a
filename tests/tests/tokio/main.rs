//! What only jwks-tokio has: its client, runtimes that end, and what its users see.
//!
//! The scenarios that every adapter must pass are in `jwks-conformance`.

mod addresses;
mod alb;
mod client;
mod doomed;
mod keys_file;
mod kubernetes;
mod network;
mod proxies;
mod run;
mod secrets;
mod served;
mod settings;
mod tokens;

use jwks_conformance::{Stage, World};
use jwks_tests::conformance::Tokio;

/// An issuer whose verifiers jwks-tokio serves.
fn world() -> World<'static> {
    Stage::new(&Tokio).world()
}
