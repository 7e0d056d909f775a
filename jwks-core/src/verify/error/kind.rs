//! What happened to a token, and the table of answers.

/// What happened to a token.
///
#[doc = include_str!("../errors.md")]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Its `alg` is `none`, symmetric, unknown, or not one of those configured.
    AlgorithmNotAllowed,
    /// It is valid, but a check of your own refused it.
    CheckFailed,
    /// It is valid, but its claims do not fit the requested type.
    ClaimsShape,
    /// Its header demands an extension (`crit`, `b64`); none is supported.
    CriticalHeader,
    /// Its `kid` was denied by hand ([`KeyCache::deny_kid`](crate::cache::KeyCache::deny_kid)).
    DeniedKid,
    /// Its `exp` is reached.
    Expired,
    /// No key that may have signed it made its signature.
    InvalidSignature,
    /// It is not a signed JWT in compact form, or a part of it has the wrong shape.
    Malformed,
    /// A required claim is missing.
    MissingClaim,
    /// It has no `kid`, and the configured rule does not choose a key.
    MissingKid,
    /// Its key is known, but is not for its `alg`, or cannot be used.
    NoUsableKey,
    /// Its `nbf` is not reached yet.
    NotYetValid,
    /// No keys are held, and none will be fetched: the key cache was stopped.
    Stopped,
    /// Its `typ` is not one of those allowed.
    TypeNotAllowed,
    /// No keys could be fetched to check it with.
    Unavailable,
    /// The issuer's set has no key with its `kid`.
    UnknownKid,
    /// Its `aud` has none of the audiences configured.
    WrongAudience,
    /// A claim that you asked for by name, `nonce` or `azp`, has another value.
    WrongClaim,
    /// Its `iss` is not one of the issuers configured.
    WrongIssuer,
}

impl ErrorKind {
    /// The results of validations in metrics: that of a token that was accepted, and then one for
    /// each kind, in their order.
    #[cfg(feature = "metrics")]
    pub(crate) const RESULTS: &'static [&'static str] = &[
        "ok",
        "algorithm_not_allowed",
        "check_failed",
        "claims_shape",
        "critical_header",
        "denied_kid",
        "expired",
        "invalid_signature",
        "malformed",
        "missing_claim",
        "missing_kid",
        "no_usable_key",
        "not_yet_valid",
        "stopped",
        "type_not_allowed",
        "unavailable",
        "unknown_kid",
        "wrong_audience",
        "wrong_claim",
        "wrong_issuer",
    ];

    /// Every kind there is.
    #[cfg(test)]
    pub(crate) const ALL: &'static [Self] = &[
        Self::AlgorithmNotAllowed,
        Self::CheckFailed,
        Self::ClaimsShape,
        Self::CriticalHeader,
        Self::DeniedKid,
        Self::Expired,
        Self::InvalidSignature,
        Self::Malformed,
        Self::MissingClaim,
        Self::MissingKid,
        Self::NoUsableKey,
        Self::NotYetValid,
        Self::Stopped,
        Self::TypeNotAllowed,
        Self::Unavailable,
        Self::UnknownKid,
        Self::WrongAudience,
        Self::WrongClaim,
        Self::WrongIssuer,
    ];
}
