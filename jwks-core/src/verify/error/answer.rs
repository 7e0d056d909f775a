//! What an error means, and what a server should answer.

use std::time::SystemTime;

use http::StatusCode;

use super::{Error, ErrorKind, Open, Repr};

impl Error {
    /// What happened.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match *self.0 {
            Repr::AlgorithmNotAllowed { .. } => ErrorKind::AlgorithmNotAllowed,
            Repr::CheckFailed { .. } => ErrorKind::CheckFailed,
            Repr::ClaimsShape { .. } => ErrorKind::ClaimsShape,
            Repr::CriticalHeader(_) => ErrorKind::CriticalHeader,
            Repr::DeniedKid(_) => ErrorKind::DeniedKid,
            Repr::Expired(_) | Repr::TooOld { .. } => ErrorKind::Expired,
            Repr::InvalidSignature(_) => ErrorKind::InvalidSignature,
            Repr::Malformed(_) => ErrorKind::Malformed,
            Repr::Endless | Repr::MissingClaim(_) => ErrorKind::MissingClaim,
            Repr::MissingKid(_) => ErrorKind::MissingKid,
            Repr::NoUsableKey { .. } | Repr::SkippedKey { .. } => ErrorKind::NoUsableKey,
            Repr::IssuedInFuture(_) | Repr::NotYetValid(_) => ErrorKind::NotYetValid,
            Repr::Stopped { .. } => ErrorKind::Stopped,
            Repr::TypeNotAllowed(_) | Repr::TypeMissing => ErrorKind::TypeNotAllowed,
            Repr::Unavailable { .. } => ErrorKind::Unavailable,
            Repr::UnknownKid { .. } => ErrorKind::UnknownKid,
            Repr::Unresolved(why) if why.is_stopped() => ErrorKind::Stopped,
            Repr::Unresolved(_) => ErrorKind::Unavailable,
            Repr::WrongAudience { .. } => ErrorKind::WrongAudience,
            Repr::NotSpiffeId(_) | Repr::WrongClaim(_) => ErrorKind::WrongClaim,
            Repr::WrongIssuer(_) => ErrorKind::WrongIssuer,
        }
    }

    /// The HTTP status to answer with ([RFC 6750, section
    /// 3.1](https://www.rfc-editor.org/rfc/rfc6750#section-3.1)). It is one of these:
    ///
    /// - 401 if the token is not valid, or if the issuer has not been asked for its key yet;
    /// - 403 if a check of your own refused it (401 if the check returned
    ///   [`InvalidToken`](crate::verify::InvalidToken));
    /// - 503 if no keys could be fetched to check it with.
    ///
    /// Send [`retry_after`](Self::retry_after) with a 503, and with a 401 that [is
    /// retryable](Self::is_retryable). Send no `WWW-Authenticate` with a 503: a client would
    /// discard a good token.
    #[must_use]
    pub fn status_code(&self) -> StatusCode {
        match &*self.0 {
            Repr::AlgorithmNotAllowed { .. }
            | Repr::ClaimsShape { .. }
            | Repr::CriticalHeader(_)
            | Repr::DeniedKid(_)
            | Repr::Endless
            | Repr::Expired(_)
            | Repr::IssuedInFuture(_)
            | Repr::Malformed(_)
            | Repr::MissingClaim(_)
            | Repr::MissingKid(_)
            | Repr::NotSpiffeId(_)
            | Repr::NotYetValid(_)
            | Repr::TooOld { .. }
            | Repr::TypeMissing
            | Repr::TypeNotAllowed(_)
            | Repr::WrongAudience { .. }
            | Repr::WrongClaim(_)
            | Repr::WrongIssuer(_) => StatusCode::UNAUTHORIZED,
            Repr::CheckFailed { status, .. } => *status,
            // Anybody can send many such tokens, and an outage does not make them valid.
            Repr::InvalidSignature(_) | Repr::NoUsableKey { .. } => StatusCode::UNAUTHORIZED,
            Repr::SkippedKey { open, .. } | Repr::UnknownKid { open, .. } => match open {
                Open::Decided | Open::Undecided { .. } => StatusCode::UNAUTHORIZED,
                Open::Failed { .. } => StatusCode::SERVICE_UNAVAILABLE,
            },
            Repr::Stopped { .. } | Repr::Unavailable { .. } | Repr::Unresolved(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// Whether the token itself is at fault, as far as is known, so that you should tell the
    /// client: true if [`status_code`](Self::status_code) is 401 or 403.
    #[must_use]
    pub fn is_caller_fault(&self) -> bool {
        self.status_code() != StatusCode::SERVICE_UNAVAILABLE
    }

    /// Whether the same token may pass later: no keys could be fetched, or the issuer may have just
    /// begun to sign with its key.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match &*self.0 {
            Repr::Unavailable { .. } => true,
            Repr::Unresolved(why) => !why.is_stopped(),
            _ => self.open().is_some_and(|open| !matches!(open, Open::Decided)),
        }
    }

    /// Whether no held key fits the token, and the issuer has not confirmed since the call began
    /// that it has no other key. That is so if the issuer was not asked, if a cache on the way
    /// answered in its place, or if the fetch for a signature failed. Most such tokens are invalid,
    /// so the answer is 401. But a good one passes soon, so the error [is
    /// retryable](Self::is_retryable) too, from [`retry_at`](Self::retry_at) on.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.is_retryable() && self.is_caller_fault()
    }

    /// When the client should try again, if that is known. While a fetch runs, this is its
    /// deadline; else it is the earliest start of the next fetch.
    #[must_use]
    pub fn retry_at(&self) -> Option<SystemTime> {
        match &*self.0 {
            Repr::Unavailable { cause, .. } => cause.retry_at(),
            Repr::Unresolved(why) => why.retry_at,
            _ => match self.open()? {
                Open::Decided => None,
                Open::Failed { retry_at, .. } | Open::Undecided { retry_at } => *retry_at,
            },
        }
    }

    /// The value of a `Retry-After` header (RFC 9110, section 10.2.3): whole seconds from `now`,
    /// the wall clock's time, to [`retry_at`](Self::retry_at), rounded up, and at least 1. `None`
    /// if that time is not known, or if another try does not help.
    ///
    /// ```
    /// use std::time::SystemTime;
    ///
    /// /// The status, and what goes into `Retry-After`.
    /// fn answer(error: &jwks_core::verify::Error) -> (u16, Option<u64>) {
    ///     (error.status_code().as_u16(), error.retry_after(SystemTime::now()))
    /// }
    /// ```
    #[must_use]
    pub fn retry_after(&self, now: SystemTime) -> Option<u64> {
        let wait = self.retry_at()?.duration_since(now).unwrap_or_default();
        let begun = u64::from(wait.subsec_nanos() > 0);
        Some(wait.as_secs().saturating_add(begun).max(1))
    }
}
