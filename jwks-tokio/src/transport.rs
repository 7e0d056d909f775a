//! One HTTP exchange. It moves and counts bytes; the core judges them.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use http::{Response, Uri};
use jwks_core::adapter::{Body, Exchange, FetchError, Phase};
use tokio::time::Instant;

use crate::client::{self, Client};
use crate::file;

pub(crate) type Answer = Result<Response<Vec<u8>>, FetchError>;

/// What makes the exchanges: a client, or a function around one.
#[derive(Clone)]
pub(crate) struct Transport(Arc<dyn Fn(Exchange) -> Exchanged + Send + Sync>);

type Exchanged = Pin<Box<dyn Future<Output = Answer> + Send>>;

impl Transport {
    pub(crate) fn of(client: Client) -> Self {
        Self::by(move |asked| exchange(client.clone(), asked))
    }

    pub(crate) fn by<F>(exchange: impl Fn(Exchange) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        Self(Arc::new(move |asked| Box::pin(exchange(asked))))
    }

    /// Requests to this origin go by this client. `None` if that is not an origin.
    pub(crate) fn but_for(self, origin: &str, client: &Client) -> Option<Self> {
        let only = place(&origin.parse().ok()?)?;
        let client = Self::of(client.clone());
        Some(Self(Arc::new(move |asked| {
            let is_there = place(asked.request.uri()).as_ref() == Some(&only);
            if is_there { client.exchange(asked) } else { self.exchange(asked) }
        })))
    }

    pub(crate) fn exchange(&self, asked: Exchange) -> Exchanged {
        match asked.file {
            Some(path) => Box::pin(file::answer(path, asked.max_body)),
            None => (self.0)(asked),
        }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").finish_non_exhaustive()
    }
}

/// Scheme, host and port.
fn place(uri: &Uri) -> Option<(bool, String, u16)> {
    let secure = uri.scheme_str()? == "https";
    let authority = uri.authority()?;
    let port = authority.port_u16().unwrap_or(if secure { 443 } else { 80 });
    Some((secure, authority.host().to_ascii_lowercase(), port))
}

/// Sends the request, and reads the response to its end.
pub(crate) async fn exchange(client: Client, exchange: Exchange) -> Answer {
    let Exchange { request, addresses, left, max_body, progress, .. } = exchange;
    let request = request.map(|()| reqwest::Body::default());
    let request = reqwest::Request::try_from(request)
        .map_err(|error| FetchError::other(error.without_url()))?;
    let asked = request.url().clone();
    let until = Instant::now().checked_add(left);
    let mut response = client.execute(request, addresses, &progress, until).await?;
    progress.reached(Phase::Body);
    if *response.url() != asked {
        return Err(FetchError::other("the client followed a redirect"));
    }
    let mut answer = Response::new(());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = std::mem::take(response.headers_mut());
    let mut body = Body::new(max_body);
    while let Some(chunk) = response.chunk().await.map_err(client::body)? {
        body.push(&chunk)?;
    }
    Ok(answer.map(|()| body.into_bytes()))
}
