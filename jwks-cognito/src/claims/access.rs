//! Access tokens.

use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{CognitoClaims, CustomClaims};
use crate::TokenUse;

/// The claims of an access token
/// ([Understanding the access token](https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html)).
///
/// Times are in seconds since the Unix epoch, and are already checked. Claims that have no field
/// here are read into `extra`, a type of your own:
///
/// ```
/// use jwks_cognito::AccessClaims;
///
/// #[derive(serde::Deserialize)]
/// struct Tenant {
///     tenant: String, // added by a pre token generation trigger
/// }
///
/// fn tenant(claims: &AccessClaims<Tenant>) -> &str {
///     &claims.extra.tenant
/// }
/// ```
///
/// Its debug form shows no claim.
#[derive(Clone, Default, Deserialize, PartialEq)]
#[non_exhaustive]
pub struct AccessClaims<E = ()> {
    /// When the user signed in.
    pub auth_time: Option<u64>,
    /// The app client that the token was issued to.
    pub client_id: String,
    /// The device that the user signed in with, if devices are remembered.
    pub device_key: Option<String>,
    /// The sign-in: all tokens of one sign-in have the same value.
    pub event_id: Option<String>,
    /// When the token expires.
    pub exp: u64,
    /// The user's groups (`cognito:groups`); often none.
    #[serde(default, rename = "cognito:groups")]
    pub groups: Vec<String>,
    /// When the token was issued.
    pub iat: Option<u64>,
    /// The issuer, which is that of the pool.
    pub iss: String,
    /// The id of the token.
    pub jti: Option<String>,
    /// The id of the refresh token that this token came from. If that is revoked, so are all its
    /// tokens.
    pub origin_jti: Option<String>,
    /// What the token permits, separated by spaces: see [`has_scope`](Self::has_scope).
    pub scope: Option<String>,
    /// The user's unchanging id in the pool. For a machine, this is its client id.
    pub sub: String,
    /// The user's name in the pool. `None` for a token of a machine.
    pub username: Option<String>,
    /// The version of the token's format.
    pub version: Option<u64>,
    /// The pool's own attributes (`custom:…`), if a trigger adds them to access tokens.
    #[serde(flatten)]
    pub custom: CustomClaims,
    /// All claims that have no field here.
    #[serde(flatten)]
    pub extra: E,
}

impl<E> AccessClaims<E> {
    /// Whether the user is in this group.
    #[must_use]
    pub fn has_group(&self, group: &str) -> bool {
        self.groups.iter().any(|one| one == group)
    }

    /// Whether the token has this scope: `openid`, `orders/read`.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes().any(|one| one == scope)
    }

    /// The scopes, one by one (RFC 6749, section 3.3).
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        let scopes = self.scope.as_deref().unwrap_or_default();
        scopes.split(' ').filter(|scope| !scope.is_empty())
    }

    /// Whether the token was issued to a program that signed in as itself, by the grant of client
    /// credentials, and not to a user's app
    /// ([Scopes, M2M, and resource servers](https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html)).
    ///
    /// No claim says so directly. Such a token has no `username`, and its `sub` is the client's id.
    /// Both are checked, so that one odd claim alone does not turn a user into a machine.
    #[must_use]
    pub fn is_machine_to_machine(&self) -> bool {
        self.username.is_none() && self.sub == self.client_id
    }
}

impl<E: DeserializeOwned> CognitoClaims for AccessClaims<E> {
    const TOKEN_USE: TokenUse = TokenUse::Access;
}

impl<E> fmt::Debug for AccessClaims<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessClaims").finish_non_exhaustive()
    }
}
