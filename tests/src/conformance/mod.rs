//! The adapters of this repository, as the conformance suite drives them.

mod tokio;

use jwks_conformance::Adapter;

pub use self::tokio::Tokio;

/// Each of them.
pub const ADAPTERS: [&dyn Adapter; 1] = [&Tokio];
