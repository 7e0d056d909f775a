//! The settings of one user pool.

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
/// Build them in code, or read them with serde from one flat table (TOML, JSON, YAML), or from
/// environment variables ([`from_vars`](Self::from_vars)). The names are those of the Python
/// package auth-middleware. Every number and flag may be text. A missing setting has its default.
/// An unknown name, a value out of range, and settings that cannot work together are errors, which
/// name the setting, the value and what is allowed. The parser of a file may add the line where a
/// table begins, which can show a secret of that line: the crate toml adds it in the error's
/// `Display`, but not in its `message()`.
///
#[doc = include_str!("settings.md")]
///
/// To start from settings for a common case, give [`policy`](Self::policy) a preset of [`Policy`],
/// name the preset in the file (`jwks_preset = "fleet"`), or copy one of these files:
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
    /// Both `any_client` and client ids were given.
    contradictory: bool,
    issuer_type: IssuerType,
    /// The user's own, if given.
    issuer: Option<String>,
    endpoint: Endpoint,
    /// The user's own, if given.
    jwks_uri: Option<String>,
    allow_loopback_http: bool,
    leeway: Duration,
    policy: Policy,
}

/// Whose tokens pass.
impl CognitoSettings {
    /// The settings of this pool, with defaults. You must also say which app clients' tokens pass:
    /// [`client_id`](Self::client_id) or [`any_client`](Self::any_client).
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

    /// Accepts tokens that were issued to this app client. Call it again to accept several. The app
    /// client is in `aud` of an ID token, and in `client_id` of an access token. Cannot be combined
    /// with [`any_client`](Self::any_client).
    pub fn client_id(mut self, id: impl Into<Box<str>>) -> Self {
        self.contradictory |= self.demands.clients == Clients::Any;
        self.demands.clients.add(id.into());
        self
    }

    /// Accepts tokens of any app client of the pool, also of other services. Cannot be combined
    /// with [`client_id`](Self::client_id).
    pub fn any_client(mut self) -> Self {
        self.contradictory |= matches!(self.demands.clients, Clients::OneOf(_));
        self.demands.clients = Clients::Any;
        self
    }

    /// Sets which tokens can pass. Default: [`TokenUse::Either`]; then only the claims type that
    /// you ask for decides.
    pub const fn token_use(mut self, token_use: TokenUse) -> Self {
        self.demands.token_use = token_use;
        self
    }

    /// Requires a user in this group (`cognito:groups`). Call it again to accept several groups.
    pub fn group(mut self, group: impl Into<Box<str>>) -> Self {
        self.demands.groups.push(group.into());
        self
    }

    /// Requires this scope (`scope`). Call it again to accept any of several scopes. ID tokens have
    /// no scopes, so they do not pass then.
    pub fn scope(mut self, scope: impl Into<Box<str>>) -> Self {
        self.demands.scopes.push(scope.into());
        self
    }

    /// Sets how far Amazon's clock may differ from yours when `exp` and `nbf` are checked: at most
    /// 10 minutes. Default: 60 s.
    pub const fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }
}

/// Where its keys are, and when they are refreshed.
impl CognitoSettings {
    /// Sets which issuer type the pool has. Default: [`IssuerType::Original`].
    pub const fn issuer_type(mut self, issuer_type: IssuerType) -> Self {
        self.issuer_type = issuer_type;
        self
    }

    /// Sets the `iss` of the tokens, instead of the pool's own: for emulators. The key URL does not
    /// change.
    pub fn issuer(mut self, iss: impl Into<String>) -> Self {
        self.issuer = Some(iss.into());
        self
    }

    /// Sets which of Amazon's endpoints the keys come from. Default: [`Endpoint::Standard`].
    pub const fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = endpoint;
        self
    }

    /// Sets the `https` URL of the keys, instead of Amazon's: for proxies and emulators. The `iss`
    /// does not change.
    pub fn jwks_uri(mut self, uri: impl Into<String>) -> Self {
        self.jwks_uri = Some(uri.into());
        self
    }

    /// Allows a [`jwks_uri`](Self::jwks_uri) of plain `http` on this machine: for emulators.
    pub const fn allow_loopback_http(mut self) -> Self {
        self.allow_loopback_http = true;
        self
    }

    /// Sets when the keys are refreshed, and the limits. Default: [`Policy::default`].
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

/// Does not show the key URL, whose query may be a secret.
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
