//! One HTTP call. It moves bytes, and counts them; the core judges what they mean.

use std::io;
use std::time::{Duration, Instant};

use async_std::future::{TimeoutError, timeout};
use async_std::io::ReadExt as _;
use http::{Request, Response, StatusCode};
use jwks_core::cache::{Fetch, FetchError, Phase};
use surf::middleware::{Middleware, Next};
use surf::{Client, Url};

use crate::client::{Attempt, Beyond, CallError, all};

/// Fetches, and reports the outcome, by `until` at the latest.
pub(crate) async fn fetch(client: Client, fetch: Fetch, until: Option<Instant>) {
    let Fetch { request, max_body, progress, reply, .. } = fetch;
    let call = call(&client, request, max_body, Attempt { progress, until });
    let outcome = match until {
        Some(until) => {
            timeout(left(until), call).await.unwrap_or_else(|_| Err(FetchError::timeout()))
        }
        None => call.await,
    };
    reply.send(outcome);
}

/// How long it is until then; zero afterwards.
pub(crate) fn left(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now())
}

async fn call(
    client: &Client,
    request: Request<()>,
    max_body: usize,
    attempt: Attempt,
) -> Result<Response<Vec<u8>>, FetchError> {
    let asked = Url::parse(&request.uri().to_string()).map_err(FetchError::other)?;
    let progress = attempt.progress.clone();
    let request = asking(&asked, &request, attempt)?;
    let mut response = client.send(request).await.map_err(|error| no_answer(error, &asked))?;
    progress.reached(Phase::Body);
    let mut answer = Response::new(Vec::new());
    *answer.status_mut() = status(&response)?;
    *answer.headers_mut() = all(response.as_ref(), beyond(&response));
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = response.read(&mut chunk).await.map_err(|error| body(error, &asked))?;
        if read == 0 {
            return Ok(answer);
        }
        if read > max_body.saturating_sub(answer.body().len()) {
            return Err(FetchError::too_large(max_body));
        }
        answer.body_mut().extend_from_slice(&chunk[..read]);
    }
}

fn asking(url: &Url, request: &Request<()>, attempt: Attempt) -> Result<surf::Request, FetchError> {
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

/// Lets no request go elsewhere than was asked for.
struct Asked(Url);

#[surf::utils::async_trait]
impl Middleware for Asked {
    async fn handle(
        &self,
        request: surf::Request,
        client: Client,
        next: Next<'_>,
    ) -> surf::Result<surf::Response> {
        if *request.url() != self.0 {
            return Err(CallError::Redirected.into());
        }
        next.run(request, client).await
    }
}

fn no_answer(error: surf::Error, url: &Url) -> FetchError {
    let error = match error.downcast::<CallError>() {
        Ok(CallError::Connect(error)) => return FetchError::connect(error),
        Ok(CallError::Exchange(error)) => return FetchError::other(error),
        Ok(error) => return FetchError::other(error),
        Err(error) => error,
    };
    // From a client of the caller's.
    match error.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(io::ErrorKind::TimedOut) => FetchError::timeout(),
        Some(kind) if is_connect(kind) => FetchError::connect(told(&error, url)),
        None if error.downcast_ref::<TimeoutError>().is_some() => FetchError::timeout(),
        _ => FetchError::other(told(&error, url)),
    }
}

fn body(error: io::Error, url: &Url) -> FetchError {
    match error.kind() {
        io::ErrorKind::TimedOut => FetchError::timeout(),
        // Nothing of ours shows the URL.
        _ if error.get_ref().is_some_and(|inner| inner.is::<hyper::Error>()) => {
            FetchError::body(error)
        }
        _ => FetchError::body(told(&error.into(), url)),
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

/// The error and its sources as one text. The URL may carry a secret in its query; who wants it
/// finds it in the settings.
fn told(error: &surf::Error, url: &Url) -> String {
    let text = format!("{error:#}").replace(url.as_str(), "the URL");
    match url.query() {
        Some(query) if !query.is_empty() => text.replace(query, ".."),
        _ => text,
    }
}

const CHUNK: usize = 8 * 1024;
