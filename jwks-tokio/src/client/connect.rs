//! From a request to its answer, over the first address that lets us connect.
//!
//! reqwest tries the addresses of a host one after another, without a time limit for each, so a
//! dead one takes the whole attempt. Its connector cannot be replaced from outside. But a request
//! without a connection has not been sent. So the request is begun once for each address, in turns.
//! All but the first one to connect are dropped before they are sent.

use std::error::Error;
use std::fmt;
use std::future::{poll_fn, ready};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use http::Uri;
use jwks_core::adapter::{Addresses, Progress, reach};
use jwks_core::cache::{FetchError, Phase};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Request, Response, Url};
use tokio::time::{Instant, sleep};

use super::Own;
use super::names::Names;

impl Own {
    pub(super) async fn execute(
        &self,
        http: &Client,
        request: Request,
        allowed: Addresses,
        progress: &Progress,
        until: Option<Instant>,
    ) -> Result<Response, FetchError> {
        let url = request.url();
        let proxy = self.proxies.of(url);
        if let Some(proxy) = proxy.as_ref().and_then(|proxy| proxy.as_str().parse::<Uri>().ok()) {
            progress.through_proxy(&proxy);
        }
        let secure = url.scheme() == "https";
        let place = proxy.as_ref().unwrap_or(url);
        let addresses = if proxy.is_some() {
            // It looks the name up itself. What stands in the URL can be judged here.
            allowed.check(literal(url).into_iter().collect()).map_err(FetchError::connect)?;
            self.addresses(place, progress).await?
        } else {
            let found = self.addresses(place, progress).await?;
            allowed.check(found).map_err(FetchError::connect)?
        };
        let host: Arc<str> = place.host_str().unwrap_or_default().into();
        progress.reached(if secure { Phase::ConnectOrTls } else { Phase::Connect });
        let begin = |address| {
            let host = Arc::clone(&host);
            begin(http.clone(), copy_of(&request), Place { address, host }, progress.clone())
        };
        let left =
            until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()));
        let exchange = reach(addresses, left, begin, sleep).await.map_err(FetchError::connect)?;
        exchange.await.map_err(failed)
    }

    /// The addresses to connect to: those of the URL's host, or of the proxy's.
    async fn addresses(
        &self,
        place: &Url,
        progress: &Progress,
    ) -> Result<Vec<SocketAddr>, FetchError> {
        let host = place.host_str().ok_or_else(|| FetchError::other("a URL without host"))?;
        let port = place.port_or_known_default().unwrap_or_default();
        if let Some(address) = literal(place) {
            return Ok(vec![address]);
        }
        progress.reached(Phase::Name);
        let with_port = |mut address: SocketAddr| {
            if place.port().is_some() || address.port() == 0 {
                address.set_port(port);
            }
            address
        };
        let found = self.names.look_up(host).await.map_err(FetchError::connect)?;
        Ok(found.into_iter().map(with_port).collect())
    }
}

/// The address that stands in a URL in place of a name. (reqwest has read `0x7f.1` as one, too.)
fn literal(url: &Url) -> Option<SocketAddr> {
    let ip = url.host_str()?.trim_matches(['[', ']']).parse::<IpAddr>().ok()?;
    Some(SocketAddr::new(ip, url.port_or_known_default().unwrap_or_default()))
}

/// A request that is under way, over a connection of its own.
type Exchange = Pin<Box<dyn Future<Output = reqwest::Result<Response>> + Send>>;

/// Completes when there is a connection to `place`, and leaves the rest to be awaited.
async fn begin(
    http: Client,
    request: Request,
    place: Place,
    progress: Progress,
) -> Result<Exchange, Cause> {
    let is_connected = Arc::new(AtomicBool::new(false));
    let attempt = Try { place, is_connected: Arc::clone(&is_connected), progress };
    let mut exchange: Exchange =
        Box::pin(TRY.scope(attempt, async move { http.execute(request).await }));
    // Relaxed: only this task reads and writes it.
    let is_connected = || is_connected.load(Ordering::Relaxed);
    let ended = poll_fn(|cx| match exchange.as_mut().poll(cx) {
        Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
        Poll::Pending if is_connected() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    });
    match ended.await {
        None => Ok(exchange),
        Some(Err(error)) if error.is_connect() && !is_connected() => Err(Cause::new(error)),
        Some(outcome) => Ok(Box::pin(ready(outcome))),
    }
}

/// A fetch has no body.
fn copy_of(request: &Request) -> Request {
    let mut copy = Request::new(request.method().clone(), request.url().clone());
    copy.headers_mut().clone_from(request.headers());
    copy
}

tokio::task_local! {
    /// What the request that is being polled is to connect to.
    static TRY: Try;
}

/// One address of a host.
#[derive(Debug)]
struct Place {
    address: SocketAddr,
    host: Arc<str>,
}

#[derive(Debug)]
struct Try {
    place: Place,
    is_connected: Arc<AtomicBool>,
    progress: Progress,
}

/// Called by reqwest for each connection that is made.
pub(super) fn connected<C>(connection: C) -> C {
    // Outside of a fetch there is nothing to note.
    _ = TRY.try_with(|it| {
        it.progress.reached(Phase::Answer);
        it.is_connected.store(true, Ordering::Relaxed);
    });
    connection
}

/// The resolver that reqwest is given: the host's name has been looked up already. (A SOCKS proxy may
/// want another one: that of the key server.)
#[derive(Debug)]
pub(super) struct ChosenAddress(pub(super) Names);

impl Resolve for ChosenAddress {
    fn resolve(&self, name: Name) -> Resolving {
        let is_host = |it: &Place| it.host.eq_ignore_ascii_case(name.as_str());
        let chosen = TRY.try_with(|it| is_host(&it.place).then_some(it.place.address));
        let names = self.0.clone();
        Box::pin(async move {
            let addresses = match chosen {
                Ok(Some(address)) => vec![address],
                Ok(None) | Err(_) => names.look_up(name.as_str()).await?,
            };
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Why there was no answer, after a connection was made, or where that is not known.
pub(super) fn failed(error: reqwest::Error) -> FetchError {
    if error.is_timeout() {
        FetchError::timeout()
    } else if error.is_connect() {
        FetchError::connect(Cause::new(error))
    } else {
        // Connected, and then no answer that is HTTP.
        FetchError::other(Cause::new(error))
    }
}

/// An error of reqwest, shown by its innermost cause. The outer ones are steps of the client.
#[derive(Debug)]
pub(super) struct Cause(reqwest::Error);

impl Cause {
    /// Leaves the URL out, whose query may hold a secret.
    pub(super) fn new(error: reqwest::Error) -> Self {
        Self(error.without_url())
    }
}

impl Error for Cause {}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut innermost: &dyn Error = &self.0;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        fmt::Display::fmt(innermost, f)
    }
}
