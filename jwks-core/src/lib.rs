//! JWK Set cache without I/O: when to refresh, how to share the keys, how to validate a token.
//!
//! Services that validate JSON Web Tokens (RFC 7519) need the issuer's public keys, a JWK Set
//! Services that validate JSON Web Tokens (RFC 7519) need the issuer's public keys, a JWK Set (RFC
//! 7517). This crate decides when to fetch them, shares them between threads without a lock, and
//! validates tokens with them. It reads no clock, opens no socket, and starts no thread. An adapter
//! does that: use `jwks-tokio`, for example. You can also [write your
//! own](adapter#writing-an-adapter): it is a loop of a few lines around one HTTP call.
//!
//! The crate has three floors. A lower floor never names a higher one. [`adapter`] stands beside
//! them:
//!
//! | floor | module | what it is |
//! |---|---|---|
//! | 3 | [`verify`] | token text to verified claims |
//! | 2 | [`cache`], on [`keys`] | what many threads share: the keys, the countdown of uses, the driver |
//! | 1 | [`refresh`] | the machine that computes when to fetch |
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), forbid(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod adapter;
#[cfg(test)]
#[path = "../tests/support/built.rs"]
mod built;
pub mod cache;
pub mod keys;
#[cfg(test)]
#[path = "../tests/support/proof.rs"]
mod proof;
pub mod refresh;
pub mod service;
pub mod verify;

// The reference model of the refresh machine is compiled here too: see `refresh::explore`.
#[cfg(test)]
extern crate self as jwks_core;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
