//! Why a token is refused that is otherwise valid.

use std::error::Error as StdError;

use jwks_core::verify::{Error, InvalidToken};

/// Why a token is refused although its signature, its times and its issuer are valid.
///
/// The text of the core's [`Error`] says it too. The error's kind is then
/// [`CheckFailed`](jwks_core::verify::ErrorKind::CheckFailed), and [`Refusal::of`] returns this:
///
/// ```
/// use jwks_cognito::Refusal;
///
/// fn why(error: &jwks_core::verify::Error) -> &'static str {
///     match Refusal::of(error) {
///         Some(refusal) if refusal.is_forbidden() => "you may not do this",
///         Some(_) => "this token is not for us",
///         None => "this token is not valid, or could not be judged",
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// `cognito:groups` has none of the required groups.
    #[error("the user is in none of the required groups (`cognito:groups`)")]
    MissingGroup,
    /// `scope` has none of the required scopes.
    #[error("the token has none of the required scopes (`scope`)")]
    MissingScope,
    /// It was issued to another app client: `aud` of an ID token, `client_id` of an access token.
    #[error("the token was issued to another app client (`client_id`; of an ID token `aud`)")]
    WrongClient,
    /// Its `token_use` is missing or not accepted, as for a refresh token.
    #[error("the use of the token is not accepted (`token_use`)")]
    WrongTokenUse,
}

impl Refusal {
    /// The refusal that caused this error, if it is one of this crate.
    #[must_use]
    pub fn of(error: &Error) -> Option<Self> {
        error.check_error()?.downcast_ref().copied()
    }

    /// Whether the token is for this service, but its user may not do this (403,
    /// `insufficient_scope`). Otherwise the token is not for this service (401, `invalid_token`).
    #[must_use]
    pub const fn is_forbidden(self) -> bool {
        matches!(self, Self::MissingGroup | Self::MissingScope)
    }

    /// The error that makes the core answer as [`is_forbidden`](Self::is_forbidden) says.
    pub(crate) fn into_source(self) -> Box<dyn StdError + Send + Sync> {
        if self.is_forbidden() { self.into() } else { InvalidToken::new(self).into() }
    }
}
