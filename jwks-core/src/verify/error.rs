//! Why a token was refused, or could not be judged.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use crate::keys::{Skipped, text};

mod kind;

pub use kind::ErrorKind;

/// A token was refused, or could not be judged.
///
/// Cheap to clone. Neither its text nor its debug form holds the token or the value of a claim;
/// what it shows of the header (`kid`, `alg`, `typ`) is escaped and shortened.
///
/// Its [`Debug`](fmt::Debug) form is the text and those of its sources in one line, fit for a log: it
/// is what a `main` that returns the error prints. `{:#?}` shows the parts.
#[derive(Clone)]
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
            Repr::DeniedKid(_) => ErrorKind::DeniedKid,
            Repr::Expired => ErrorKind::Expired,
            Repr::InvalidSignature(_) => ErrorKind::InvalidSignature,
            Repr::Malformed(_) => ErrorKind::Malformed,
            Repr::MissingClaim(_) => ErrorKind::MissingClaim,
            Repr::MissingKid(_) => ErrorKind::MissingKid,
            Repr::NoUsableKey { .. } | Repr::SkippedKey { .. } => ErrorKind::NoUsableKey,
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

    /// Whether the token itself is at fault, as far as anybody can know, so that its bearer should
    /// be told (401, or 403 for a check of one's own). `false` if it could not be judged for want of
    /// keys (503).
    #[must_use]
    pub fn is_caller_fault(&self) -> bool {
        match &*self.0 {
            Repr::Stopped(_) | Repr::Unavailable { .. } => false,
            // Not so for bad signatures: anybody can send as many as it likes, and an outage does
            // not change what they are.
            Repr::SkippedKey { open, .. } | Repr::UnknownKid { open, .. } => {
                !matches!(open, Open::Failed { .. })
            }
            _ => true,
        }
    }

    /// Whether the same token may pass later without anybody changing it: keys could not be had,
    /// or its key may be one that the issuer has just begun to sign with.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match &*self.0 {
            Repr::Unavailable { .. } => true,
            _ => self.open().is_some_and(|open| !matches!(open, Open::Decided)),
        }
    }

    /// Whether no held key is the token's, and the issuer has not said since the call began that it
    /// has no other: it was not asked, a cache on the way answered in its place, or the fetch for a
    /// signature failed. Most such tokens are invalid, so the answer is 401; but a good one passes soon, so it
    /// [is retryable](Self::is_retryable) too, from [`retry_at`](Self::retry_at) on.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.is_retryable() && self.is_caller_fault()
    }

    /// When keys are fetched again at the earliest, if that is known: before it, the same token
    /// gets the same answer.
    #[must_use]
    pub fn retry_at(&self) -> Option<SystemTime> {
        match &*self.0 {
            Repr::Unavailable { retry_at, .. } => *retry_at,
            _ => match self.open()? {
                Open::Decided => None,
                Open::Failed { retry_at, .. } | Open::Undecided { retry_at } => *retry_at,
            },
        }
    }

    /// The refusal of a token whose key the issuer has not been asked for.
    pub(crate) fn undecided(self, retry_at: Option<SystemTime>) -> Self {
        self.left_open(Open::Undecided { retry_at })
    }

    /// The refusal of a token whose key the issuer could not be asked for, for this reason.
    pub(crate) fn failed(self, retry_at: Option<SystemTime>, source: Source) -> Self {
        self.left_open(Open::Failed { retry_at, source })
    }

    /// Whether the issuer has had the last word.
    fn open(&self) -> Option<&Open> {
        match &*self.0 {
            Repr::InvalidSignature(open)
            | Repr::NoUsableKey { open, .. }
            | Repr::SkippedKey { open, .. }
            | Repr::UnknownKid { open, .. } => Some(open),
            _ => None,
        }
    }

    fn left_open(self, open: Open) -> Self {
        match &*self.0 {
            Repr::InvalidSignature(_) => Repr::InvalidSignature(open).into(),
            Repr::NoUsableKey { algorithm, kid, .. } => {
                let kid = Quoted(kid.0.clone());
                Repr::NoUsableKey { algorithm, kid, open }.into()
            }
            Repr::SkippedKey { kid, why, .. } => {
                Repr::SkippedKey { kid: kid.clone(), why: why.clone(), open }.into()
            }
            Repr::UnknownKid { kid, .. } => Repr::UnknownKid { kid: kid.clone(), open }.into(),
            _ => self,
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

    pub(crate) fn denied_kid(kid: &str) -> Self {
        Repr::DeniedKid(text::escaped(kid)).into()
    }

    pub(crate) fn expired() -> Self {
        Repr::Expired.into()
    }

    pub(crate) fn invalid_signature() -> Self {
        Repr::InvalidSignature(Open::Decided).into()
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
        let kid = Quoted(kid.map(text::escaped));
        Repr::NoUsableKey { algorithm, kid, open: Open::Decided }.into()
    }

    pub(crate) fn not_yet_valid() -> Self {
        Repr::NotYetValid.into()
    }

    /// The issuer publishes a key of this kid that cannot be used.
    pub(crate) fn skipped_key(kid: &str, skipped: &Skipped) -> Self {
        let why = skipped.reason().to_string().into();
        Repr::SkippedKey { kid: text::escaped(kid), why, open: Open::Decided }.into()
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

    /// The issuer has no key of this kid.
    pub(crate) fn unknown_kid(kid: &str) -> Self {
        Repr::UnknownKid { kid: text::escaped(kid), open: Open::Decided }.into()
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
        write!(f, "{self}")?;
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self.open() {
            Some(Open::Failed { source, .. }) => Some(source.as_ref()),
            _ => self.0.source(),
        }
    }
}

impl From<Repr> for Error {
    fn from(repr: Repr) -> Self {
        Self(Arc::new(repr))
    }
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
    #[error("the key `{0}` is denied by hand")]
    DeniedKid(Box<str>),
    #[error("the token has expired")]
    Expired,
    #[error("the signature is not valid{0}")]
    InvalidSignature(Open),
    #[error("malformed token: {0}")]
    Malformed(Cow<'static, str>),
    #[error("the claim `{0}` is missing")]
    MissingClaim(Box<str>),
    #[error("the token has no `kid`, and {0}")]
    MissingKid(&'static str),
    #[error("no key{kid} is for the algorithm `{algorithm}`{open}")]
    NoUsableKey { algorithm: &'static str, kid: Quoted, open: Open },
    #[error("the token is not valid yet")]
    NotYetValid,
    #[error("the issuer's key `{kid}` cannot be used: {why}{open}")]
    SkippedKey { kid: Box<str>, why: Box<str>, open: Open },
    #[error("no keys to verify with, and no more are fetched")]
    Stopped(#[source] Source),
    #[error("the token has no `typ`, and one is required")]
    TypeMissing,
    #[error("the token type `{0}` is not allowed")]
    TypeNotAllowed(Box<str>),
    #[error("no keys to verify with")]
    Unavailable { retry_at: Option<SystemTime>, source: Option<Source> },
    #[error("the key set has no key `{kid}`{open}")]
    UnknownKid { kid: Box<str>, open: Open },
    #[error("the token is for another audience")]
    WrongAudience,
    #[error("the claim `{0}` is not what was asked for")]
    WrongClaim(&'static str),
    #[error("the token is from another issuer")]
    WrongIssuer,
}

/// Whether a token's key may still be found.
#[derive(Debug)]
enum Open {
    /// No: the issuer has had its say, or no key could mend the token.
    Decided,
    /// The issuer could not be asked.
    Failed { retry_at: Option<SystemTime>, source: Source },
    /// The issuer was not asked.
    Undecided { retry_at: Option<SystemTime> },
}

/// What goes after the refusal.
impl fmt::Display for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decided => Ok(()),
            Self::Failed { .. } => f.write_str("; the issuer could not be asked for a newer key"),
            Self::Undecided { .. } => f.write_str("; the issuer was not asked for a newer key yet"),
        }
    }
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

    /// What a `main` that returns the error prints.
    #[test]
    fn the_debug_form_is_the_text_with_its_sources() {
        let source = Box::new(std::io::Error::other("no network"));
        let error = Error::unavailable(None, Some(source));
        assert_eq!(format!("{error:?}"), "no keys to verify with: no network");
        assert_eq!(format!("{:?}", Error::expired()), "the token has expired");
        assert!(format!("{error:#?}").starts_with("Error("));
    }
}
