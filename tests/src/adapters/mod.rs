//! Adapters as anybody could write them: one file each, from the documentation of
//! [`jwks_core::adapter`] alone. They are there to be copied.

pub mod smol;
pub mod thread;
