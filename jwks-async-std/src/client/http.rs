//! HTTP/1.1 by hyper, as a backend of surf.

use ::http::{Request, header};
use futures_rustls::TlsConnector;
use http_body_util::Full;
use http_client::{Config, HttpClient, async_trait, http_types};
use jwks_core::cache::Phase;
use surf::http::url::Position;

use super::CallError;
use super::answer::answer;
use super::attempt::Attempt;
use super::beyond::all;
use super::connect::connect;
use super::names::Names;

pub(super) struct Http {
    config: Config,
    names: Names,
    tls: TlsConnector,
}

impl Http {
    pub(super) fn new(names: Names, tls: TlsConnector) -> Self {
        Self { config: Config::new(), names, tls }
    }
}

#[async_trait]
impl HttpClient for Http {
    async fn send(
        &self,
        mut request: http_types::Request,
    ) -> http_types::Result<http_types::Response> {
        let attempt = request.ext().get::<Attempt>().cloned().unwrap_or_default();
        // Before the body is taken out: that makes up a `Content-Type`.
        let head = head(&request).map_err(CallError::Unfit)?;
        let body = Full::from(request.body_bytes().await?);
        // Each request has a connection of its own. A kept one may be dead without a sign of it:
        // after a freeze of this process, or behind a firewall that has forgotten it.
        let connected = connect(request.url(), &self.names, &self.tls, &attempt).await;
        let mut connection = connected.map_err(CallError::Connect)?;
        attempt.progress.reached(Phase::Answer);
        let response = connection.exchange(head.map(|()| body)).await?;
        Ok(answer(response, connection))
    }

    fn config(&self) -> &Config {
        &self.config
    }

    /// Only stored, and returned by `config`: deadlines are the policy's.
    fn set_config(&mut self, config: Config) -> http_types::Result<()> {
        self.config = config;
        Ok(())
    }
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http").field("names", &self.names).finish_non_exhaustive()
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
