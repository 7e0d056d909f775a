//! Why a token was refused, or could not be judged.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use http::StatusCode;

mod answer;
mod kind;
mod make;
#[cfg(test)]
mod tests;

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
    CheckFailed { status: StatusCode, source: Source },
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
