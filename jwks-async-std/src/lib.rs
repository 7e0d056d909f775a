//! JWK Set cache on async-std and surf: the adapter of [`jwks_core`] for that runtime.
//!
//! **async-std and surf are no longer maintained** (RUSTSEC-2025-0052; RUSTSEC-2025-0036 and
//! RUSTSEC-2026-0169). This crate is for services that run on them; a new one had better take
//! `jwks-tokio`, or smol, with an adapter like `tests/src/adapters/smol.rs` in the repository.
//!
//! [`spawn`] runs the drivers of a verifier, or of a key cache, as tasks of async-std.
//! Everything that decides when to fetch is in `jwks_core`; here are a loop, one HTTP call, and a
//! client, because none of those that come with surf is fit for it.
//!
//! ```no_run
//! use std::time::SystemTime;
//! use jwks_async_std::{Issuer, Registered, Verifier};
//!
//! # async fn example(token: &str) -> Result<(), Box<dyn std::error::Error>> {
//! let issuer = Issuer::new("https://id.example.com")
//!     .jwks_uri("https://id.example.com/keys")
//!     .audience("my-api");
//! let (verifier, drivers) = Verifier::builder(SystemTime::now).issuer(issuer).build()?;
//! jwks_async_std::spawn(drivers)?;
//!
//! let verified = verifier.verify::<Registered>(token).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Clone the verifier into as many tasks as you like. When the last clone is dropped, its drivers
//! stop. Use [`run`] to control shutdown yourself.
//!
//! # The client
//!
//! [`spawn`]'s own client ([`client_builder`]) speaks HTTP/1.1 by hyper, and https by rustls and
//! aws-lc-rs, with the certificates that the platform trusts and those that you add. It follows no
//! redirect. It tries all addresses of a host: one that is dead costs a moment, not the attempt
//! (RFC 8305). Each request has a connection of its own, since a kept one may be dead after a freeze
//! of the process. A time-out says what it waited for.
//!
//! # Proxies
//!
//! The client **uses no proxy**, whatever `HTTPS_PROXY` and the like say. If the key server can only
//! be reached through one, bring a [`surf::Client`] that has it: [`spawn_with_client`].

mod client;
mod error;
mod run;
mod task;
mod transport;

pub use client::{Certificate, ClientBuilder};
pub use error::Error;
pub use jwks_core;
pub use jwks_core::cache::{Driver, Event, KeyCache, SavedKeys, Source, Status};
pub use jwks_core::keys::Algorithm;
pub use jwks_core::refresh::{Policy, PolicyBuilder, Strategy};
pub use jwks_core::verify::{
    ErrorKind, Issuer, Registered, SettingsError, Verified, Verifier, VerifierSettings,
};
pub use run::run;
pub use surf;

use async_std::task::Builder;

/// Runs `drivers` as tasks of async-std, with one client of their own.
///
/// The client is that of [`client_builder`]; to change it (a private certificate authority) build
/// your own from there and use [`spawn_with_client`].
///
/// # Errors
///
/// The HTTP client cannot be made: the platform trusts no certificate at all.
pub fn spawn(drivers: impl IntoIterator<Item = Driver>) -> Result<(), Error> {
    spawn_with_client(drivers, client_builder().build()?)
}

/// Runs `drivers` as tasks of async-std, on `client`.
///
/// The client must not follow redirects: where surf's middleware does, the request to another
/// place than was asked for is refused. A backend that follows them by itself cannot be seen to
/// do so; turn that off there.
///
/// # Errors
///
/// The system has no thread for async-std to run on.
pub fn spawn_with_client(
    drivers: impl IntoIterator<Item = Driver>,
    client: surf::Client,
) -> Result<(), Error> {
    for driver in drivers {
        // One task each. Dropping the handle detaches it.
        let task = Builder::new().name("jwks".to_owned()).spawn(run([driver], client.clone()));
        drop(task.map_err(Error::task)?);
    }
    Ok(())
}

/// A builder of clients as [`spawn`] makes them: no redirects, no encodings, no proxy. Timeouts
/// and size limits are the policy's, and apply whatever the client's.
pub fn client_builder() -> ClientBuilder {
    ClientBuilder::new()
}

/// The example of the README, compiled with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
