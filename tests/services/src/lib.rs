//! A service to watch: a guarded route, probes, metrics, and a page for operators, beside an identity
//! provider of its own whose troubles are switched by buttons. `cargo run -p jwks-services`.
//!
//! Beside it, in `examples/`, are whole services with other frameworks.

pub mod app;
pub mod debug;
pub mod journal;
pub mod provider;
pub mod web;
