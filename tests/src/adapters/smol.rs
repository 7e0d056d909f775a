//! smol, with hyper as the HTTP client and rustls under it.
//!
//! The loop is [`drive`]; what is left is smol's clock, and one HTTP exchange, which is dropped when
//! its time is over. Each exchange makes a connection of its own, and tries all addresses of a host.
//!
//! One thing is left out for the sake of length: an issuer that sends interim answers (1xx) without
//! end holds a thread of the executor, past the deadline, and smol has only one unless
//! `SMOL_THREADS` says otherwise. Where issuers are not trusted so far, put a stream between that
//! gives way, as `jwks-async-std/src/client/yielding.rs` does.
//!
//! It uses no proxy.
//!
//! Certificates are checked as the caller's [`TlsConnector`] says; there is no way around it. To
//! trust the roots of the system (with the crate rustls-platform-verifier), or a CA of your own
//! and no other:
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use futures_rustls::pki_types::{CertificateDer, pem::PemObject};
//! use futures_rustls::rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
//! use jwks_core::verify::{Verifier, VerifierBuilder};
//! use rustls_platform_verifier::BuilderVerifierExt;
//!
//! # async fn start(builder: VerifierBuilder, system: bool)
//! # -> Result<Verifier, Box<dyn std::error::Error>> {
//! let provider = Arc::new(aws_lc_rs::default_provider());
//! let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
//! let tls = if system {
//!     tls.with_platform_verifier()?
//! } else {
//!     let mut roots = RootCertStore::empty();
//!     roots.add(CertificateDer::from_pem_file("ca.pem")?)?;
//!     tls.with_root_certificates(roots)
//! };
//! let tls = Arc::new(tls.with_no_client_auth());
//! let (verifier, task) = jwks_tests::adapters::smol::start(builder, tls.into())?;
//! task.detach();
//! # Ok(verifier)
//! # }
//! ```

use std::{mem, time::Duration, time::Instant, time::SystemTime};

use futures_rustls::{TlsConnector, pki_types::ServerName};
use http::{Response, Uri, header};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::{body::Bytes, client::conn::http1};
use jwks_core::adapter::{
    BuildError, Driver, Env, Exchange, FetchError, Phase, Start, Time, begin, drive, reach, sorted,
    together,
};
use smol::{Task, Timer, io::AsyncRead, io::AsyncWrite, net::TcpStream};
use smol_hyper::rt::FuturesIo;

/// Starts what the builder describes, in one task. It ends when every handle is gone; dropping it
/// ends drivers and exchanges at once, `detach` leaves it to itself.
pub fn start<B: Start>(builder: B, tls: TlsConnector) -> Result<(B::Handle, Task<()>), BuildError> {
    let (handle, drivers) = builder.build(Env::new(SystemTime::now))?;
    let begun = begin(together(drivers, move |driver| run(driver, tls.clone())));
    Ok((handle, begun.map_or_else(|| smol::spawn(async {}), smol::spawn)))
}

/// Runs the driver in this task. Dropping the future stops it, and ends the exchange that runs.
pub async fn run(driver: Driver, tls: TlsConnector) {
    let origin = Instant::now();
    let now = || Time::from_origin(origin.elapsed());
    drive(driver, now, sleep, |asked| exchange(asked, &tls)).await;
}

type Answer = Result<Response<Bytes>, FetchError>;

async fn sleep(span: Duration) {
    Timer::after(span).await;
}

async fn exchange(exchange: Exchange, tls: &TlsConnector) -> Answer {
    let Exchange { mut request, left, max_body, progress, .. } = exchange;
    let uri = mem::take(request.uri_mut());
    let secure = uri.scheme_str() != Some("http");
    let authority = uri.authority().ok_or_else(|| FetchError::other("a URL without host"))?;
    let port = authority.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let value = authority.as_str().parse().map_err(FetchError::other)?;
    request.headers_mut().insert(header::HOST, value);
    *request.uri_mut() = uri.path_and_query().cloned().map_or_else(Uri::default, Uri::from);
    progress.reached(Phase::Name);
    let addresses = smol::net::resolve(format!("{}:{port}", authority.host())).await;
    let addresses = addresses.map_err(|error| sorted(error, Phase::Name))?;
    progress.reached(Phase::Connect);
    let stream = reach(addresses, left, TcpStream::connect, sleep).await;
    let mut stream: Box<dyn Stream> = Box::new(stream.map_err(FetchError::connect)?);
    if secure {
        progress.reached(Phase::Tls);
        let name = ServerName::try_from(authority.host().trim_matches(['[', ']']).to_owned());
        let secure = tls.connect(name.map_err(FetchError::connect)?, stream).await;
        stream = Box::new(secure.map_err(FetchError::connect)?);
    }
    let handshake = http1::handshake(FuturesIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(FetchError::other)?;
    let _connection = smol::spawn(connection);
    progress.reached(Phase::Answer);
    let response = sender.send_request(request.map(|()| Empty::<Bytes>::new())).await;
    let (parts, body) = response.map_err(FetchError::other)?.into_parts();
    progress.reached(Phase::Body);
    match Limited::new(body, max_body).collect().await {
        Ok(body) => Ok(Response::from_parts(parts, body.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Err(FetchError::too_large(max_body)),
        Err(error) => Err(FetchError::body(error)),
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}
