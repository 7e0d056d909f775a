//! Adapters to be copied, and every adapter of this repository under the conformance suite.
//!
//! The scripted issuer and the signers of tokens are in `jwks-testkit`, the scenarios in
//! `jwks-conformance`.

pub mod adapters;
pub mod conformance;

/// The examples of the README, compiled and run with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
