//! One HTTP exchange. It moves and counts bytes; the core judges them.

use std::io;
use std::path::Path;
use std::time::Instant;

use async_std::fs::File;
use async_std::future::TimeoutError;
use async_std::io::ReadExt as _;
use http::{Request, Response, StatusCode};
use jwks_core::adapter::{Body, Exchange, FetchError, Phase};
use surf::Url;
use surf::middleware::{Middleware, Next};

use crate::Client;
use crate::client::{Attempt, Beyond, CallError, all};

/// Sends the request, and reads the response to its end.
pub(crate) async fn exchange(
    client: Client,
    exchange: Exchange,
) -> Result<Response<Vec<u8>>, FetchError> {
    let Exchange { request, file, addresses, left, max_body, progress, .. } = exchange;
    if let Some(path) = file {
        return read(&path, max_body).await;
    }
    if !addresses.are_any() && !client.checks_addresses() {
        return Err(FetchError::connect(
            "a `surf::Client` does not check addresses, and public ones alone are allowed: make one \
             with `client_builder`",
        ));
    }
    let asked = Url::parse(&request.uri().to_string()).map_err(FetchError::other)?;
    let until = Instant::now().checked_add(left);
    let attempt = Attempt { progress: progress.clone(), addresses, until };
    let request = surf_request(&asked, &request, attempt)?;
    let sent = client.http().send(request).await;
    let mut response = sent.map_err(|error| exchange_error(error, &asked))?;
    progress.reached(Phase::Body);
    let mut answer = Response::new(());
    *answer.status_mut() = status(&response)?;
    *answer.headers_mut() = all(response.as_ref(), beyond(&response));
    let mut body = Body::new(max_body);
    let mut chunk = vec![0; CHUNK];
    loop {
        match response.read(&mut chunk).await.map_err(|error| body_error(error, &asked))? {
            0 => return Ok(answer.map(|()| body.into_bytes())),
            read => body.push(&chunk[..read])?,
        }
    }
}

/// The content of a file, as the body of an answer.
async fn read(path: &Path, max_body: usize) -> Result<Response<Vec<u8>>, FetchError> {
    let mut file = File::open(path).await.map_err(FetchError::file)?;
    let (mut body, mut chunk) = (Body::new(max_body), vec![0; CHUNK]);
    loop {
        match file.read(&mut chunk).await.map_err(FetchError::file)? {
            0 => return Ok(Response::new(body.into_bytes())),
            read => body.push(chunk.get(..read).unwrap_or_default())?,
        }
    }
}

fn surf_request(
    url: &Url,
    request: &Request<()>,
    attempt: Attempt,
) -> Result<surf::Request, FetchError> {
    let method = request.method().as_str().parse();
    let method = method.map_err(|_| FetchError::other("surf does not know the method"))?;
    let mut asking = surf::Request::new(method, url.clone());
    let beyond = Beyond::put(request.headers(), asking.as_mut());
    asking.set_ext(beyond);
    asking.set_ext(attempt);
    // The innermost of all, so it sees what the client's own made of the request.
    asking.middleware(Asked(url.clone()));
    Ok(asking)
}

fn status(response: &surf::Response) -> Result<StatusCode, FetchError> {
    match beyond(response).and_then(Beyond::status) {
        Some(status) => Ok(status),
        None => StatusCode::from_u16(response.status().into()).map_err(FetchError::other),
    }
}

fn beyond(response: &surf::Response) -> Option<&Beyond> {
    AsRef::<surf::http::Response>::as_ref(response).ext().get()
}

/// Refuses a request to another place than was asked for.
struct Asked(Url);

#[surf::utils::async_trait]
impl Middleware for Asked {
    async fn handle(
        &self,
        request: surf::Request,
        client: surf::Client,
        next: Next<'_>,
    ) -> surf::Result<surf::Response> {
        if *request.url() != self.0 {
            return Err(CallError::Redirected.into());
        }
        next.run(request, client).await
    }
}

fn exchange_error(error: surf::Error, url: &Url) -> FetchError {
    let error = match error.downcast::<CallError>() {
        Ok(CallError::Connect(error)) => return FetchError::connect(error),
        Ok(CallError::Exchange(error)) => return FetchError::other(error),
        Ok(error) => return FetchError::other(error),
        Err(error) => error,
    };
    // From a client of the user's own.
    match error.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(io::ErrorKind::TimedOut) => FetchError::timeout(),
        Some(kind) if is_connect(kind) => FetchError::connect(error_text(&error, url)),
        None if error.downcast_ref::<TimeoutError>().is_some() => FetchError::timeout(),
        _ => FetchError::other(error_text(&error, url)),
    }
}

fn body_error(error: io::Error, url: &Url) -> FetchError {
    match error.kind() {
        io::ErrorKind::TimedOut => FetchError::timeout(),
        // Nothing of ours shows the URL.
        _ if error.get_ref().is_some_and(|inner| inner.is::<hyper::Error>()) => {
            FetchError::body(error)
        }
        _ => FetchError::body(error_text(&error.into(), url)),
    }
}

fn is_connect(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{
        AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkDown, NetworkUnreachable,
    };
    matches!(
        kind,
        AddrNotAvailable | ConnectionRefused | HostUnreachable | NetworkDown | NetworkUnreachable
    )
}

/// The error and its sources as one text, without the URL, whose query may hold a secret.
fn error_text(error: &surf::Error, url: &Url) -> String {
    let text = format!("{error:#}").replace(url.as_str(), "the URL");
    match url.query() {
        Some(query) if !query.is_empty() => text.replace(query, ".."),
        _ => text,
    }
}

const CHUNK: usize = 8 * 1024;
