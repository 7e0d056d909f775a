//! The names of the settings, as they are written in a file or in the environment.

use jwks_core::refresh::PolicySettings;

/// A setting of this crate's, in the order of the table of settings.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
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

/// Every name that has a meaning: ours, those of the policy with `jwks_` before them, and the
/// original's for them.
pub(super) fn known() -> Vec<String> {
    let ours = Setting::ALL.into_iter().map(|setting| setting.name().to_owned());
    let policy = PolicySettings::NAMES.iter().map(|name| policy_name(name));
    let original = ORIGINAL.iter().map(|(name, _)| (*name).to_owned());
    ours.chain(policy).chain(original).collect()
}

/// What the core's setting of a policy is called here.
pub(super) fn policy_name(name: &str) -> String {
    format!("jwks_{name}")
}

/// Whether a variable of this name was meant for us, though we do not know it: the environment is
/// full of others.
pub(super) fn is_meant_for_us(name: &str) -> bool {
    name.starts_with("jwks_") || name.starts_with("user_pool_")
}

/// What the Python package calls settings of the policy.
pub(super) const ORIGINAL: [(&str, &str); 3] = [
    ("jwks_cache_interval", "interval"),
    ("jwks_cache_strategy", "strategy"),
    ("jwks_cache_usages", "usages"),
];

/// Of the original, without a meaning here. The secret is for signing in, which is not done here,
/// and is not kept. The other two are for tokens that the service signs itself: a user pool's are
/// always RS256.
pub(super) const IDLE: [&str; 3] = ["jwt_algorithm", "jwt_secret_key", "user_pool_client_secret"];
