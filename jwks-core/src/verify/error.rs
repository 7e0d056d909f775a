//! Why a token was refused, or could not be judged.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use crate::keys::text;

/// A token was refused, or could not be judged.
///
/// Cheap to clone. Neither its text nor its debug form holds the token or the value of a claim;
/// what it shows of the header (`kid`, `alg`, `typ`) is escaped and shortened.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(Arc<Repr>);

impl Error {
    /// What happened.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match *self.0 {
            Repr::AlgorithmNotAllowed(_) => ErrorKind::AlgorithmNotAllowed,
            Repr::CheckFailed(_) => ErrorKind::CheckFailed,
            Repr::ClaimsShape(_) => ErrorKind::ClaimsShape,
            Repr::CriticalHeader(_) => ErrorKind::CriticalHeader,
            Repr::Expired => ErrorKind::Expired,
            Repr::InvalidSignature => ErrorKind::InvalidSignature,
            Repr::Malformed(_) => ErrorKind::Malformed,
            Repr::MissingClaim(_) => ErrorKind::MissingClaim,
            Repr::MissingKid(_) => ErrorKind::MissingKid,
            Repr::NoUsableKey { .. } => ErrorKind::NoUsableKey,
            Repr::NotYetValid => ErrorKind::NotYetValid,
            Repr::Stopped(_) => ErrorKind::Stopped,
            Repr::TypeNotAllowed(_) | Repr::TypeMissing => ErrorKind::TypeNotAllowed,
            Repr::Unavailable { .. } => ErrorKind::Unavailable,
            Repr::UnknownKid { .. } => ErrorKind::UnknownKid,
            Repr::WrongAudience => ErrorKind::WrongAudience,
            Repr::WrongClaim(_) => ErrorKind::WrongClaim,
            Repr::WrongIssuer => ErrorKind::WrongIssuer,
        }
    }

    /// Whether the token itself is at fault, so that its bearer should be told (401). `false` if
    /// it could not be judged for want of keys (503).
    #[must_use]
    pub fn is_caller_fault(&self) -> bool {
        !matches!(*self.0, Repr::Stopped(_)) && !self.is_retryable()
    }

    /// Whether the same token may pass later without anybody changing it: keys could not be had,
    /// or could not be refreshed to look for the token's `kid`.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(*self.0, Repr::Unavailable { .. } | Repr::UnknownKid { source: Some(_), .. })
    }

    /// When keys are fetched again at the earliest, if that is known: before it, the same token
    /// gets the same answer.
    #[must_use]
    pub fn retry_at(&self) -> Option<SystemTime> {
        match *self.0 {
            Repr::Unavailable { retry_at, .. } | Repr::UnknownKid { retry_at, .. } => retry_at,
            _ => None,
        }
    }

    pub(crate) fn algorithm_not_allowed(name: &str) -> Self {
        Repr::AlgorithmNotAllowed(text::escaped(name)).into()
    }

    /// `source` is the caller's own.
    pub(crate) fn check_failed(source: Source) -> Self {
        Repr::CheckFailed(source).into()
    }

    /// `type_name` is that of the caller's claims; serde's own message may quote values.
    pub(crate) fn claims_shape(type_name: &'static str) -> Self {
        Repr::ClaimsShape(type_name).into()
    }

    pub(crate) fn critical_header(member: &'static str) -> Self {
        Repr::CriticalHeader(member).into()
    }

    pub(crate) fn expired() -> Self {
        Repr::Expired.into()
    }

    pub(crate) fn invalid_signature() -> Self {
        Repr::InvalidSignature.into()
    }

    pub(crate) fn malformed(what: impl Into<Cow<'static, str>>) -> Self {
        Repr::Malformed(what.into()).into()
    }

    pub(crate) fn missing_claim(name: &str) -> Self {
        Repr::MissingClaim(name.into()).into()
    }

    pub(crate) fn missing_kid(why: &'static str) -> Self {
        Repr::MissingKid(why).into()
    }

    pub(crate) fn no_usable_key(kid: Option<&str>, algorithm: &'static str) -> Self {
        Repr::NoUsableKey { algorithm, kid: Quoted(kid.map(text::escaped)) }.into()
    }

    pub(crate) fn not_yet_valid() -> Self {
        Repr::NotYetValid.into()
    }

    /// Nobody fetches keys any more.
    pub(crate) fn stopped(source: Source) -> Self {
        Repr::Stopped(source).into()
    }

    pub(crate) fn type_missing() -> Self {
        Repr::TypeMissing.into()
    }

    pub(crate) fn type_not_allowed(typ: &str) -> Self {
        Repr::TypeNotAllowed(text::escaped(typ)).into()
    }

    /// No keys at all; `source` says why.
    pub(crate) fn unavailable(retry_at: Option<SystemTime>, source: Option<Source>) -> Self {
        Repr::Unavailable { retry_at, source }.into()
    }

    /// The set has no such `kid`; `failure` is that of the fetch that should have found it.
    pub(crate) fn unknown_kid(
        kid: &str,
        retry_at: Option<SystemTime>,
        failure: Option<Source>,
    ) -> Self {
        Repr::UnknownKid { kid: text::escaped(kid), retry_at, source: failure }.into()
    }

    pub(crate) fn wrong_audience() -> Self {
        Repr::WrongAudience.into()
    }

    /// `name` is that of a claim that was asked for by name.
    pub(crate) fn wrong_claim(name: &'static str) -> Self {
        Repr::WrongClaim(name).into()
    }

    pub(crate) fn wrong_issuer() -> Self {
        Repr::WrongIssuer.into()
    }
}

impl From<Repr> for Error {
    fn from(repr: Repr) -> Self {
        Self(Arc::new(repr))
    }
}

/// What happened to a token.
///
#[doc = include_str!("errors.md")]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Its `alg` is `none`, symmetric, unknown, or not among those configured.
    AlgorithmNotAllowed,
    /// It is valid, but a check of one's own refused it.
    CheckFailed,
    /// It is valid, but its claims do not fit the type that was asked for.
    ClaimsShape,
    /// Its header demands an extension (`crit`, `b64`); none is supported.
    CriticalHeader,
    /// Its `exp` has come.
    Expired,
    /// None of the keys it may be signed with made its signature.
    InvalidSignature,
    /// It is not a signed JWT in compact form, or a part of it has the wrong shape.
    Malformed,
    /// It lacks a claim that is needed.
    MissingClaim,
    /// It has no `kid`, and which key to use is not decided by the configured rule.
    MissingKid,
    /// Its key is held, but is not for its `alg`.
    NoUsableKey,
    /// Its `nbf` has not come.
    NotYetValid,
    /// No keys are held, and nobody fetches any more: the driver is gone.
    Stopped,
    /// Its `typ` is not one of those allowed.
    TypeNotAllowed,
    /// No keys could be had to judge it by.
    Unavailable,
    /// The issuer's set has no key with its `kid`.
    UnknownKid,
    /// Its `aud` has none of the audiences configured.
    WrongAudience,
    /// A claim that was asked for by name, `nonce` or `azp`, has another value.
    WrongClaim,
    /// Its `iss` is none of the issuers configured.
    WrongIssuer,
}

impl ErrorKind {
    /// Every kind there is.
    #[cfg(test)]
    pub(crate) const ALL: &'static [Self] = &[
        Self::AlgorithmNotAllowed,
        Self::CheckFailed,
        Self::ClaimsShape,
        Self::CriticalHeader,
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

/// An error of a lower floor.
pub(crate) type Source = Box<dyn StdError + Send + Sync>;

#[derive(Debug, thiserror::Error)]
enum Repr {
    #[error("the algorithm `{0}` is not allowed")]
    AlgorithmNotAllowed(Box<str>),
    #[error("a check of this service refused the token")]
    CheckFailed(#[source] Source),
    #[error("the claims do not fit the type `{0}`")]
    ClaimsShape(&'static str),
    #[error("the header member `{0}` demands an extension that is not supported")]
    CriticalHeader(&'static str),
    #[error("the token has expired")]
    Expired,
    #[error("the signature is not valid")]
    InvalidSignature,
    #[error("malformed token: {0}")]
    Malformed(Cow<'static, str>),
    #[error("the claim `{0}` is missing")]
    MissingClaim(Box<str>),
    #[error("the token has no `kid`, and {0}")]
    MissingKid(&'static str),
    #[error("no key{kid} is for the algorithm `{algorithm}`")]
    NoUsableKey { algorithm: &'static str, kid: Quoted },
    #[error("the token is not valid yet")]
    NotYetValid,
    #[error("no keys to verify with, and none to come")]
    Stopped(#[source] Source),
    #[error("the token has no `typ`, and one is required")]
    TypeMissing,
    #[error("the token type `{0}` is not allowed")]
    TypeNotAllowed(Box<str>),
    #[error("no keys to verify with")]
    Unavailable { retry_at: Option<SystemTime>, source: Option<Source> },
    #[error("the key set has no key `{kid}`")]
    UnknownKid { kid: Box<str>, retry_at: Option<SystemTime>, source: Option<Source> },
    #[error("the token is for another audience")]
    WrongAudience,
    #[error("the claim `{0}` is not what was asked for")]
    WrongClaim(&'static str),
    #[error("the token is from another issuer")]
    WrongIssuer,
}

/// A `kid` in the middle of a sentence, or nothing.
#[derive(Debug)]
struct Quoted(Option<Box<str>>);

impl fmt::Display for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |kid| write!(f, " `{kid}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_kind() {
        let table = include_str!("errors.md");
        for kind in ErrorKind::ALL {
            assert!(table.contains(&format!("| `{kind:?}` |")), "{kind:?}");
        }
    }
}
