//! Starts a builder, and keeps the keys of its handle fresh.

use std::time::SystemTime;

use jwks_core::adapter::{Env, Serve, Start};

use crate::run::{run, spawn};
use crate::{Client, StartError, client_builder};

/// Starts a verifier, a key cache or a Cognito verifier, and keeps its keys fresh in tasks of
/// async-std, until the last clone of the handle is gone.
///
/// To change the HTTP client, use [`Starter`].
///
/// ```no_run
/// use jwks_async_std::{KeyCache, Source};
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let keys = jwks_async_std::start(KeyCache::builder(Source::discover("https://id.example.com")?))?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Like [`Starter::start`].
pub fn start<B: Start>(builder: B) -> Result<B::Handle, StartError> {
    Starter::new().start(builder)
}

/// Makes a verifier, a key cache or a Cognito verifier, and the future that keeps its keys fresh
/// while you drive it: see [`Serve`].
///
/// # Errors
///
/// Like [`Starter::serve`].
pub fn serve<B: Start>(builder: B) -> Result<(B::Handle, Serve), StartError> {
    Starter::new().serve(builder)
}

/// Starts verifiers and key caches with a client of your choice. You can start several with one
/// starter: they share the client.
///
/// ```no_run
/// use jwks_async_std::{Certificate, Issuer, Starter, Verifier, client_builder};
///
/// # fn example(pem: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
/// let client = client_builder().add_root_certificate(Certificate::from_pem(pem)?).build()?;
/// let issuer = Issuer::new("https://id.example.com").discover().audience("my-api");
/// let verifier = Starter::new().client(client).start(Verifier::builder().issuer(issuer))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a starter starts nothing by itself"]
pub struct Starter {
    client: Option<Client>,
}

impl Starter {
    /// Uses a client of [`client_builder`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Fetches with this client: one of [`client_builder`], or a [`surf::Client`].
    ///
    /// It must not follow redirects. If surf's redirect middleware sends the request to another
    /// place, it is refused. If a backend follows redirects by itself, this crate cannot notice:
    /// turn that off in the backend.
    pub fn client(mut self, client: impl Into<Client>) -> Self {
        self.client = Some(client.into());
        self
    }

    /// Starts what the builder describes, and keeps its keys fresh in tasks of async-std, until the
    /// last clone of the handle is gone. The first fetch begins within this call, unless background
    /// refresh is off.
    ///
    /// # Errors
    ///
    /// Fails if the HTTP client cannot be built (the platform trusts no certificate at all), if the
    /// builder's settings cannot work, or if the system has no thread for async-std. The client is
    /// checked first: without one, nothing is built, fetched or observed.
    pub fn start<B: Start>(&self, builder: B) -> Result<B::Handle, StartError> {
        let client = self.made_client()?;
        let (handle, mut drivers) = builder.build(env())?;
        for driver in drivers.take_ready() {
            spawn(run(driver, client.clone())).map_err(StartError::task)?;
        }
        if !drivers.is_ended() {
            let later = async move {
                while let Some(driver) = drivers.next().await {
                    // Without a task the driver is dropped, which tells its callers.
                    drop(spawn(run(driver, client.clone())));
                }
            };
            spawn(later).map_err(StartError::task)?;
        }
        Ok(handle)
    }

    /// Makes what the builder describes, and the future that keeps its keys fresh while you drive
    /// it: see [`Serve`].
    ///
    /// ```no_run
    /// use futures_util::future::{Either, select};
    /// use jwks_async_std::{Issuer, Verifier};
    ///
    /// # async fn example(shutdown: impl Future<Output = ()> + Unpin)
    /// # -> Result<(), Box<dyn std::error::Error>> {
    /// let issuer = Issuer::new("https://id.example.com").discover().audience("my-api");
    /// let (verifier, keys) = jwks_async_std::serve(Verifier::builder().issuer(issuer))?;
    /// if let Either::Left(_) = select(shutdown, keys).await {
    ///     println!("asked to stop");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Fails if the HTTP client cannot be built, which is checked first, or if the builder's
    /// settings cannot work.
    pub fn serve<B: Start>(&self, builder: B) -> Result<(B::Handle, Serve), StartError> {
        let client = self.made_client()?;
        let (handle, drivers) = builder.build(env())?;
        Ok((handle, Serve::new(drivers, move |driver| run(driver, client.clone()))))
    }

    fn made_client(&self) -> Result<Client, StartError> {
        self.client.clone().map_or_else(|| client_builder().build(), Ok)
    }
}

fn env() -> Env {
    Env::new(SystemTime::now).adapter(env!("CARGO_PKG_NAME")).reads_files().checks_addresses()
}
