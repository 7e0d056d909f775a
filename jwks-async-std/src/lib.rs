//! JWK Set cache on async-std and surf: the adapter of [`jwks_core`] for that runtime.
//!
//! **async-std and surf are no longer maintained** (RUSTSEC-2025-0052; RUSTSEC-2025-0036 and
//! RUSTSEC-2026-0169). Use this crate only for a service that already runs on them. For a new
//! service, use `jwks-tokio`, or smol with an adapter like `tests/src/adapters/smol.rs` in the
//! repository.
//!
//! [`start`] makes a verifier, or a key cache, and keeps its keys fresh in tasks of async-std.
//! `jwks_core` decides when to fetch. This crate adds timers, one HTTP call, and a client, because
//! none of surf's own clients is suitable.
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
//! [`start`] uses a client of [`client_builder`]. It speaks HTTP/1.1 with hyper, and https with
//! rustls and aws-lc-rs. It trusts the certificates of the platform and those that you add. It
//! follows no redirect. It tries all addresses of a host, so that a dead one costs a moment and not
//! the attempt (RFC 8305). It opens a new connection for each request, because a kept one may be
//! dead after a freeze of the process. A time-out says what it waited for.
//!
//! Certificate authorities are given when the client is built, and stay. There is no `ca_file`, which
//! is read again, and no `kubernetes`, as `jwks-tokio` has them: for an authority that is rotated,
//! restart the service, or use that crate. [`bearer_file`] is there, for tokens that are rotated.
//!
//! # Proxies
//!
//! The client **uses no proxy**, even if `HTTPS_PROXY` or a similar variable is set. If your key
//! server can only be reached through a proxy, give [`Starter::client`] a [`surf::Client`] that
//! uses it.

mod bearer;
mod client;
mod error;
mod run;
mod start;
mod task;
mod transport;

pub use bearer::bearer_file;
pub use client::{Certificate, Client, ClientBuilder};
pub use error::StartError;
pub use jwks_core;
pub use jwks_core::adapter::Serve;
#[doc(inline)]
pub use jwks_core::service::*;
pub use start::{Starter, serve, start};
pub use surf;

/// Builds clients like the one that [`start`] uses: no redirects, no encodings, no proxy. You need
/// no timeouts and no size limits: those of the policy always apply.
pub fn client_builder() -> ClientBuilder {
    ClientBuilder::new()
}

/// The example of the README, compiled with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
