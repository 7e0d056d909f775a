//! Why a request is refused, before it is said in the words of a protocol.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::StatusCode;
use jwks_core::verify::Error;

use crate::Reason;
use crate::text::scope_list;

mod row;

pub(crate) use self::row::Row;

/// Why a request is refused.
///
/// A guard makes it, and so does a check of your own: [`forbidden`](Self::forbidden),
/// [`insufficient_scope`](Self::insufficient_scope), [`revoked`](Self::revoked),
/// [`step_up`](Self::step_up) or [`unavailable`](Self::unavailable). What it is answered with is
/// for [`Realm::answer`](crate::Realm::answer) to say.
///
/// A check that is given to a [`Call`](jwks_core::verify::Call) or an
/// [`Issuer`](jwks_core::verify::Issuer) may return it too: it is recognised in the verifier's
/// error.
///
/// Its text is for logs. It never holds the token or the value of a claim, but what a check of your
/// own has given as its source.
#[derive(Clone, Debug)]
pub struct Refusal(Repr);

type Source = Arc<dyn StdError + Send + Sync>;

#[derive(Clone, Debug)]
enum Repr {
    /// The claims of the token are bound to a certificate; none, or another one came.
    Certificate,
    Dpop,
    Forbidden(Option<Source>),
    InsufficientScope(Arc<str>),
    InvalidRequest(&'static str),
    NoCredential,
    NoGuard(&'static str),
    NotBound,
    OtherScheme,
    Revoked,
    StepUp {
        acr_values: Arc<str>,
        max_age: Option<Duration>,
    },
    Token(Error),
    Unavailable {
        retry_after: Option<Duration>,
        source: Option<Source>,
    },
    UncheckedBinding,
}

impl Refusal {
    /// The caller may not do this: a role, a group, or a tenant is not the right one. 403.
    #[must_use]
    pub const fn forbidden() -> Self {
        Self(Repr::Forbidden(None))
    }

    /// As [`forbidden`](Self::forbidden), with the reason for the log.
    #[must_use]
    pub fn forbidden_because(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(Repr::Forbidden(Some(source.into().into())))
    }

    /// The token lacks a scope; these are all that the operation needs. 403, and the challenge names
    /// them (RFC 6750, section 3.1).
    #[must_use]
    pub fn insufficient_scope<'s>(needed: impl IntoIterator<Item = &'s str>) -> Self {
        Self(Repr::InsufficientScope(scope_list(needed).into()))
    }

    /// A stronger or newer login is wanted (RFC 9470): one of these authentication contexts, if any
    /// are given, and a login that is not older than `max_age`, if that is given. 401.
    #[must_use]
    pub fn step_up<'s>(
        acr_values: impl IntoIterator<Item = &'s str>,
        max_age: Option<Duration>,
    ) -> Self {
        Self(Repr::StepUp { acr_values: scope_list(acr_values).into(), max_age })
    }

    /// The token is no longer good: revoked, or its session has ended. 401, `invalid_token`.
    #[must_use]
    pub const fn revoked() -> Self {
        Self(Repr::Revoked)
    }

    /// A check cannot be made now: its store does not answer. 503, with `Retry-After` if a time is
    /// given.
    #[must_use]
    pub const fn unavailable(retry_after: Option<Duration>) -> Self {
        Self(Repr::Unavailable { retry_after, source: None })
    }

    /// As [`unavailable`](Self::unavailable), with the reason for the log.
    #[must_use]
    pub fn unavailable_because(
        retry_after: Option<Duration>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self(Repr::Unavailable { retry_after, source: Some(source.into().into()) })
    }

    /// Nothing was presented where a token is needed. 401 without an error code.
    #[must_use]
    pub const fn no_credential() -> Self {
        Self(Repr::NoCredential)
    }

    pub(crate) const fn certificate() -> Self {
        Self(Repr::Certificate)
    }

    pub(crate) const fn dpop() -> Self {
        Self(Repr::Dpop)
    }

    pub(crate) const fn invalid_request(what: &'static str) -> Self {
        Self(Repr::InvalidRequest(what))
    }

    pub(crate) const fn no_guard(what: &'static str) -> Self {
        Self(Repr::NoGuard(what))
    }

    pub(crate) const fn not_bound() -> Self {
        Self(Repr::NotBound)
    }

    pub(crate) const fn other_scheme() -> Self {
        Self(Repr::OtherScheme)
    }

    pub(crate) const fn unchecked_binding() -> Self {
        Self(Repr::UncheckedBinding)
    }

    /// The reason, for metrics and logs.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match &self.0 {
            Repr::Certificate => Reason::CertificateMismatch,
            Repr::Dpop => Reason::DpopNotSupported,
            Repr::Forbidden(_) => Reason::Forbidden,
            Repr::InsufficientScope(_) => Reason::InsufficientScope,
            Repr::InvalidRequest(_) => Reason::InvalidRequest,
            Repr::NoCredential => Reason::NoCredential,
            Repr::NoGuard(_) => Reason::NoGuard,
            Repr::NotBound => Reason::NotBound,
            Repr::OtherScheme => Reason::OtherScheme,
            Repr::Revoked => Reason::Revoked,
            Repr::StepUp { .. } => Reason::InsufficientUserAuthentication,
            Repr::Token(error) => Reason::of(error),
            Repr::Unavailable { .. } => Reason::CheckUnavailable,
            Repr::UncheckedBinding => Reason::UncheckedBinding,
        }
    }

    /// The verifier's error, if it is a token's.
    #[must_use]
    pub const fn error(&self) -> Option<&Error> {
        match &self.0 {
            Repr::Token(error) => Some(error),
            _ => None,
        }
    }

    /// Whether the service itself is at fault, so that somebody should look: the key cache was
    /// stopped, or a handler asks for a caller where no guard runs.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        matches!(self.reason(), Reason::NoGuard | Reason::Stopped)
    }

    /// How long to wait before the same request may pass, if that is known.
    pub(crate) fn retry_after(&self, now: SystemTime) -> Option<Duration> {
        match &self.0 {
            Repr::Token(error) if error.is_retryable() => {
                Some(error.retry_at()?.duration_since(now).unwrap_or_default())
            }
            Repr::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// The refusal that a check of one's own has returned, or the error itself.
impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        if let Some(own) = error.check_error().and_then(|own| own.downcast_ref::<Self>()) {
            return own.clone();
        }
        if error.status_code() != StatusCode::FORBIDDEN {
            return Self(Repr::Token(error));
        }
        #[cfg(feature = "cognito")]
        if jwks_cognito::Refusal::of(&error) == Some(jwks_cognito::Refusal::MissingScope) {
            return Self::insufficient_scope([]);
        }
        Self(Repr::Forbidden(Some(Arc::new(error))))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Certificate => f.write_str(
                "the token is bound to a client certificate, and this connection has no or another one",
            ),
            Repr::Dpop => f.write_str("a DPoP token was presented; DPoP is not supported"),
            Repr::Forbidden(_) => f.write_str("the caller may not do this"),
            Repr::InsufficientScope(needed) if needed.is_empty() => {
                f.write_str("the token lacks a scope")
            }
            Repr::InsufficientScope(needed) => {
                write!(f, "the token lacks a scope; needed are `{needed}`")
            }
            Repr::InvalidRequest(what) | Repr::NoGuard(what) => f.write_str(what),
            Repr::NoCredential => f.write_str("no token was presented"),
            Repr::NotBound => f.write_str("the token is not bound to its sender, and has to be"),
            Repr::OtherScheme => {
                f.write_str("another authentication scheme than Bearer was presented")
            }
            Repr::Revoked => f.write_str("the token was revoked"),
            Repr::StepUp { .. } => f.write_str("a stronger or newer login is wanted"),
            Repr::Token(error) => fmt::Display::fmt(error, f),
            Repr::Unavailable { .. } => f.write_str("a check of the service could not be made"),
            Repr::UncheckedBinding => f.write_str(
                "the token is bound to its sender (`cnf`) in a way that the guard does not check",
            ),
        }
    }
}

impl StdError for Refusal {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0 {
            Repr::Forbidden(source) | Repr::Unavailable { source, .. } => {
                source.as_ref().map(|source| &**source as _)
            }
            Repr::Token(error) => error.source(),
            _ => None,
        }
    }
}
