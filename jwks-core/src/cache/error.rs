//! Why there is no key.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use super::FetchError;

/// Why the cache has no key for a caller. Cheap to clone.
///
/// [`source`](std::error::Error::source) is the failure of the last fetch, where one is the cause.
#[derive(Clone, Debug)]
pub struct Error(Arc<Repr>);

/// What kind of [`Error`] it is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The kid was denied by hand ([`KeyCache::deny_kid`](super::KeyCache::deny_kid)), whether the
    /// key set has a key of it or not.
    DeniedKid,
    /// The driver is gone, and with it every hope of keys.
    Stopped,
    /// No keys are held, and none came within the caller's budget.
    Unavailable,
    /// The key set has no key of that kid.
    UnknownKid,
}

#[derive(Debug)]
struct Repr {
    kind: ErrorKind,
    since: Option<SystemTime>,
    retry_at: Option<SystemTime>,
    failure: Option<FetchError>,
    /// The set was asked of the issuer, and the issuer has answered.
    decided: bool,
}

impl Error {
    /// What kind of error it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same call may succeed later: there are no keys now, or nobody could tell
    /// whether the kid is known. A server should answer 503, not 401.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self.0.kind {
            ErrorKind::DeniedKid | ErrorKind::Stopped => false,
            ErrorKind::Unavailable => true,
            ErrorKind::UnknownKid => !self.0.decided || self.0.failure.is_some(),
        }
    }

    /// When a fetch may next be attempted, in wall time.
    #[must_use]
    pub fn retry_at(&self) -> Option<SystemTime> {
        self.0.retry_at
    }

    /// Since when no keys have been held, in wall time.
    #[must_use]
    pub fn unavailable_since(&self) -> Option<SystemTime> {
        self.0.since
    }

    /// The failure of the last fetch.
    #[must_use]
    pub fn last_failure(&self) -> Option<&FetchError> {
        self.0.failure.as_ref()
    }

    pub(crate) fn denied_kid() -> Self {
        Self::new(ErrorKind::DeniedKid, None, None, None, true)
    }

    pub(crate) fn stopped() -> Self {
        Self::new(ErrorKind::Stopped, None, None, None, true)
    }

    pub(crate) fn unavailable(
        since: Option<SystemTime>,
        retry_at: Option<SystemTime>,
        failure: Option<FetchError>,
    ) -> Self {
        Self::new(ErrorKind::Unavailable, since, retry_at, failure, false)
    }

    /// The issuer has been asked: it has no such key, or (with `failure`) has not answered.
    pub(crate) fn unknown_kid(retry_at: Option<SystemTime>, failure: Option<FetchError>) -> Self {
        Self::new(ErrorKind::UnknownKid, None, retry_at, failure, true)
    }

    /// The held set lacks the kid, and the caller did not wait for the issuer's answer.
    pub(crate) fn undecided_kid() -> Self {
        Self::new(ErrorKind::UnknownKid, None, None, None, false)
    }

    fn new(
        kind: ErrorKind,
        since: Option<SystemTime>,
        retry_at: Option<SystemTime>,
        failure: Option<FetchError>,
        decided: bool,
    ) -> Self {
        Self(Arc::new(Repr { kind, since, retry_at, failure, decided }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.0.kind, self.is_retryable()) {
            (ErrorKind::DeniedKid, _) => "the kid is denied by hand",
            (ErrorKind::Stopped, _) => "the key cache has been stopped",
            (ErrorKind::Unavailable, _) => "no keys are available",
            (ErrorKind::UnknownKid, false) => "the key set has no key of that kid",
            (ErrorKind::UnknownKid, true) => {
                "the held key set has no key of that kid, and the issuer's is not known yet"
            }
        })
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.failure.as_ref().map(|failure| failure as _)
    }
}
