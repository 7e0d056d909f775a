//! Adapters to be copied, and every adapter of this repository under the conformance suite.
//!
//! The scripted issuer, the signers of tokens and the scenarios are in `jwks-conformance`.

pub mod adapters;
pub mod conformance;

/// The examples of the README, compiled and run with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
