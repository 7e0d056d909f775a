//! The adapters of this repository, as the conformance suite drives them.

mod async_std;
mod smol;
mod thread;
mod tokio;

use jwks_conformance::Adapter;

pub use self::{async_std::AsyncStd, smol::Smol, thread::Thread, tokio::Tokio};

/// Each of them.
pub const ADAPTERS: [&dyn Adapter; 4] = [&Tokio, &AsyncStd, &Thread, &Smol];
