//! One HTTP call. It moves bytes, and counts them; the core judges what they mean.

use http::{Request, Response};
use jwks_core::cache::{Fetch, FetchError};
use reqwest::{Body, Client, Error};
use tokio::time::{Instant, timeout_at};

/// Fetches, and reports the outcome, by `until` at the latest.
pub(crate) async fn fetch(client: Client, fetch: Fetch, until: Option<Instant>) {
    let Fetch { request, max_body, reply, .. } = fetch;
    let call = call(&client, request, max_body);
    let outcome = match until {
        Some(until) => timeout_at(until, call).await.unwrap_or_else(|_| Err(FetchError::timeout())),
        None => call.await,
    };
    reply.send(outcome);
}

async fn call(
    client: &Client,
    request: Request<()>,
    max_body: usize,
) -> Result<Response<Vec<u8>>, FetchError> {
    let request = request.map(|()| Body::default());
    let request = reqwest::Request::try_from(request).map_err(other)?;
    let asked = request.url().clone();
    let mut response = client.execute(request).await.map_err(no_answer)?;
    if *response.url() != asked {
        return Err(FetchError::other("the client followed a redirect"));
    }
    let mut answer = Response::new(Vec::new());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = std::mem::take(response.headers_mut());
    while let Some(chunk) = response.chunk().await.map_err(body)? {
        if chunk.len() > max_body.saturating_sub(answer.body().len()) {
            return Err(FetchError::too_large(max_body));
        }
        answer.body_mut().extend_from_slice(&chunk);
    }
    Ok(answer)
}

/// The URL may carry a secret in its query; who wants it finds it in the settings.
fn no_answer(error: Error) -> FetchError {
    if error.is_timeout() {
        FetchError::timeout()
    } else if error.is_connect() {
        FetchError::connect(error.without_url())
    } else {
        // Connected, and then no answer that is HTTP.
        other(error)
    }
}

fn body(error: Error) -> FetchError {
    if error.is_timeout() { FetchError::timeout() } else { FetchError::body(error.without_url()) }
}

fn other(error: Error) -> FetchError {
    FetchError::other(error.without_url())
}
