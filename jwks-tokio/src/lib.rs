//! JWK Set cache on tokio and reqwest: the adapter of [`jwks_core`] for that runtime.
//!
//! [`spawn`] runs the drivers of a verifier, or of a key cache, as tasks of the current runtime.
//! Everything that decides when to fetch is in `jwks_core`; here are a loop and one HTTP call.
//!
//! ```no_run
//! use std::time::SystemTime;
//! use jwks_tokio::{Issuer, Registered, Verifier};
//!
//! # async fn example(token: &str) -> Result<(), Box<dyn std::error::Error>> {
//! let issuer = Issuer::new("https://id.example.com")
//!     .jwks_uri("https://id.example.com/keys")
//!     .audience("my-api");
//! let (verifier, drivers) = Verifier::builder(SystemTime::now).issuer(issuer).build()?;
//! jwks_tokio::spawn(drivers)?;
//!
//! let verified = verifier.verify::<Registered>(token).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Clone the verifier into as many tasks as you like. When the last clone is dropped, its drivers
//! stop; when the runtime shuts down, callers who wait get an error at once. Use [`run`] to control
//! shutdown yourself.
//!
//! # The client
//!
//! [`spawn`]'s own client ([`client_builder`]) is reqwest's. It follows no redirect. It tries all
//! addresses of a host: one that is dead costs a moment, not the attempt (RFC 8305). Each request has
//! a connection of its own, since a kept one may be dead after a freeze of the process. A time-out
//! says what it waited for. A [`reqwest::Client`] of your own is used as it is: [`spawn_with_client`].
//!
//! # Proxies
//!
//! By default the client uses the proxy that `HTTPS_PROXY` or `ALL_PROXY` names, in either case,
//! unless `NO_PROXY` excepts the host; without these variables, on macOS and Windows, the proxy of
//! the system's settings. [`ClientBuilder::proxy`] names another one, [`ClientBuilder::no_proxy`]
//! none. What is on this machine (`localhost` and the names below it, 127.0.0.0/8, `::1`) never goes
//! through a proxy. If a request fails that went through one, the error names it by scheme, host and
//! port, never with its password: [`FetchError::proxy`](jwks_core::cache::FetchError::proxy).

mod client;
mod error;
mod run;
mod transport;

pub use client::{Client, ClientBuilder};
pub use error::Error;
pub use jwks_core;
pub use jwks_core::cache::{Driver, Event, KeyCache, SavedKeys, Source, Status};
pub use jwks_core::keys::Algorithm;
pub use jwks_core::refresh::{Policy, PolicyBuilder, Strategy};
pub use jwks_core::verify::{
    ErrorKind, Issuer, Registered, SettingsError, Verified, Verifier, VerifierSettings,
};
pub use reqwest;
#[cfg(any(feature = "native-tls", feature = "rustls"))]
pub use reqwest::Certificate;
pub use run::run;

use tokio::runtime::Handle;

/// Runs `drivers` as tasks of the current runtime, with one client of their own.
///
/// The client is that of [`client_builder`]. To change it (a private certificate authority, a
/// proxy) build your own from there and use [`spawn_with_client`].
///
/// # Errors
///
/// Not inside a tokio runtime, or the HTTP client cannot be made.
pub fn spawn(drivers: impl IntoIterator<Item = Driver>) -> Result<(), Error> {
    spawn_with_client(drivers, client_builder().build()?)
}

/// Runs `drivers` as tasks of the current runtime, on `client`: a [`Client`], or a
/// [`reqwest::Client`], which is used as it is.
///
/// The client must not follow redirects: a response that came from elsewhere than the request
/// went to is refused. The runtime's time driver must be enabled (`enable_all`, as
/// `#[tokio::main]` does).
///
/// # Errors
///
/// Not inside a tokio runtime.
pub fn spawn_with_client(
    drivers: impl IntoIterator<Item = Driver>,
    client: impl Into<Client>,
) -> Result<(), Error> {
    let client = client.into();
    let runtime = Handle::try_current().map_err(Error::runtime)?;
    for driver in drivers {
        drop(runtime.spawn(run([driver], client.clone())));
    }
    Ok(())
}

/// A builder of clients as [`spawn`] makes them: no redirects, no encodings, no kept connections, all
/// addresses of a host, and [the environment's proxies](crate#proxies). Timeouts and size limits are
/// the policy's, and apply whatever the client's.
pub fn client_builder() -> ClientBuilder {
    ClientBuilder::new()
}
