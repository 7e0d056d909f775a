//! What the guard by hand answers.

use bytes::Bytes;
use http::{HeaderValue, Response, header};

use crate::guard::{Fault, Guard, METADATA, SCOPE};

/// 401.
pub(crate) fn refused(
    guard: &Guard,
    error: Option<&str>,
    description: Option<&str>,
) -> Response<Bytes> {
    let error = error.filter(|_| !guard.has(Fault::NoErrorCode));
    let error = error.or_else(|| guard.has(Fault::ErrorWithoutToken).then_some("invalid_token"));
    let mut params: Vec<_> = error.map(|it| ("error", it.to_owned())).into_iter().collect();
    params.extend(description.map(|it| ("error_description", it.replace('`', "'"))));
    challenged(guard, 401, params)
}

/// 400.
pub(crate) fn invalid_request(guard: &Guard) -> Response<Bytes> {
    let status = if guard.has(Fault::InvalidRequestIs401) { 401 } else { 400 };
    challenged(guard, status, vec![("error", "invalid_request".to_owned())])
}

/// 403.
pub(crate) fn forbidden(guard: &Guard) -> Response<Bytes> {
    let status = if guard.has(Fault::ScopeIs401) { 401 } else { 403 };
    let mut params = vec![("error", "insufficient_scope".to_owned())];
    if !guard.has(Fault::ScopeUnnamed) {
        params.push(("scope", SCOPE.to_owned()));
    }
    challenged(guard, status, params)
}

/// 503.
pub(crate) fn unavailable(guard: &Guard, retry_after: Option<u64>) -> Response<Bytes> {
    let mut answer = bare(guard, 503);
    let headers = answer.headers_mut();
    if guard.has(Fault::ChallengeOn503) {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"a\""));
    }
    if let Some(seconds) = retry_after.filter(|_| !guard.has(Fault::NoRetryAfter)) {
        let date = HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT");
        let value = if guard.has(Fault::RetryAfterDate) { date } else { seconds.into() };
        headers.insert(header::RETRY_AFTER, value);
    }
    answer
}

fn challenged(guard: &Guard, status: u16, mut params: Vec<(&str, String)>) -> Response<Bytes> {
    params.insert(0, ("realm", "orders".to_owned()));
    if !guard.has(Fault::NoMetadata) {
        params.push(("resource_metadata", METADATA.to_owned()));
    }
    if guard.has(Fault::NoParameter) {
        params.clear();
    }
    let comma = if guard.has(Fault::MissingComma) { " " } else { ", " };
    let params: Vec<_> = params.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    let text = format!("Bearer {}", params.join(comma));
    let value = HeaderValue::from_str(text.trim()).unwrap();
    let mut answer = bare(guard, status);
    if !guard.has(Fault::NoChallenge) {
        answer.headers_mut().append(header::WWW_AUTHENTICATE, value.clone());
    }
    if guard.has(Fault::TwoChallenges) {
        answer.headers_mut().append(header::WWW_AUTHENTICATE, value);
    }
    answer
}

fn bare(guard: &Guard, status: u16) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = status.try_into().unwrap();
    if !guard.has(Fault::Cacheable) {
        answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    answer
}
