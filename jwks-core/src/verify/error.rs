//! Why a token was refused, or could not be checked.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::StatusCode;

use super::spiffe::SpiffeIdError;
use super::tenants::Unresolved;
use crate::cache::{self, FetchError};
use crate::keys::text::{Chain, OneLine};

mod answer;
mod kind;
mod make;
mod parts;
#[cfg(test)]
mod tests;

pub use kind::ErrorKind;
use parts::{Hidden, OneOf, OtherIssuer, Quoted, Within};
#[cfg(test)]
pub(crate) use tests::all_errors;

/// A token was refused, or could not be checked.
///
/// Cheap to clone. Neither its text nor its debug form holds the token or the value of a claim.
/// What it shows of the header (`kid`, `alg`, `typ`) is escaped and shortened.
///
/// Its text says what is wrong and why: it includes the failure of the fetch
/// ([`last_failure`](Self::last_failure)), or the reason of a check
/// ([`check_error`](Self::check_error)). [`source`](StdError::source) is the cause of these. The
/// [`Debug`](fmt::Debug) form shows all of it in one line, for a log; a `main` that returns the
/// error prints it. `{:#?}` shows the parts.
#[derive(Clone)]
pub struct Error(Arc<Repr>);

impl Error {
    /// Why the keys could not be fetched, if the token could not be checked because of that.
    #[must_use]
    pub fn last_failure(&self) -> Option<&FetchError> {
        match self.open() {
            Some(Open::Failed { failure, .. }) => Some(failure),
            _ => self.cache_error()?.last_failure(),
        }
    }

    /// The error of the key cache, if no keys could be fetched: it says since when, and what is
    /// being waited for.
    #[must_use]
    pub fn cache_error(&self) -> Option<&cache::Error> {
        match &*self.0 {
            Repr::Stopped { cause, .. } | Repr::Unavailable { cause, .. } => Some(cause),
            _ => None,
        }
    }

    /// The error of your own check, if that refused the token. You can downcast it to your type.
    #[must_use]
    pub fn check_error(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        match &*self.0 {
            Repr::CheckFailed { source, .. } => Some(source.as_ref()),
            _ => None,
        }
    }

    /// The `aud` of a token that is for another audience: who its issuer meant it for. Its
    /// signature was valid. This is never part of a text or a log. Empty for any other error.
    pub fn token_audience(&self) -> impl Iterator<Item = &str> {
        let theirs = match &*self.0 {
            Repr::WrongAudience { theirs, .. } => theirs.0.as_slice(),
            _ => &[],
        };
        theirs.iter().map(AsRef::as_ref)
    }

    /// The claim that is missing, or that has another value than was asked for.
    pub(crate) fn claim_name(&self) -> Option<&str> {
        match &*self.0 {
            Repr::MissingClaim(name) => Some(name),
            Repr::Endless => Some("exp"),
            Repr::NotSpiffeId(_) => Some("sub"),
            Repr::WrongClaim(name) => Some(name),
            _ => None,
        }
    }

    /// Whether no issuer has the token's `iss`.
    pub(crate) fn is_of_no_issuer(&self) -> bool {
        matches!(&*self.0, Repr::WrongIssuer(OtherIssuer::ThanAll(_)))
    }

    /// Whether it is not known whether the token's issuer is accepted.
    pub(super) fn is_unresolved(&self) -> bool {
        matches!(&*self.0, Repr::Unresolved(_))
    }

    /// Whether the issuer may still have the token's key.
    fn open(&self) -> Option<&Open> {
        match &*self.0 {
            Repr::InvalidSignature(open)
            | Repr::NoUsableKey { open, .. }
            | Repr::SkippedKey { open, .. }
            | Repr::UnknownKid { open, .. } => Some(open),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return f.debug_tuple("Error").field(&self.0).finish();
        }
        write!(f, "{}", Chain(self))
    }
}

/// The source, unless its text is already part of the error's own text.
impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &*self.0 {
            Repr::CheckFailed { source, .. } => source.source(),
            _ => self.last_failure()?.source(),
        }
    }
}

impl From<Repr> for Error {
    fn from(repr: Repr) -> Self {
        Self(Arc::new(repr))
    }
}

/// An error of the user's own.
type Source = Box<dyn StdError + Send + Sync>;

#[derive(Debug)]
enum Repr {
    AlgorithmNotAllowed { name: Box<str>, allowed: Option<OneOf> },
    CheckFailed { status: StatusCode, source: Source },
    ClaimsShape { claim: Option<Box<str>>, type_name: &'static str },
    CriticalHeader(&'static str),
    DeniedKid(Box<str>),
    Endless,
    Expired(Within),
    InvalidSignature(Open),
    IssuedInFuture(Within),
    Malformed(Cow<'static, str>),
    MissingClaim(Box<str>),
    MissingKid(&'static str),
    NoUsableKey { algorithm: &'static str, kid: Quoted, open: Open },
    NotSpiffeId(SpiffeIdError),
    NotYetValid(Within),
    SkippedKey { kid: Box<str>, why: Box<str>, open: Open },
    Stopped { issuer: Box<str>, cause: cache::Error },
    TooOld { max_age: Duration, leeway: Within },
    TypeMissing,
    TypeNotAllowed(Box<str>),
    Unavailable { issuer: Box<str>, cause: cache::Error },
    UnknownKid { issuer: Box<str>, kid: Box<str>, open: Open },
    Unresolved(Unresolved),
    WrongAudience { ours: OneOf, theirs: Hidden },
    WrongClaim(&'static str),
    WrongIssuer(OtherIssuer),
}

impl fmt::Display for Repr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlgorithmNotAllowed { name, allowed: None } => {
                write!(f, "the algorithm `{name}` is not allowed")
            }
            Self::AlgorithmNotAllowed { name, allowed: Some(allowed) } => {
                write!(f, "the algorithm `{name}` is not allowed: expected is {allowed}")
            }
            Self::CheckFailed { source, .. } => {
                write!(f, "a check of this service refused the token: {}", OneLine(source))
            }
            Self::ClaimsShape { claim: Some(claim), type_name } => {
                write!(f, "the claim `{claim}` does not fit the type `{type_name}`")
            }
            Self::ClaimsShape { claim: None, type_name } => {
                write!(f, "the claims do not fit the type `{type_name}`")
            }
            Self::CriticalHeader(member) => {
                write!(f, "the header member `{member}` demands an extension that is not supported")
            }
            Self::DeniedKid(kid) => write!(f, "the key `{kid}` is denied by hand, with `deny_kid`"),
            Self::Endless => f.write_str(
                "the token has neither `exp` nor `iat`, and one of them is required (setting \
                 `max_age_without_exp`)",
            ),
            Self::Expired(leeway) => write!(f, "the token has expired, by its `exp`{leeway}"),
            Self::InvalidSignature(open) => write!(f, "the signature is not valid{open}"),
            Self::IssuedInFuture(leeway) => write!(
                f,
                "the token is not valid yet: it has no `exp`, and its `iat` lies in the future{leeway}"
            ),
            Self::Malformed(what) => write!(f, "malformed token: {what}"),
            Self::MissingClaim(name) => write!(f, "the claim `{name}` is missing"),
            Self::MissingKid(why) => {
                write!(f, "the token has no `kid`, and {why} (setting `kidless`)")
            }
            Self::NoUsableKey { algorithm, kid, open } => {
                write!(f, "no key{kid} is for the algorithm `{algorithm}`{open}")
            }
            Self::NotSpiffeId(why) => write!(f, "the claim `sub` is {why}"),
            Self::NotYetValid(leeway) => {
                write!(f, "the token is not valid yet, by its `nbf`{leeway}")
            }
            Self::SkippedKey { kid, why, open } => {
                write!(f, "the issuer's key `{kid}` cannot be used: {why}{open}")
            }
            Self::Stopped { issuer, cause } | Self::Unavailable { issuer, cause } => {
                write!(f, "tokens of `{issuer}` cannot be verified: {cause}")
            }
            Self::TooOld { max_age, leeway } => write!(
                f,
                "the token has expired: it has no `exp`, and by its `iat` is older than {}{leeway}",
                humantime::format_duration(*max_age)
            ),
            Self::TypeMissing => {
                f.write_str("the token has no `typ`, and one is required (setting `types`)")
            }
            Self::TypeNotAllowed(typ) => {
                write!(f, "the token type `{typ}` is not allowed (settings `types`, `also_type`)")
            }
            Self::UnknownKid { issuer, kid, open } => {
                write!(f, "the key set of `{issuer}` has no key `{kid}`{open}")
            }
            Self::Unresolved(why) => why.fmt(f),
            Self::WrongAudience { ours, .. } => {
                write!(f, "the token is for another audience: expected is {ours}")
            }
            Self::WrongClaim(name) => write!(f, "the claim `{name}` is not the expected one"),
            Self::WrongIssuer(issuer) => issuer.fmt(f),
        }
    }
}

/// Whether a token's key may still be found.
#[derive(Debug)]
enum Open {
    /// No: the issuer was asked, or no key would help the token.
    Decided,
    /// The issuer could not be asked.
    Failed { retry_at: Option<SystemTime>, failure: FetchError },
    /// The issuer was not asked.
    Undecided { retry_at: Option<SystemTime> },
}

/// What goes after the refusal.
impl fmt::Display for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decided => Ok(()),
            Self::Failed { failure, .. } => {
                write!(f, "; the issuer could not be asked for a newer key: {failure}")
            }
            Self::Undecided { .. } => f.write_str("; the issuer was not asked for a newer key yet"),
        }
    }
}
