//! Adapters as anyone could write them: one file each, from the documentation of jwks-core alone.

pub mod smol;
pub mod thread;
