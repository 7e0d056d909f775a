//! Which row of the table of answers a refusal is.

use std::time::Duration;

use jwks_core::verify::ErrorKind;

use super::{Refusal, Repr};

/// What is answered, before realm and protocol come to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Row<'r> {
    /// 403, without a scope: a check of one's own.
    Forbidden,
    /// 403: these are needed, or those of the realm if this is empty.
    InsufficientScope(&'r str),
    /// 500: the service is at fault.
    Internal,
    /// 400.
    InvalidRequest,
    /// 401, `invalid_token`, with a description if the caller may know more.
    InvalidToken(Option<&'static str>),
    /// 401, without an error code.
    NoCredential,
    /// 401, RFC 9470.
    StepUp { acr_values: &'r str, max_age: Option<Duration> },
    /// 503, no challenge.
    Unavailable,
    /// 401 as [`InvalidToken`](Self::InvalidToken), or 503 if the realm says so.
    Undecided,
}

impl Refusal {
    pub(crate) fn row(&self) -> Row<'_> {
        match &self.0 {
            Repr::Certificate
            | Repr::Dpop
            | Repr::NotBound
            | Repr::Revoked
            | Repr::UncheckedBinding => Row::InvalidToken(None),
            Repr::Forbidden(_) => Row::Forbidden,
            Repr::InsufficientScope(needed) => Row::InsufficientScope(needed),
            Repr::InvalidRequest(_) => Row::InvalidRequest,
            Repr::NoCredential | Repr::OtherScheme => Row::NoCredential,
            Repr::NoGuard(_) => Row::Internal,
            Repr::StepUp { acr_values, max_age } => Row::StepUp { acr_values, max_age: *max_age },
            Repr::Token(error) if !error.is_caller_fault() => Row::Unavailable,
            Repr::Token(error) if error.is_undecided() => Row::Undecided,
            Repr::Token(error) if error.kind() == ErrorKind::Expired => {
                Row::InvalidToken(Some(EXPIRED))
            }
            Repr::Token(_) => Row::InvalidToken(None),
            Repr::Unavailable { .. } => Row::Unavailable,
        }
    }
}

/// The words of RFC 6750, section 3.
const EXPIRED: &str = "The access token expired";
