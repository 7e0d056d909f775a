//! Threads of the standard library and the blocking client ureq: no async runtime at all.
//!
//! The documentation of [`jwks_core::adapter`] shows and explains this file.
//!
//! ureq must be built without its default feature `gzip`: with it, it decodes answers that nobody
//! asked to be encoded, which the core is to refuse, and nothing in code turns that off.
//!
//! ```toml
//! ureq = { version = "3.5", default-features = false, features = ["platform-verifier", "rustls"] }
//! ```
//!
//! Each fetch has a thread and a [`ureq::Agent`] of its own, made from the caller's settings,
//! because only an agent as a whole can be shut down. That ends an exchange at once; a look-up of
//! a name, or a TCP connect, lives on until the fetch's deadline, and nobody listens to it.
//!
//! ureq takes the environment's proxies, unless its settings say `proxy(None)`. Say so where the
//! issuer is on this machine, which no proxy reaches.
//!
//! Certificates are checked. By default ureq trusts the roots that come with it; to trust those of
//! the system, or a CA of your own and no other:
//!
//! ```no_run
//! use jwks_core::verify::{Verifier, VerifierBuilder};
//! use ureq::{Agent, tls::{Certificate, RootCerts, TlsConfig}};
//!
//! # fn start(builder: VerifierBuilder, system: bool)
//! # -> Result<Verifier, Box<dyn std::error::Error>> {
//! let roots = if system {
//!     RootCerts::PlatformVerifier
//! } else {
//!     RootCerts::from(vec![Certificate::from_pem(&std::fs::read("ca.pem")?)?])
//! };
//! let tls = TlsConfig::builder().root_certs(roots).build();
//! let config = Agent::config_builder().tls_config(tls).build();
//! let verifier = jwks_tests::adapters::thread::start(builder, config)?;
//! # Ok(verifier)
//! # }
//! ```
//!
//! Without more, ureq takes rustls's crypto provider of the process, or else ring; it names one
//! itself, so that no thread panics for the lack of it.

use std::time::{Duration, Instant, SystemTime};
use std::{io, mem, pin::pin, sync::Arc, task, thread};

use http::{Request, Response};
use jwks_core::adapter::{Action, BuildError, Driver, Env, FetchError, Start, Time};
use ureq::{Agent, Error, config::Config};

/// Starts what the builder describes: a thread for each driver, and one that waits for drivers. They
/// end when every handle is gone, and nothing else ends them.
///
/// # Panics
///
/// When the system has no thread to give.
pub fn start<B: Start>(builder: B, config: Config) -> Result<B::Handle, BuildError> {
    let (handle, mut drivers) = builder.build(Env::new(SystemTime::now))?;
    thread::spawn(move || {
        let waker = task::Waker::from(Arc::new(Unpark(thread::current())));
        loop {
            match drivers.poll_next(&task::Context::from_waker(&waker)) {
                task::Poll::Ready(Some(driver)) => {
                    let config = config.clone();
                    thread::spawn(move || run(driver, &config));
                }
                task::Poll::Ready(None) => return,
                task::Poll::Pending => thread::park(),
            }
        }
    });
    Ok(handle)
}

/// Runs the driver on this thread, until every handle of its cache is gone.
pub fn run(mut driver: Driver, config: &Config) {
    let origin = Instant::now();
    let waker = task::Waker::from(Arc::new(Unpark(thread::current())));
    let mut running = Agent::new_with_config(config.clone());
    loop {
        let now = Time::from_origin(origin.elapsed());
        match driver.poll(now) {
            Action::Fetch(fetch) => {
                // Ends the fetch before it, if that still runs: an agent is shut down as a whole.
                let agent = Agent::new_with_config(config.clone());
                mem::replace(&mut running, agent.clone()).shutdown();
                let left = fetch.deadline.saturating_since(now);
                // Without a thread the reply is dropped, and the driver tries again later.
                _ = thread::Builder::new().spawn(move || {
                    let (mut request, headers) = (fetch.request, fetch.headers);
                    let answer = pollster::block_on(headers.add_to(&mut request))
                        .and_then(|()| exchange(&agent, request, left, fetch.max_body));
                    fetch.reply.send(answer);
                });
            }
            Action::Stop => return running.shutdown(),
            Action::Wait(until) => {
                // Pending: from now on the waker unparks this thread, and it has not done so yet.
                let mut context = task::Context::from_waker(&waker);
                if pin!(driver.woken()).poll(&mut context).is_pending() {
                    thread::park_timeout(until.unwrap_or(Time::MAX).saturating_since(now));
                }
            }
        }
    }
}

struct Unpark(thread::Thread);

impl task::Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

type Answer = Result<Response<Vec<u8>>, FetchError>;

fn exchange(agent: &Agent, request: Request<()>, left: Duration, max_body: usize) -> Answer {
    // ureq adds this to an instant, which must not overflow.
    let left = left.min(Duration::from_secs(86_400));
    let request = agent.configure_request(request).http_status_as_error(false).max_redirects(0);
    let response = agent.run(request.timeout_global(Some(left)).build());
    let (parts, mut body) = response.map_err(|error| failed(error, None))?.into_parts();
    let body = body.with_config().limit(max_body as u64).read_to_vec();
    Ok(Response::from_parts(parts, body.map_err(|error| failed(error, Some(max_body)))?))
}

/// `reading`: the limit of the body, if it was being read.
fn failed(error: Error, reading: Option<usize>) -> FetchError {
    // How an exchange breaks off after its connection was made.
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    const BROKEN: [io::ErrorKind; 4] =
        [BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof];
    match (error, reading) {
        (Error::Timeout(_), _) => FetchError::timeout(),
        (Error::BodyExceedsLimit(_), Some(max_body)) => FetchError::too_large(max_body),
        (error, Some(_)) => FetchError::body(error),
        // Their texts hold the URL.
        (Error::BadUri(_) | Error::RequireHttpsOnly(_), None) => FetchError::other("URL refused"),
        (Error::Io(error), None) if !BROKEN.contains(&error.kind()) => FetchError::connect(error),
        (error @ (Error::HostNotFound | Error::Rustls(_)), None) => FetchError::connect(error),
        (error, None) => FetchError::other(error),
    }
}
