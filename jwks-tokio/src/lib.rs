//! JWK Set cache on tokio and reqwest: the adapter of [`jwks_core`] for that runtime.
//!
//! [`start`] makes a verifier, or a key cache, and keeps its keys fresh in tasks of the current
//! runtime. Everything that decides when to fetch is in `jwks_core`; here are timers and one HTTP
//! call.
//!
//! ```no_run
//! use jwks_tokio::{Issuer, Registered, Verifier};
//!
//! # async fn example(token: &str) -> Result<(), Box<dyn std::error::Error>> {
//! let issuer = Issuer::new("https://id.example.com")
//!     .jwks_uri("https://id.example.com/keys")
//!     .audience("my-api");
//! let verifier = jwks_tokio::start(Verifier::builder().issuer(issuer))?;
//!
//! let verified = verifier.verify::<Registered>(token).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Clone the verifier into as many tasks as you like. When the last clone is dropped, the refresh
//! stops; when the runtime shuts down, callers who wait get an error at once. Use [`serve`] to
//! control shutdown yourself, or where the process is frozen between requests.
//!
//! # The client
//!
//! The client that [`start`] makes ([`client_builder`]) is reqwest's. It follows no redirect. It tries all
//! addresses of a host: one that is dead costs a moment, not the attempt (RFC 8305). Each request has
//! a connection of its own, since a kept one may be dead after a freeze of the process. A time-out
//! says what it waited for. A [`reqwest::Client`] of your own is used as it is:
//! [`Starter::client`].
//!
//! # Proxies
//!
//! By default the client uses the proxy that `HTTPS_PROXY` or `ALL_PROXY` names, in either case,
//! unless `NO_PROXY` excepts the host; without these variables, on macOS and Windows, the proxy of
//! the system's settings. [`ClientBuilder::proxy`] names another one, [`ClientBuilder::no_proxy`]
//! none. What is on this machine (`localhost` and the names below it, 127.0.0.0/8, `::1`) never goes
//! through a proxy. If a request fails that went through one, the error names it by scheme, host and
//! port, never with its password: [`FetchError::proxy`](FetchError::proxy).

mod client;
mod error;
pub mod recipes;
mod run;
mod start;
mod transport;

pub use client::{Client, ClientBuilder};
pub use error::StartError;
pub use jwks_core;
pub use jwks_core::adapter::Serve;
#[doc(inline)]
pub use jwks_core::service::*;
pub use reqwest;
#[cfg(any(feature = "native-tls", feature = "rustls"))]
pub use reqwest::Certificate;
pub use start::{Starter, serve, start};

/// A builder of clients as [`start`] makes them: no redirects, no encodings, no kept connections, all
/// addresses of a host, and [the environment's proxies](crate#proxies). Timeouts and size limits are
/// the policy's, and apply whatever the client's.
pub fn client_builder() -> ClientBuilder {
    ClientBuilder::new()
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
