//! Drives a route of a service through every case, and names what it gets wrong.

mod cases;
mod judge;
mod phases;
mod report;
mod service;

use std::{collections::BTreeSet, fmt, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};

pub use self::{
    report::{Deviation, Outcome, Report},
    service::{Trailers, tower},
};
use crate::{AUDIENCE, Signer, TestIssuer, TokenBuilder};

/// What a route promises to its callers, to be audited.
///
/// [`run`](Self::run) makes an issuer, has you make the service that trusts it, and sends requests
/// to your route: good tokens, none, and [each bad one](crate::TestIssuer::bad_tokens), then tokens
/// of unknown keys by the dozen, and all of it through outages. The [`Report`] names each answer
/// that is not as this table says. `R` is a realm, `S` the scopes that the route needs.
///
#[doc = include_str!("table.md")]
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use jwks_testkit::{Audit, InMemory, TestIssuer};
///
/// // A service that lets everybody in. Yours is `tower(router)`, or a client of your server.
/// let open = async |_: TestIssuer| async |_: Request<Bytes>| Response::new(Bytes::new());
///
/// let mut world = InMemory::new(); // as good an executor as any
/// let report = world.block_on(Audit::get("/orders").scopes(["orders:read"]).run_in_memory(open));
/// assert!(report.deviations().any(|it| it.row() == "6" && it.case() == "alg none, no signature"));
/// ```
#[derive(Clone)]
#[must_use]
pub struct Audit {
    algorithm: Option<Signer>,
    audience: String,
    body: Bytes,
    forbidden: Vec<(String, Change)>,
    grpc: bool,
    headers: HeaderMap,
    like: Option<Change>,
    metadata: Option<String>,
    method: Method,
    optional: bool,
    path: String,
    scopes: Vec<String>,
    skipped: BTreeSet<String>,
    step_up: Vec<(String, Change)>,
}

type Change = Arc<dyn Fn(TokenBuilder) -> TokenBuilder + Send + Sync>;

/// The route.
impl Audit {
    /// Of `GET` at this path.
    pub fn get(path: &str) -> Self {
        Self {
            algorithm: None,
            audience: AUDIENCE.to_owned(),
            body: Bytes::new(),
            forbidden: Vec::new(),
            grpc: false,
            headers: HeaderMap::new(),
            like: None,
            metadata: None,
            method: Method::GET,
            optional: false,
            path: path.to_owned(),
            scopes: Vec::new(),
            skipped: BTreeSet::new(),
            step_up: Vec::new(),
        }
    }

    /// Of a unary gRPC call: its path is `/package.Service/Method`, `message` its request, encoded
    /// but not framed. What is looked at are `grpc-status` and the like.
    pub fn grpc(path: &str, message: &[u8]) -> Self {
        let len = u32::try_from(message.len()).expect("a message of less than 4 GiB");
        let frame = [&[0], &len.to_be_bytes()[..], message].concat();
        let audit = Self { grpc: true, ..Self::get(path) }.method(Method::POST).body(frame);
        audit.header("content-type", "application/grpc").header("te", "trailers")
    }

    /// The method. Default: `GET`.
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// A header of every request.
    ///
    /// # Panics
    ///
    /// When the name or the value is not allowed in HTTP.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
        self.headers.insert(name, HeaderValue::from_str(value).expect("a header's value"));
        self
    }

    /// The body of every request. Default: empty.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }
}

/// What it asks of its callers.
impl Audit {
    /// The audience that the service is configured with. Default: [`AUDIENCE`].
    pub fn audience(mut self, aud: &str) -> Self {
        aud.clone_into(&mut self.audience);
        self
    }

    /// The scopes that the route needs, all of them. Default: none.
    pub fn scopes<'a>(mut self, scopes: impl IntoIterator<Item = &'a str>) -> Self {
        self.scopes = scopes.into_iter().map(str::to_owned).collect();
        self
    }

    /// The URL of its metadata (RFC 9728), which every challenge must name. Default: none.
    pub fn metadata(mut self, url: &str) -> Self {
        self.metadata = Some(url.to_owned());
        self
    }

    /// Who presents nothing passes, without a caller (rows 20 and 21).
    pub const fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// What good tokens are like, besides: claims that the route asks for.
    pub fn tokens_like(
        mut self,
        like: impl Fn(TokenBuilder) -> TokenBuilder + Send + Sync + 'static,
    ) -> Self {
        self.like = Some(Arc::new(like));
        self
    }

    /// A good token with this change is refused by a check of the service's own: a role, a tenant
    /// (row 12).
    pub fn forbidden(
        mut self,
        case: &str,
        change: impl Fn(TokenBuilder) -> TokenBuilder + Send + Sync + 'static,
    ) -> Self {
        self.forbidden.push((case.to_owned(), Arc::new(change)));
        self
    }

    /// With a good token with this change the caller is asked for a stronger or a newer login
    /// (RFC 9470, row 13).
    pub fn step_up(
        mut self,
        case: &str,
        change: impl Fn(TokenBuilder) -> TokenBuilder + Send + Sync + 'static,
    ) -> Self {
        self.step_up.push((case.to_owned(), Arc::new(change)));
        self
    }

    /// The issuer signs with a key like this one. Default: ES256.
    pub fn key(mut self, key: Signer) -> Self {
        self.algorithm = Some(key);
        self
    }

    /// Leaves a row of the table out: what the service answers there is a decision of its own.
    pub fn skip(mut self, row: &str) -> Self {
        self.skipped.insert(row.to_owned());
        self
    }
}

/// The audit itself.
///
/// `service` is called for each phase, with an issuer of its own: it makes the service anew, to
/// trust that issuer (its [`iss`](TestIssuer::iss), its keys at [`url`](TestIssuer::url)) and the
/// [`audience`](Self::audience), with caches that are empty. The last phases begin in an outage.
impl Audit {
    /// Over real sockets: the issuers listen on loopback, for services that fetch keys as they do
    /// in production.
    #[cfg(feature = "loopback")]
    pub async fn run<S>(&self, service: impl AsyncFn(TestIssuer) -> S) -> Report
    where
        S: AsyncFn(Request<Bytes>) -> Response<Bytes>,
    {
        self.phases(crate::IssuerServer::with_key, &service).await
    }

    /// In memory: for services whose keys come from an [`InMemory`](crate::InMemory) world that the
    /// issuer is [made known to](crate::InMemory::connect).
    pub async fn run_in_memory<S>(&self, service: impl AsyncFn(TestIssuer) -> S) -> Report
    where
        S: AsyncFn(Request<Bytes>) -> Response<Bytes>,
    {
        let clock = crate::Clock::system();
        let issuer = |key| Box::new(TestIssuer::with("https://audit.test", key, clock.clone()));
        self.phases(issuer, &service).await
    }

    /// Row 10 alone: a service that has never had keys, and whose driver is stopped. The issuer is
    /// one in memory, and nobody asks it.
    pub async fn run_stopped<S>(&self, service: impl AsyncFn(TestIssuer) -> S) -> Report
    where
        S: AsyncFn(Request<Bytes>) -> Response<Bytes>,
    {
        self.stopped(&service).await
    }
}

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audit")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}
