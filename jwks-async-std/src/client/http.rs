//! HTTP/1.1 by hyper, as a backend of surf.

use std::sync::Arc;

use ::http::{Request, header};
use futures_rustls::TlsConnector;
use http_body_util::Full;
use http_client::{Config, HttpClient, async_trait, http_types};
use surf::http::url::Position;

use super::CallError;
use super::answer::{Lease, answer};
use super::beyond::all;
use super::connect::connect;
use super::idle::Idle;

pub(super) struct Http {
    config: Config,
    idle: Arc<Idle>,
    tls: TlsConnector,
}

impl Http {
    pub(super) fn new(tls: TlsConnector) -> Self {
        Self { config: Config::new(), idle: Arc::default(), tls }
    }
}

#[async_trait]
impl HttpClient for Http {
    async fn send(
        &self,
        mut request: http_types::Request,
    ) -> http_types::Result<http_types::Response> {
        let place = request.url().origin();
        // Before the body is taken out: that makes up a `Content-Type`.
        let head = head(&request).map_err(CallError::Unfit)?;
        let body = Full::from(request.body_bytes().await?);
        let mut message = head.map(|()| body);
        let idle = Arc::clone(&self.idle);
        if let Some(mut connection) = idle.take(&place) {
            match connection.exchange(message).await {
                Ok(response) => return Ok(answer(response, Lease { connection, idle, place })),
                // The other side had closed it; only if the message was never sent is it safe to
                // say that this was no attempt, and the issuer was not asked.
                Err(mut error) => match error.take_message() {
                    Some(unsent) => message = unsent,
                    None => return Err(CallError::Exchange(error.into_error()).into()),
                },
            }
        }
        let mut connection = connect(&place, &self.tls).await.map_err(CallError::Connect)?;
        match connection.exchange(message).await {
            Ok(response) => Ok(answer(response, Lease { connection, idle, place })),
            Err(error) => Err(CallError::Exchange(error.into_error()).into()),
        }
    }

    fn config(&self) -> &Config {
        &self.config
    }

    /// Kept for who asks for it; deadlines are the policy's.
    fn set_config(&mut self, config: Config) -> http_types::Result<()> {
        self.config = config;
        Ok(())
    }
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http").field("idle", &self.idle).finish_non_exhaustive()
    }
}

fn head(request: &http_types::Request) -> Result<Request<()>, ::http::Error> {
    let url = request.url();
    let mut head = Request::builder()
        .method(request.method().as_ref())
        .uri(&url[Position::BeforePath..Position::AfterQuery])
        .header(header::HOST, &url[Position::BeforeHost..Position::AfterPort])
        .body(())?;
    head.headers_mut().extend(all(request.as_ref(), request.ext().get()));
    Ok(head)
}
