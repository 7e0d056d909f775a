//! What a refusal is answered with.

use std::time::Duration;

use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Response, StatusCode};

use crate::challenge::Challenge;
use crate::{GrpcCode, Reason, grpc};

/// What a refusal is answered with, in HTTP and in gRPC. Made by
/// [`Realm::answer`](crate::Realm::answer).
#[derive(Clone, Debug)]
pub struct Answer {
    status: StatusCode,
    code: GrpcCode,
    text: &'static str,
    error: Option<&'static str>,
    challenge: Option<HeaderValue>,
    retry_after: Option<Duration>,
    reason: Reason,
}

impl Answer {
    pub(crate) const fn new(status: StatusCode, code: GrpcCode, text: &'static str) -> Self {
        let reason = Reason::InvalidToken;
        Self { status, code, text, error: None, challenge: None, retry_after: None, reason }
    }

    pub(crate) fn challenged(
        mut self,
        challenge: Challenge,
        error: impl Into<Option<&'static str>>,
    ) -> Self {
        self.challenge = Some(challenge.into_value());
        self.error = error.into();
        self
    }

    pub(crate) const fn because(mut self, reason: Reason) -> Self {
        self.reason = reason;
        self
    }

    pub(crate) const fn retried(mut self, retry_after: Option<Duration>) -> Self {
        self.retry_after = retry_after;
        self
    }

    /// The status of HTTP.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The error code of RFC 6750, section 3.1, or RFC 9470, if there is one to tell.
    #[must_use]
    pub const fn error_code(&self) -> Option<&'static str> {
        self.error
    }

    /// What the caller may know, in one sentence. It holds nothing of the request.
    #[must_use]
    pub const fn text(&self) -> &'static str {
        self.text
    }

    /// The value of `WWW-Authenticate`; none where the caller's token is not at fault.
    #[must_use]
    pub fn www_authenticate(&self) -> Option<&str> {
        self.challenge.as_ref()?.to_str().ok()
    }

    /// The value of `Retry-After` in seconds: rounded up, 1 at least.
    #[must_use]
    pub fn retry_after_secs(&self) -> Option<u64> {
        let wait = self.retry_after?;
        let whole = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
        Some(whole.max(1))
    }

    /// The status of gRPC.
    #[must_use]
    pub const fn grpc_code(&self) -> GrpcCode {
        self.code
    }

    /// The value of `grpc-retry-pushback-ms` (gRFC A6): rounded up, 1 at least.
    #[must_use]
    pub fn pushback_millis(&self) -> Option<u32> {
        let millis = self.retry_after?.as_nanos().div_ceil(1_000_000).max(1);
        Some(u32::try_from(millis).unwrap_or(i32::MAX as u32).min(i32::MAX as u32))
    }

    /// The reason, for metrics and logs; it is not for the caller.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// The headers of the answer in HTTP, each once: `WWW-Authenticate`, `Retry-After`,
    /// `Cache-Control`. Set them, in the place of others of that name.
    pub fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> + use<> {
        let challenge = self.challenge.clone().map(|value| (WWW_AUTHENTICATE, value));
        let retry = self.retry_after_secs().map(|it| (RETRY_AFTER, HeaderValue::from(it)));
        let store = (CACHE_CONTROL, HeaderValue::from_static("no-store"));
        challenge.into_iter().chain(retry).chain([store])
    }

    /// The answer in HTTP, with an empty body.
    #[must_use]
    pub fn to_response<B: Default>(&self) -> Response<B> {
        let mut response = Response::new(B::default());
        *response.status_mut() = self.status;
        response.headers_mut().extend(self.headers());
        response
    }

    /// The answer to a call of gRPC: status 200, with trailers only.
    #[must_use]
    pub fn to_grpc_response<B: Default>(&self) -> Response<B> {
        self.to_grpc(HeaderValue::from_static("application/grpc"))
    }

    pub(crate) fn to_grpc<B: Default>(&self, content_type: HeaderValue) -> Response<B> {
        let mut response = Response::new(B::default());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, content_type);
        headers.insert("grpc-status", HeaderValue::from(u16::from(self.code.number())));
        headers.insert("grpc-message", grpc::message(self.text));
        if let Some(millis) = self.pushback_millis() {
            headers.insert(PUSHBACK, HeaderValue::from(millis));
        }
        response
    }
}

/// gRFC A6: when to try again, in the words of the server.
pub(crate) const PUSHBACK: &str = "grpc-retry-pushback-ms";
