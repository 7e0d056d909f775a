//! An adapter with one fault: threads and ureq, as [`jwks_tests::adapters::thread`], written so that
//! one line of it can be wrong.

use std::any::Any;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{io, mem, task, thread};

use http::{HeaderName, Request, Response, header};
use jwks_conformance::{Adapter, Roots};
use jwks_core::adapter::{Action, Driver, Drivers, Fetch, FetchError, Time};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, config::Config};

/// What an author gets wrong. Not a clock that stands still: the core reads the wall clock beside it,
/// and no scenario can tell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// The exchange runs in the loop, which stands still meanwhile.
    Blocks,
    /// A connection that breaks off is told as one that was never made.
    CallsBrokenUnreachable,
    /// An encoded body is passed on as if it were not.
    DropsContentEncoding,
    /// The headers of the answer that say how long it is good for.
    DropsCacheControl,
    /// A failed exchange is not told at all.
    DropsFailures,
    /// The validator of the answer.
    DropsEtag,
    /// The pause that the issuer asks for.
    DropsRetryAfter,
    /// Redirects are followed.
    FollowsRedirects,
    /// The loop does not end with `Stop`.
    IgnoresStop,
    /// The loop sleeps until it is woken, whatever the time.
    IgnoresTime,
    /// A connection is used again.
    KeepsConnections,
    /// The loop comes a minute after the time it was told.
    Late,
    /// A fetch that was given up runs on.
    LeavesFetches,
    /// The reply is kept for ever where an exchange fails.
    NeverReplies,
    /// The loop sleeps until the time it was told, whoever wakes it.
    NeverWakes,
    /// Only the drivers that are there at the beginning are run.
    NoLaterDrivers,
    /// The body is read to its end, whatever its length.
    NoLimit,
    /// An exchange has no time of its own.
    NoTimeout,
    /// Every status but success is a failure of the transport.
    OnlySuccess,
    /// The request's headers are not sent.
    OwnHeaders,
    /// A failed request is sent again.
    Retries,
    /// The URL is part of the error's text.
    TellsUrl,
    /// Each certificate is good.
    TrustsAll,
    /// What is beyond the limit is cut off, and the rest passed on.
    Truncates,
    /// The request is sent twice.
    Twice,
}

/// The adapter with this fault.
#[derive(Debug)]
pub(crate) struct Planted(pub(crate) Fault);

impl Adapter for Planted {
    fn name(&self) -> &str {
        "planted"
    }

    fn start(&self, drivers: Drivers, roots: &Roots) -> Box<dyn Any + Send> {
        let roots = roots.iter().map(|der| Certificate::from_der(der).to_owned());
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::from(roots.collect::<Vec<_>>()))
            .disable_verification(self.0 == Fault::TrustsAll);
        let config = Agent::config_builder().tls_config(tls.build()).proxy(None).build();
        let fault = self.0;
        thread::spawn(move || serve(drivers, config, fault));
        Box::new(())
    }

    fn tells_phases(&self) -> bool {
        false
    }

    fn stops_when_dropped(&self) -> bool {
        false
    }
}

fn serve(mut drivers: Drivers, config: Config, fault: Fault) {
    let waker = task::Waker::from(Arc::new(Unpark(thread::current())));
    let mut some = false;
    loop {
        match drivers.poll_next(&task::Context::from_waker(&waker)) {
            task::Poll::Ready(Some(driver)) => {
                some = true;
                let config = config.clone();
                thread::spawn(move || run(driver, &config, fault));
            }
            task::Poll::Ready(None) => return,
            task::Poll::Pending if some && fault == Fault::NoLaterDrivers => {
                thread::sleep(FOREVER);
            }
            task::Poll::Pending => thread::park(),
        }
    }
}

fn run(mut driver: Driver, config: &Config, fault: Fault) {
    let origin = Instant::now();
    let waker = task::Waker::from(Arc::new(Unpark(thread::current())));
    let fresh = || Agent::new_with_config(config.clone());
    let (kept, mut running) = (fresh(), fresh());
    loop {
        let now = Time::from_origin(origin.elapsed());
        match driver.poll(now) {
            Action::Fetch(fetch) => {
                let agent = if fault == Fault::KeepsConnections { kept.clone() } else { fresh() };
                let before = mem::replace(&mut running, agent.clone());
                if !matches!(fault, Fault::LeavesFetches | Fault::KeepsConnections) {
                    before.shutdown();
                }
                let left = fetch.deadline.saturating_since(now);
                if fault == Fault::Blocks {
                    answer(&agent, fetch, left, fault);
                } else {
                    thread::spawn(move || answer(&agent, fetch, left, fault));
                }
            }
            Action::Stop if fault == Fault::IgnoresStop => thread::sleep(FOREVER),
            Action::Stop => return running.shutdown(),
            Action::Wait(until) => {
                let span = until.unwrap_or(Time::MAX).saturating_since(now);
                let span = match fault {
                    Fault::IgnoresTime => FOREVER,
                    Fault::Late => span.saturating_add(Duration::from_secs(60)),
                    _ => span,
                };
                if fault == Fault::NeverWakes {
                    thread::sleep(span.min(FOREVER));
                    continue;
                }
                let mut context = task::Context::from_waker(&waker);
                if pin!(driver.woken()).poll(&mut context).is_pending() {
                    thread::park_timeout(span.min(FOREVER));
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

fn answer(agent: &Agent, fetch: Fetch, left: Duration, fault: Fault) {
    let mut answer = exchange(agent, &fetch.request, left, fetch.max_body, fault);
    if fault == Fault::Twice || fault == Fault::Retries && answer.is_err() {
        answer = exchange(agent, &fetch.request, left, fetch.max_body, fault);
    }
    if let Ok(response) = &mut answer {
        let dropped: &[HeaderName] = match fault {
            Fault::DropsCacheControl => &[header::CACHE_CONTROL, header::EXPIRES],
            Fault::DropsContentEncoding => &[header::CONTENT_ENCODING],
            Fault::DropsEtag => &[header::ETAG, header::LAST_MODIFIED],
            Fault::DropsRetryAfter => &[header::RETRY_AFTER],
            _ => &[],
        };
        dropped.iter().for_each(|name| drop(response.headers_mut().remove(name)));
    }
    match (fault, &answer) {
        (Fault::DropsFailures, Err(_)) => {}
        (Fault::NeverReplies, Err(_)) => mem::forget(fetch.reply),
        _ => fetch.reply.send(answer),
    }
}

fn exchange(
    agent: &Agent,
    request: &Request<()>,
    left: Duration,
    max_body: usize,
    fault: Fault,
) -> Answer {
    let url = request.uri().to_string();
    let failed = |error, reading| match fault {
        Fault::TellsUrl => FetchError::other(format!("GET {url}")),
        _ => failed(error, reading, fault),
    };
    let mut request = request.clone();
    if fault == Fault::OwnHeaders {
        request.headers_mut().clear();
    }
    let left = if fault == Fault::NoTimeout { FOREVER } else { left.min(FOREVER) };
    let redirects = if fault == Fault::FollowsRedirects { 5 } else { 0 };
    let request = agent
        .configure_request(request)
        .http_status_as_error(fault == Fault::OnlySuccess)
        .max_redirects(redirects)
        .timeout_global(Some(left));
    let response = agent.run(request.build());
    let (parts, mut body) = response.map_err(|error| failed(error, None))?.into_parts();
    let limit = match fault {
        Fault::NoLimit | Fault::Truncates => u64::MAX,
        _ => max_body as u64,
    };
    let body = body.with_config().limit(limit).read_to_vec();
    let mut body = body.map_err(|error| failed(error, Some(max_body)))?;
    if fault == Fault::Truncates {
        body.truncate(max_body);
    }
    Ok(Response::from_parts(parts, body))
}

fn failed(error: ureq::Error, reading: Option<usize>, fault: Fault) -> FetchError {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    use ureq::Error;
    const BROKEN: [io::ErrorKind; 4] =
        [BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof];
    match (error, reading) {
        (Error::Timeout(_), _) => FetchError::timeout(),
        (Error::BodyExceedsLimit(_), Some(max_body)) => FetchError::too_large(max_body),
        (error, _) if fault == Fault::CallsBrokenUnreachable => FetchError::connect(error),
        (error, Some(_)) => FetchError::body(error),
        (Error::BadUri(_) | Error::RequireHttpsOnly(_), None) => FetchError::other("URL refused"),
        (Error::Io(error), None) if !BROKEN.contains(&error.kind()) => FetchError::connect(error),
        (error @ (Error::HostNotFound | Error::Rustls(_)), None) => FetchError::connect(error),
        (error, None) => FetchError::other(error),
    }
}

/// Far longer than a scenario.
const FOREVER: Duration = Duration::from_secs(3600);
