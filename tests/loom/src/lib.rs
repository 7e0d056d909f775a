//! The atomics of jwks-core on loom's types, and models that go through their interleavings.
//!
//! The files are jwks-core's own, compiled a second time with another `cache::sync` beside them. So
//! the models need neither `--cfg loom`, which rebuilds every dependency, nor a crypto backend.
//! `tests/models.rs` runs them.

mod cache;
pub mod memo;
pub mod models;
mod refresh;
mod verify;
