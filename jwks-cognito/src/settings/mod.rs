//! What is configured for one user pool.

use std::fmt;
use std::time::Duration;

use jwks_core::refresh::Policy;

use crate::check::{Clients, Demands};
use crate::{Endpoint, IssuerType, TokenUse, UserPoolId};

mod name;
mod read;
mod resolve;
mod template;
#[cfg(test)]
mod tests;

/// The settings of one user pool: whose tokens pass, and when its keys are refreshed.
///
/// Made in code, by value, or read with serde from one flat table (TOML, JSON, YAML), or from
/// variables of the environment ([`from_vars`](Self::from_vars)). The names are those of the
/// Python package auth-middleware; every number and flag may be text. What is missing has its
/// default; a name that is not known, a value out of range, and settings that cannot work together
/// are refused with an error that names the setting, the value and what is allowed. The parser of a
/// file may add to it the line where a table begins, secrets and all: that of the crate toml does in
/// its `Display`, not in its `message()`.
///
#[doc = include_str!("settings.md")]
///
/// To start from settings for a common case, give [`policy`](Self::policy) a preset of [`Policy`],
/// name it in the file (`jwks_preset = "fleet"`), or copy one of these files:
///
/// High traffic:
/// ```toml
#[doc = include_str!("examples/high_traffic.toml")]
/// ```
/// Low traffic, high security:
/// ```toml
#[doc = include_str!("examples/high_security.toml")]
/// ```
/// Development:
/// ```toml
#[doc = include_str!("examples/development.toml")]
/// ```
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use jwks_cognito::{CognitoSettings, TokenUse};
///
/// let settings = CognitoSettings::new("eu-west-1_Ab12Cd34E".parse()?)
///     .client_id("4f7example")
///     .token_use(TokenUse::Access)
///     .leeway(Duration::from_secs(5));
///
/// let read: CognitoSettings = toml::from_str(r#"
///     user_pool_id = "eu-west-1_Ab12Cd34E"
///     user_pool_client_id = "4f7example"
///     user_pool_token_use = "access"
///     jwt_leeway = 5
/// "#)?;
/// assert_eq!(read, settings);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq)]
#[must_use]
pub struct CognitoSettings {
    pool: UserPoolId,
    demands: Demands,
    /// That any client will do, and which ones will.
    contradictory: bool,
    issuer_type: IssuerType,
    /// Of one's own.
    issuer: Option<String>,
    endpoint: Endpoint,
    /// Of one's own.
    jwks_uri: Option<String>,
    allow_loopback_http: bool,
    leeway: Duration,
    policy: Policy,
}

/// Whose tokens pass.
impl CognitoSettings {
    /// The pool, and all else at its default. For which clients its tokens are has still to be
    /// said: [`client_id`](Self::client_id) or [`any_client`](Self::any_client).
    pub fn new(pool: UserPoolId) -> Self {
        Self {
            pool,
            demands: Demands::default(),
            contradictory: false,
            issuer_type: IssuerType::default(),
            issuer: None,
            endpoint: Endpoint::default(),
            jwks_uri: None,
            allow_loopback_http: false,
            leeway: Duration::from_secs(60),
            policy: Policy::default(),
        }
    }

    /// Tokens must have been issued to this app client, or to another one given before: an ID
    /// token says so in `aud`, an access token in `client_id`. Not beside
    /// [`any_client`](Self::any_client).
    pub fn client_id(mut self, id: impl Into<Box<str>>) -> Self {
        self.contradictory |= self.demands.clients == Clients::Any;
        self.demands.clients.add(id.into());
        self
    }

    /// Tokens issued to any app client of the pool pass, those of other services among them. Not
    /// beside [`client_id`](Self::client_id).
    pub fn any_client(mut self) -> Self {
        self.contradictory |= matches!(self.demands.clients, Clients::OneOf(_));
        self.demands.clients = Clients::Any;
        self
    }

    /// Which tokens pass at all. Default: [`TokenUse::Either`], and the claims type that is asked
    /// for decides.
    pub const fn token_use(mut self, token_use: TokenUse) -> Self {
        self.demands.token_use = token_use;
        self
    }

    /// The user must be in this group (`cognito:groups`), or in another one given before.
    pub fn group(mut self, group: impl Into<Box<str>>) -> Self {
        self.demands.groups.push(group.into());
        self
    }

    /// The token must have this scope (`scope`), or another one given before. Only access tokens
    /// have scopes, so no ID token passes then.
    pub fn scope(mut self, scope: impl Into<Box<str>>) -> Self {
        self.demands.scopes.push(scope.into());
        self
    }

    /// How far Amazon's clock and this one may be apart for `exp` and `nbf`: at most 10 minutes.
    /// Default: 60 s.
    pub const fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }
}

/// Where its keys are, and when they are refreshed.
impl CognitoSettings {
    /// Which issuer the pool has. Default: [`IssuerType::Original`].
    pub const fn issuer_type(mut self, issuer_type: IssuerType) -> Self {
        self.issuer_type = issuer_type;
        self
    }

    /// The `iss` of its tokens, in place of the pool's own: for emulators. The key URL stays what
    /// it was.
    pub fn issuer(mut self, iss: impl Into<String>) -> Self {
        self.issuer = Some(iss.into());
        self
    }

    /// Which endpoint of Amazon's the keys come from. Default: [`Endpoint::Standard`].
    pub const fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = endpoint;
        self
    }

    /// The `https` URL its keys come from, in place of Amazon's: for proxies and emulators. The
    /// `iss` stays what it was.
    pub fn jwks_uri(mut self, uri: impl Into<String>) -> Self {
        self.jwks_uri = Some(uri.into());
        self
    }

    /// Allows a [`jwks_uri`](Self::jwks_uri) of plain `http` on this very machine: for emulators.
    pub const fn allow_loopback_http(mut self) -> Self {
        self.allow_loopback_http = true;
        self
    }

    /// When its keys are refreshed, and the limits. Default: [`Policy::default`].
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// The pool.
    #[must_use]
    pub const fn user_pool_id(&self) -> &UserPoolId {
        &self.pool
    }
}

/// Without the key URL: its query may be a secret.
impl fmt::Debug for CognitoSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CognitoSettings")
            .field("pool", &self.pool)
            .field("demands", &self.demands)
            .field("issuer_type", &self.issuer_type)
            .field("issuer", &self.issuer)
            .field("endpoint", &self.endpoint)
            .field("leeway", &self.leeway)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
