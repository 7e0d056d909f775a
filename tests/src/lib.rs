//! Test support: a scripted issuer, and the tests that run across the crates.
//!
//! ```
//! use std::time::Duration;
//!
//! use jwks_tests::{IssuerServer, Reply, Signer, claims};
//!
//! let issuer = IssuerServer::start();
//! let key = Signer::es256("k1");
//! issuer.publish(&[&key]);
//! issuer.delay(Duration::from_millis(200));
//! issuer.next(Reply::status(503).retry_after(2));
//! let token = key.sign(&claims(issuer.base(), "my-api", Duration::from_secs(60)));
//! assert_eq!(token.split('.').count(), 3);
//! assert_eq!(issuer.fetches(), 0);
//! ```

pub mod adapters;
pub mod claims;
pub mod issuer;
pub mod latency;
pub mod signer;

pub use claims::{claims, claims_at, unknown_kid_token};
pub use issuer::{IssuerServer, KEYS_PATH, Recorded, Reply};
pub use latency::{Latencies, Summary};
pub use signer::{Signer, jwk_set};

/// The examples of the README, compiled and run with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
