//! JWK Set cache on async-std and surf: the adapter of [`jwks_core`] for that runtime.
//!
//! **async-std and surf are no longer maintained** (RUSTSEC-2025-0052; RUSTSEC-2025-0036 and
//! RUSTSEC-2026-0169). This crate is for services that run on them; a new one had better take
//! `jwks-tokio`, or smol, with an adapter like `tests/src/adapters/smol.rs` in the repository.
//!
//! [`start`] makes a verifier, or a key cache, and keeps its keys fresh in tasks of async-std.
//! Everything that decides when to fetch is in `jwks_core`; here are timers, one HTTP call, and a
//! client, because none of those that come with surf is fit for it.
//!
//! ```no_run
//! use jwks_async_std::{Issuer, Registered, Verifier};
//!
//! # async fn example(token: &str) -> Result<(), Box<dyn std::error::Error>> {
//! let issuer = Issuer::new("https://id.example.com")
//!     .jwks_uri("https://id.example.com/keys")
//!     .audience("my-api");
//! let verifier = jwks_async_std::start(Verifier::builder().issuer(issuer))?;
//!
//! let verified = verifier.verify::<Registered>(token).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Clone the verifier into as many tasks as you like. When the last clone is dropped, the refresh
//! stops. Use [`serve`] to control shutdown yourself.
//!
//! # The client
//!
//! The client that [`start`] makes ([`client_builder`]) speaks HTTP/1.1 by hyper, and https by rustls and
//! aws-lc-rs, with the certificates that the platform trusts and those that you add. It follows no
//! redirect. It tries all addresses of a host: one that is dead costs a moment, not the attempt
//! (RFC 8305). Each request has a connection of its own, since a kept one may be dead after a freeze
//! of the process. A time-out says what it waited for.
//!
//! # Proxies
//!
//! The client **uses no proxy**, whatever `HTTPS_PROXY` and the like say. If the key server can only
//! be reached through one, bring a [`surf::Client`] that has it: [`Starter::client`].

mod client;
mod error;
mod run;
mod start;
mod task;
mod transport;

pub use client::{Certificate, ClientBuilder};
pub use error::StartError;
pub use jwks_core;
pub use jwks_core::adapter::Serve;
#[doc(inline)]
pub use jwks_core::service::*;
pub use start::{Starter, serve, start};
pub use surf;

/// A builder of clients as [`start`] makes them: no redirects, no encodings, no proxy. Timeouts
/// and size limits are the policy's, and apply whatever the client's.
pub fn client_builder() -> ClientBuilder {
    ClientBuilder::new()
}

/// The example of the README, compiled with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
