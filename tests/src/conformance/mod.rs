//! The adapters of this repository, as the conformance suite drives them.

mod smol;
mod thread;
mod tokio;

use jwks_conformance::Adapter;

pub use self::{smol::Smol, thread::Thread, tokio::Tokio};

/// Each of them.
pub const ADAPTERS: [&dyn Adapter; 3] = [&Tokio, &Thread, &Smol];
