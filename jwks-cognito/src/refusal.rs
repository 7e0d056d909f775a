//! Why a token that is valid otherwise does not pass.

use std::error::Error as StdError;

use jwks_core::verify::{Error, InvalidToken};

/// What a token lacks that is valid otherwise: its signature, its times and its issuer are good.
///
/// The core's [`Error`] says it in its text; its kind is then
/// [`CheckFailed`](jwks_core::verify::ErrorKind::CheckFailed), and [`Refusal::of`] gives this:
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
    /// `cognito:groups` has none of the groups of which one is needed.
    #[error("the user is in none of the groups of which one is needed (`cognito:groups`)")]
    MissingGroup,
    /// `scope` has none of the scopes of which one is needed.
    #[error("the token has none of the scopes of which one is needed (`scope`)")]
    MissingScope,
    /// It was issued to another app client: `aud` of an ID token, `client_id` of an access token.
    #[error("the token was issued to another app client (`client_id`; of an ID token `aud`)")]
    WrongClient,
    /// Its `token_use` is another, as that of a refresh token, or is missing.
    #[error("the token is for another use than is wanted (`token_use`)")]
    WrongTokenUse,
}

impl Refusal {
    /// The refusal that this error tells of, if it is one of ours.
    #[must_use]
    pub fn of(error: &Error) -> Option<Self> {
        error.check_error()?.downcast_ref().copied()
    }

    /// Whether the bearer is known but may not do this (403, `insufficient_scope`); else the token
    /// is not for us (401, `invalid_token`).
    #[must_use]
    pub const fn is_forbidden(self) -> bool {
        matches!(self, Self::MissingGroup | Self::MissingScope)
    }

    /// The error that makes the core answer as [`is_forbidden`](Self::is_forbidden) says.
    pub(crate) fn into_source(self) -> Box<dyn StdError + Send + Sync> {
        if self.is_forbidden() { self.into() } else { InvalidToken::new(self).into() }
    }
}
