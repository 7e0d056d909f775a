//! How a failed fetch is told to the others, and taken by them.

use std::time::{Duration, SystemTime};

use http::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use jwks_core::adapter::{FetchError, FetchErrorKind};

use super::Answer;
use crate::record::{Failure, FailureKind, headers_that_matter};

/// What the others are told of an outcome that is no answer for them. `streak`: how many attempts
/// of the fleet had failed before it.
pub(super) fn shared(outcome: &Answer, streak: u8, now: SystemTime) -> Failure {
    let streak = streak.saturating_add(1);
    let pause = FIRST.saturating_mul(1 << (streak - 1).min(16));
    let (kind, asked_for) = match outcome {
        Ok(response) if response.status() == StatusCode::OK => (FailureKind::Unusable, None),
        Ok(response) => {
            let headers = headers_that_matter(response.headers());
            let retry_after = retry_after(&headers, now);
            (FailureKind::Status(response.status().as_u16(), headers), retry_after)
        }
        Err(error) => {
            let kind = match error.kind() {
                FetchErrorKind::Connect => FailureKind::Connect,
                FetchErrorKind::Timeout => FailureKind::Timeout,
                _ => FailureKind::Other,
            };
            (kind, None)
        }
    };
    let holds = pause.max(asked_for.unwrap_or_default()).min(LONGEST);
    Failure { kind, holds, streak }
}

/// The failure of another instance, some time ago, as if it were our own.
pub(super) fn taken(kind: FailureKind, old: Duration) -> Answer {
    match kind {
        FailureKind::Connect => Err(FetchError::connect(OF_ANOTHER)),
        FailureKind::Other => Err(FetchError::other(OF_ANOTHER)),
        FailureKind::Timeout => Err(FetchError::timeout()),
        FailureKind::Unusable => Err(FetchError::other(UNUSABLE)),
        FailureKind::Status(status, mut headers) => {
            let status = StatusCode::from_u16(status).ok().filter(|it| *it != StatusCode::OK);
            let Some(status) = status else { return Err(FetchError::other(OF_ANOTHER)) };
            grow_older(&mut headers, old);
            let mut response = Response::new(Vec::new());
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            Ok(response)
        }
    }
}

/// `Retry-After` (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    httpdate::parse_http_date(text).ok()?.duration_since(now).ok()
}

/// Takes from a `Retry-After` in seconds what has passed of it.
fn grow_older(headers: &mut HeaderMap, old: Duration) {
    let seconds = headers.get(RETRY_AFTER).and_then(|it| it.to_str().ok()?.trim().parse().ok());
    if let Some(seconds) = seconds {
        let left = u64::saturating_sub(seconds, old.as_secs());
        headers.insert(RETRY_AFTER, HeaderValue::from(left));
    }
}

/// The longest that a failure is shared.
pub(super) const LONGEST: Duration = Duration::from_secs(10);

/// The shortest; it doubles with each failure in a row, as the pauses of one instance do.
const FIRST: Duration = Duration::from_millis(250);

const OF_ANOTHER: &str = "another instance has just failed to fetch it";
const UNUSABLE: &str = "another instance has just got an answer that cannot be used";

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16, retry_after: Option<&'static str>) -> Answer {
        let mut response = Response::new(b"busy".to_vec());
        *response.status_mut() = StatusCode::from_u16(code).unwrap();
        if let Some(text) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(text));
        }
        Ok(response)
    }

    #[test]
    fn it_holds_as_long_as_one_instance_would_pause_and_ten_seconds_at_most() {
        let now = SystemTime::now();
        let holds = |streak| shared(&status(500, None), streak, now).holds.as_millis();
        assert_eq!(
            [0, 1, 2, 5, 6, 200, 255].map(holds),
            [250, 500, 1000, 8000, 10_000, 10_000, 10_000]
        );
        for (text, millis) in [("2", 2000), ("60", 10_000), ("0", 250), ("soon", 250)] {
            let failure = shared(&status(429, Some(text)), 0, now);
            assert_eq!(failure.holds.as_millis(), millis, "{text}");
        }
    }

    #[test]
    fn a_status_comes_with_what_is_left_of_its_retry_after() {
        let failure = shared(&status(429, Some("30")), 0, SystemTime::now());
        let response = taken(failure.kind, Duration::from_millis(4999)).unwrap();
        assert_eq!((response.status().as_u16(), response.body().len()), (429, 0));
        assert_eq!(response.headers()[RETRY_AFTER], "26");
    }

    #[test]
    fn errors_keep_their_kind() {
        let now = SystemTime::now();
        let told = |error| taken(shared(&Err(error), 0, now).kind, Duration::ZERO).unwrap_err();
        assert!(told(FetchError::connect("a")).is_connect());
        assert!(told(FetchError::timeout()).is_timeout());
        assert_eq!(told(FetchError::body("a")).kind(), FetchErrorKind::Other);
        let unusable = shared(&status(200, None), 0, now);
        assert_eq!(unusable.kind, FailureKind::Unusable);
        // A status that would be an answer is none.
        taken(FailureKind::Status(200, HeaderMap::new()), Duration::ZERO).unwrap_err();
        taken(FailureKind::Status(7, HeaderMap::new()), Duration::ZERO).unwrap_err();
    }
}
