//! ID tokens.

use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{CognitoClaims, CustomClaims};
use crate::TokenUse;

/// The claims of an ID token
/// ([Understanding the identity (ID) token](https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html)).
///
/// Times are in seconds since the Unix epoch, and are already checked. Claims that have no field
/// here, such as `given_name` or `identities`, are read into `extra`, a type of your own.
///
/// Its debug form shows no claim.
#[derive(Clone, Default, Deserialize, PartialEq)]
#[non_exhaustive]
pub struct IdClaims<E = ()> {
    /// The app client that the token was issued to.
    pub aud: String,
    /// When the user signed in.
    pub auth_time: Option<u64>,
    /// The user's address, if the app client may read it.
    pub email: Option<String>,
    /// Whether the user has shown that the address is theirs.
    pub email_verified: Option<bool>,
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
    /// The `nonce` that the app sent with its request to sign in. The app should compare it.
    pub nonce: Option<String>,
    /// The id of the refresh token that this token came from. If that is revoked, so are all its
    /// tokens.
    pub origin_jti: Option<String>,
    /// The IAM role of the user's group with the highest precedence (`cognito:preferred_role`).
    #[serde(rename = "cognito:preferred_role")]
    pub preferred_role: Option<String>,
    /// The IAM roles of the user's groups (`cognito:roles`).
    #[serde(default, rename = "cognito:roles")]
    pub roles: Vec<String>,
    /// The user's unchanging id in the pool.
    pub sub: String,
    /// The user's name in the pool (`cognito:username`).
    #[serde(rename = "cognito:username")]
    pub username: Option<String>,
    /// The pool's own attributes (`custom:…`).
    #[serde(flatten)]
    pub custom: CustomClaims,
    /// All claims that have no field here.
    #[serde(flatten)]
    pub extra: E,
}

impl<E> IdClaims<E> {
    /// The app client that the token was issued to: the `aud` of an ID token.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.aud
    }

    /// Whether the user is in this group.
    #[must_use]
    pub fn has_group(&self, group: &str) -> bool {
        self.groups.iter().any(|one| one == group)
    }
}

impl<E: DeserializeOwned> CognitoClaims for IdClaims<E> {
    const TOKEN_USE: TokenUse = TokenUse::Id;
}

impl<E> fmt::Debug for IdClaims<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdClaims").finish_non_exhaustive()
    }
}
