//! The adapters of this repository, as the conformance suite drives them.

mod async_std;
mod tokio;

use jwks_conformance::Adapter;

pub use self::{async_std::AsyncStd, tokio::Tokio};

/// Each of them.
pub const ADAPTERS: [&dyn Adapter; 2] = [&AsyncStd, &Tokio];
