//! JWK Set cache on tokio and reqwest: the adapter of [`jwks_core`] for that runtime.
//!
//! [`start`] makes a verifier, or a key cache, and keeps its keys fresh in tasks of the current
//! runtime. `jwks_core` decides when to fetch. This crate adds timers and one HTTP call.
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
//! stops. When the runtime shuts down, waiting callers get an error at once. Use [`serve`] to
//! control shutdown yourself, or where the process is frozen between requests.
//!
//! The [`guide`] helps to choose settings, and to find out what is wrong. The [`recipes`] are pieces of
//! code for common tasks.
//!
//! # The client
//!
//! [`start`] uses a client of [`client_builder`], which is built on reqwest. It follows no
//! redirect. It tries all addresses of a host, so that a dead one costs a moment and not the
//! attempt (RFC 8305). It opens a new connection for each request, because a kept one may be dead
//! after a freeze of the process. A time-out says what it waited for. If you give
//! [`Starter::client`] a [`reqwest::Client`] of your own, it is used as it is.
//!
//! # Proxies
//!
//! By default the client uses the proxy of `HTTPS_PROXY` or `ALL_PROXY`, in upper or lower case,
//! unless `NO_PROXY` excludes the host. If none of these variables is set, it uses the proxy of the
//! system's settings on macOS and Windows. Use [`ClientBuilder::proxy`] for another proxy, and
//! [`ClientBuilder::no_proxy`] for none. Requests to this machine (`localhost` and the names below
//! it, 127.0.0.0/8, `::1`) never use a proxy. If a request through a proxy fails, the error names
//! the proxy by scheme, host and port, never with its password:
//! [`FetchError::proxy`](FetchError::proxy).

mod bearer;
mod client;
mod error;
mod file;
pub mod guide;
#[cfg(any(feature = "native-tls", feature = "rustls"))]
mod kubernetes;
pub mod recipes;
mod run;
mod start;
mod transport;

pub use bearer::bearer_file;
pub use client::{Client, ClientBuilder};
pub use error::StartError;
pub use jwks_core;
pub use jwks_core::adapter::Serve;
#[doc(inline)]
pub use jwks_core::service::*;
#[cfg(any(feature = "native-tls", feature = "rustls"))]
pub use kubernetes::{Kubernetes, kubernetes};
pub use reqwest;
#[cfg(any(feature = "native-tls", feature = "rustls"))]
pub use reqwest::Certificate;
pub use start::{Starter, serve, start};

/// Builds clients like the one that [`start`] uses: no redirects, no encodings, no kept
/// connections, all addresses of a host, and [the environment's proxies](crate#proxies). You need
/// no timeouts and no size limits: those of the policy always apply.
pub fn client_builder() -> ClientBuilder {
    ClientBuilder::new()
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
