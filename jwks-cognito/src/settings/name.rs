//! The names of the settings, as they are written in a file or in the environment.

/// A setting of this crate's, in the order of the table of settings.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Setting {
    PoolId,
    Region,
    ClientId,
    TokenUse,
    Groups,
    Scopes,
    Leeway,
    JwksUrlTemplate,
    AllowLoopbackHttp,
    Endpoint,
    Issuer,
    IssuerType,
    VerificationDisabled,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Name {
    /// Of the original, without a meaning here.
    Idle,
    Ours(Setting),
    /// The core's to judge.
    Policy,
    Unknown,
}

impl Setting {
    pub(super) const ALL: [Self; 13] = [
        Self::PoolId,
        Self::Region,
        Self::ClientId,
        Self::TokenUse,
        Self::Groups,
        Self::Scopes,
        Self::Leeway,
        Self::JwksUrlTemplate,
        Self::AllowLoopbackHttp,
        Self::Endpoint,
        Self::Issuer,
        Self::IssuerType,
        Self::VerificationDisabled,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::AllowLoopbackHttp => "jwks_allow_loopback_http",
            Self::ClientId => "user_pool_client_id",
            Self::Endpoint => "user_pool_endpoint",
            Self::Groups => "user_pool_groups",
            Self::Issuer => "user_pool_issuer",
            Self::IssuerType => "user_pool_issuer_type",
            Self::JwksUrlTemplate => "jwks_url_template",
            Self::Leeway => "jwt_leeway",
            Self::PoolId => "user_pool_id",
            Self::Region => "user_pool_region",
            Self::Scopes => "user_pool_scopes",
            Self::TokenUse => "user_pool_token_use",
            Self::VerificationDisabled => "jwt_token_verification_disabled",
        }
    }
}

impl Name {
    /// In any case: environment variables are often upper case.
    pub(super) fn of(name: &str) -> Self {
        let is = |known: &&str| known.eq_ignore_ascii_case(name);
        if let Some(setting) = Setting::ALL.into_iter().find(|setting| is(&setting.name())) {
            Self::Ours(setting)
        } else if IDLE.iter().any(is) {
            Self::Idle
        } else if starts_with(name, "jwks_") {
            Self::Policy
        } else {
            Self::Unknown
        }
    }

    /// Whether a variable of this name is meant for us: the environment is full of others.
    pub(super) fn is_meant_for_us(self, name: &str) -> bool {
        self != Self::Unknown || starts_with(name, "user_pool_")
    }
}

fn starts_with(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// The secret is for signing in, which is not done here, and is not kept. The other two are for
/// tokens that the service signs itself: a user pool's are always RS256.
const IDLE: [&str; 3] = ["jwt_algorithm", "jwt_secret_key", "user_pool_client_secret"];
