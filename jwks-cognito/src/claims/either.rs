//! Tokens of both uses.

use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{AccessClaims, CognitoClaims, IdClaims};
use crate::TokenUse;

/// The claims of an access token or of an ID token, as its `token_use` says. Use it for services
/// that accept both.
///
/// The claim `token_use` itself is not passed to `E`.
///
/// Its debug form shows no claim.
#[derive(Clone, Deserialize, PartialEq)]
#[non_exhaustive]
#[serde(rename_all = "lowercase", tag = "token_use")]
pub enum EitherClaims<E = ()> {
    /// Of an access token.
    Access(AccessClaims<E>),
    /// Of an ID token.
    Id(IdClaims<E>),
}

impl<E> EitherClaims<E> {
    /// The app client that the token was issued to, read from the claim that the token has for it.
    #[must_use]
    pub fn client_id(&self) -> &str {
        match self {
            Self::Access(claims) => &claims.client_id,
            Self::Id(claims) => &claims.aud,
        }
    }

    /// The user's groups (`cognito:groups`); often none.
    #[must_use]
    pub fn groups(&self) -> &[String] {
        match self {
            Self::Access(claims) => &claims.groups,
            Self::Id(claims) => &claims.groups,
        }
    }

    /// Whether the user is in this group.
    #[must_use]
    pub fn has_group(&self, group: &str) -> bool {
        self.groups().iter().any(|one| one == group)
    }

    /// Whether the token has this scope. ID tokens have no scopes.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        matches!(self, Self::Access(claims) if claims.has_scope(scope))
    }

    /// Whether it was issued to a program that signed in as itself: see
    /// [`AccessClaims::is_machine_to_machine`].
    #[must_use]
    pub fn is_machine_to_machine(&self) -> bool {
        matches!(self, Self::Access(claims) if claims.is_machine_to_machine())
    }

    /// The user's unchanging id in the pool. For a machine, this is its client id.
    #[must_use]
    pub fn sub(&self) -> &str {
        match self {
            Self::Access(claims) => &claims.sub,
            Self::Id(claims) => &claims.sub,
        }
    }

    /// What the token is for.
    #[must_use]
    pub const fn token_use(&self) -> TokenUse {
        match self {
            Self::Access(_) => TokenUse::Access,
            Self::Id(_) => TokenUse::Id,
        }
    }

    /// The user's name in the pool. `None` for a token of a machine.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        match self {
            Self::Access(claims) => claims.username.as_deref(),
            Self::Id(claims) => claims.username.as_deref(),
        }
    }
}

impl<E: DeserializeOwned> CognitoClaims for EitherClaims<E> {
    const TOKEN_USE: TokenUse = TokenUse::Either;
}

impl<E> fmt::Debug for EitherClaims<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Access(claims) => claims.fmt(f),
            Self::Id(claims) => claims.fmt(f),
        }
    }
}
