//! Test support: what the tests that run across the crates share.
//!
//! The scripted issuer, the signers of tokens and the scenarios are in `jwks-conformance`.

pub mod conformance;
pub mod latency;

pub use latency::{Latencies, Summary};

/// The examples of the README, compiled and run with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
