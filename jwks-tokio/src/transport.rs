//! One HTTP call. It moves bytes, and counts them; the core judges what they mean.

use http::{Request, Response};
use jwks_core::cache::{Fetch, FetchError, Phase, Progress};
use reqwest::Body;
use tokio::time::{Instant, timeout_at};

use crate::client::{self, Client};

/// Fetches, and reports the outcome, by `until` at the latest.
pub(crate) async fn fetch(client: Client, fetch: Fetch, until: Option<Instant>) {
    let Fetch { request, max_body, progress, reply, .. } = fetch;
    let call = call(&client, request, max_body, &progress, until);
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
    progress: &Progress,
    until: Option<Instant>,
) -> Result<Response<Vec<u8>>, FetchError> {
    let request = request.map(|()| Body::default());
    let request = reqwest::Request::try_from(request)
        .map_err(|error| FetchError::other(error.without_url()))?;
    let asked = request.url().clone();
    let mut response = client.execute(request, progress, until).await?;
    progress.reached(Phase::Body);
    if *response.url() != asked {
        return Err(FetchError::other("the client followed a redirect"));
    }
    let mut answer = Response::new(Vec::new());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = std::mem::take(response.headers_mut());
    while let Some(chunk) = response.chunk().await.map_err(client::body)? {
        if chunk.len() > max_body.saturating_sub(answer.body().len()) {
            return Err(FetchError::too_large(max_body));
        }
        answer.body_mut().extend_from_slice(&chunk);
    }
    Ok(answer)
}
