//! smol, with hyper as the HTTP client and rustls under it.

use std::time::{Duration, Instant};

use futures_rustls::TlsConnector;
use futures_rustls::pki_types::ServerName;
use http::header::{HOST, HeaderValue};
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use jwks_core::cache::{Action, Driver, Fetch, FetchError};
use jwks_core::refresh::Time;
use smol::future::FutureExt;
use smol::io::{AsyncRead, AsyncWrite};
use smol::net::TcpStream;
use smol::{Task, Timer};
use smol_hyper::rt::FuturesIo;

/// Starts a task for each driver; it ends when every handle of that cache is gone, or when it is
/// dropped.
pub fn spawn(drivers: impl IntoIterator<Item = Driver>, tls: &TlsConnector) -> Vec<Task<()>> {
    drivers.into_iter().map(|driver| smol::spawn(run(driver, tls.clone()))).collect()
}

/// Runs the driver in this task.
pub async fn run(mut driver: Driver, tls: TlsConnector) {
    let origin = Instant::now();
    let left = |at: Time| at.since_origin().saturating_sub(origin.elapsed());
    let mut running: Option<Task<()>> = None;
    loop {
        match driver.poll(Time::from_origin(origin.elapsed())) {
            Action::Fetch(fetch) => {
                let left = left(fetch.deadline);
                drop(running.replace(smol::spawn(answer(fetch, tls.clone(), left))));
            }
            Action::Stop => return,
            Action::Wait(until) => {
                let timer = until.map_or_else(Timer::never, |at| Timer::after(left(at)));
                driver.woken().or(async move { _ = timer.await }).await;
            }
        }
    }
}

async fn answer(fetch: Fetch, tls: TlsConnector, left: Duration) {
    let late = async {
        Timer::after(left).await;
        Err(FetchError::timeout())
    };
    fetch.reply.send(connect(fetch.request, fetch.max_body, &tls).or(late).await);
}

type Answer = Result<Response<Bytes>, FetchError>;

async fn connect(mut request: Request<()>, max_body: usize, tls: &TlsConnector) -> Answer {
    let uri = std::mem::take(request.uri_mut());
    let (host, secure) = (uri.host().unwrap_or_default(), uri.scheme_str() == Some("https"));
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    request
        .headers_mut()
        .insert(HOST, HeaderValue::from_str(authority).map_err(FetchError::other)?);
    let path = uri.path_and_query().cloned();
    *request.uri_mut() = path.map_or_else(Uri::default, Uri::from);
    let tcp = TcpStream::connect(format!("{host}:{port}")).await.map_err(FetchError::connect)?;
    if !secure {
        return exchange(request, max_body, tcp).await;
    }
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned());
    let tls = tls.connect(name.map_err(FetchError::connect)?, tcp).await;
    exchange(request, max_body, tls.map_err(FetchError::connect)?).await
}

async fn exchange<S>(request: Request<()>, max_body: usize, stream: S) -> Answer
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let stream = http1::handshake(FuturesIo::new(stream)).await;
    let (mut sender, connection) = stream.map_err(FetchError::other)?;
    let _connection = smol::spawn(connection);
    let response = sender.send_request(request.map(|()| Empty::<Bytes>::new())).await;
    let (parts, body) = response.map_err(FetchError::other)?.into_parts();
    match Limited::new(body, max_body).collect().await {
        Ok(body) => Ok(Response::from_parts(parts, body.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Err(FetchError::too_large(max_body)),
        Err(error) => Err(FetchError::body(error)),
    }
}
