//! The names of the settings, which are those of the code.

use crate::refresh::PolicySettings;

/// What an issuer has of its own, whatever stands beside the list of issuers.
pub(super) const OWN: &[&str] = &[
    "issuer",
    "trust_domain",
    "also",
    "jwks_uri",
    "discover",
    "discover_oauth",
    "discovery_url",
    "keys_file",
    "label",
    "optional",
    "tenants",
    "any_tenant",
];

/// What can be said for all issuers at once. Settings that stand together are one decision: an
/// issuer that says one of them says all.
pub(super) const SHARED: &[&[&str]] = &[
    &["audience", "audiences", "any_audience"],
    &["algorithms"],
    &["leeway"],
    &["types", "also_types"],
    &["required_claims"],
    &["azp"],
    &["allow_loopback_http"],
    &["allow_http_hosts"],
    &["jwks_uri_hosts"],
    &["public_addresses_only"],
    &["without_iss"],
    &["max_age_without_exp"],
    &["any_sub"],
];

pub(super) const ISSUERS: &str = "issuers";
pub(super) const MAX_TOKEN_LEN: &str = "max_token_len";
pub(super) const POLICY: &str = "policy";
pub(super) const REMEMBER_SIGNATURES: &str = "remember_signatures";

/// The names in the table of one issuer.
pub(super) fn of_issuer() -> Vec<&'static str> {
    let mut names = OWN.to_vec();
    names.extend(SHARED.iter().copied().flatten());
    names.push(POLICY);
    names.extend(PolicySettings::NAMES);
    names
}

/// The names at the top of a file.
pub(super) fn of_verifier() -> Vec<&'static str> {
    let mut names = of_issuer();
    names.extend([MAX_TOKEN_LEN, REMEMBER_SIGNATURES, ISSUERS]);
    names
}

/// The names in the environment, which has no tables.
pub(super) fn of_variables() -> Vec<&'static str> {
    let mut names = of_verifier();
    names.retain(|name| ![POLICY, ISSUERS].contains(name));
    names
}
