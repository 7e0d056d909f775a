//! Starts a builder, and keeps the keys of its handle fresh.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, SystemTime};

use jwks_core::adapter::{Env, Exchange, Serve, Start};
use tokio::runtime::Handle;
use tokio::time::sleep;

use crate::run::{run, spawn};
use crate::transport::{Answer, Transport};
use crate::{Client, StartError, client_builder};

/// Starts a verifier, a key cache or a Cognito verifier, and keeps its keys fresh in tasks of the
/// current runtime, until the last clone of the handle is gone.
///
/// It uses the defaults of [`Starter`]. Use a [`Starter`] to change the HTTP client or the runtime.
///
/// ```no_run
/// use jwks_tokio::{KeyCache, Source};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let keys = jwks_tokio::start(KeyCache::builder(Source::discover("https://id.example.com")?))?;
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

/// Starts verifiers and key caches with a client or a runtime of your choice. You can start several
/// with one starter: they share the client.
///
/// ```no_run
/// use jwks_tokio::{Issuer, Starter, Verifier};
///
/// # async fn example(ca: jwks_tokio::Certificate) -> Result<(), Box<dyn std::error::Error>> {
/// let client = jwks_tokio::client_builder().add_root_certificate(ca).build()?;
/// let issuer = Issuer::new("https://id.example.com").discover().audience("my-api");
/// let verifier = Starter::new().client(client).start(Verifier::builder().issuer(issuer))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a starter starts nothing by itself"]
pub struct Starter {
    runtime: Option<Handle>,
    transport: Option<Transport>,
    of_origins: Vec<(String, Client)>,
}

impl Starter {
    /// Uses the current runtime, and a client of [`client_builder`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Fetches with this client: a [`Client`], or a [`reqwest::Client`], which is used as it is.
    ///
    /// A client of reqwest's must not follow redirects: a response from another place than the
    /// request went to is refused.
    pub fn client(mut self, client: impl Into<Client>) -> Self {
        self.transport = Some(Transport::of(client.into()));
        self
    }

    /// Fetches with this client from this origin, written `https://10.0.0.1:443`, and with the other
    /// one from everywhere else: for an issuer with a certificate authority of its own, whose word
    /// must not count for others.
    pub fn client_for(mut self, origin: impl Into<String>, client: impl Into<Client>) -> Self {
        self.of_origins.push((origin.into(), client.into()));
        self
    }

    /// Makes each HTTP exchange with this function, instead of a [`client`](Self::client). Use it
    /// to look for the answer elsewhere first, such as in a cache that several instances share.
    /// Call [`Client::exchange`] in it to make the request.
    ///
    /// The function gets the request and its time limit, and returns a whole HTTP response, with
    /// its `Age`. The response is checked like any other. The function's future is dropped at the
    /// limit.
    pub fn exchange<F>(mut self, exchange: impl Fn(Exchange) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        self.transport = Some(Transport::by(exchange));
        self
    }

    /// Runs the tasks on this runtime. Default: the current runtime when you call `start`.
    pub fn runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// Starts what the builder describes, and keeps its keys fresh in tasks of the runtime, until
    /// the last clone of the handle is gone. The first fetch begins within this call, unless
    /// background refresh is off.
    ///
    /// When the runtime shuts down, the refresh ends with it. Waiting callers get an error at once.
    /// Later callers get one as soon as the trust in the held keys has ended.
    ///
    /// # Errors
    ///
    /// Fails if there is no runtime, if it has no timers (`enable_all`, as `#[tokio::main]` does),
    /// if the HTTP client cannot be built, or if the builder's settings cannot work. The runtime
    /// and the client are checked first: without them, nothing is built, fetched or observed.
    /// Without timers, tokio prints the message of a panic, which is caught.
    pub fn start<B: Start>(&self, builder: B) -> Result<B::Handle, StartError> {
        let runtime = self.runtime.clone().map_or_else(Handle::try_current, Ok);
        let runtime = runtime.map_err(StartError::runtime)?;
        let _context = runtime.enter();
        if catch_unwind(AssertUnwindSafe(|| drop(sleep(Duration::ZERO)))).is_err() {
            return Err(StartError::timers());
        }
        let transport = self.transport()?;
        let (handle, mut drivers) = builder.build(env())?;
        for driver in drivers.take_ready() {
            spawn(&runtime, run(driver, transport.clone()));
        }
        if !drivers.is_ended() {
            drop(runtime.spawn(async move {
                while let Some(driver) = drivers.next().await {
                    spawn(&Handle::current(), run(driver, transport.clone()));
                }
            }));
        }
        Ok(handle)
    }

    /// Makes what the builder describes, and the future that keeps its keys fresh while you drive
    /// it, within a tokio runtime with timers: see [`Serve`]. [`runtime`](Self::runtime) has no
    /// effect here.
    ///
    /// ```no_run
    /// use jwks_tokio::{Issuer, Verifier};
    ///
    /// # async fn example(shutdown: impl Future<Output = ()>) -> Result<(), Box<dyn std::error::Error>> {
    /// let issuer = Issuer::new("https://id.example.com").discover().audience("my-api");
    /// let (verifier, keys) = jwks_tokio::serve(Verifier::builder().issuer(issuer))?;
    /// tokio::select! {
    ///     () = keys => {}
    ///     () = shutdown => println!("asked to stop"),
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
        let transport = self.transport()?;
        let (handle, drivers) = builder.build(env())?;
        Ok((handle, Serve::new(drivers, move |driver| run(driver, transport.clone()))))
    }

    fn transport(&self) -> Result<Transport, StartError> {
        let mut transport = match &self.transport {
            Some(transport) => transport.clone(),
            None => client_builder().build().map(Transport::of)?,
        };
        for (origin, client) in &self.of_origins {
            transport = transport.but_for(origin, client).ok_or(StartError::origin())?;
        }
        Ok(transport)
    }
}

fn env() -> Env {
    Env::new(SystemTime::now).adapter(env!("CARGO_PKG_NAME")).reads_files().checks_addresses()
}
