//! Each error, as the place that finds it makes it.

use std::borrow::Cow;
use std::time::SystemTime;

use http::StatusCode;

use super::{Error, Open, Quoted, Repr, Source};
use crate::keys::{Skipped, text};
use crate::verify::InvalidToken;

impl Error {
    /// The refusal of a token whose key the issuer has not been asked for.
    pub(crate) fn undecided(self, retry_at: Option<SystemTime>) -> Self {
        self.left_open(Open::Undecided { retry_at })
    }

    /// The refusal of a token whose key the issuer could not be asked for, for this reason.
    pub(crate) fn failed(self, retry_at: Option<SystemTime>, source: Source) -> Self {
        self.left_open(Open::Failed { retry_at, source })
    }

    pub(crate) fn algorithm_not_allowed(name: &str) -> Self {
        Repr::AlgorithmNotAllowed(text::escaped(name)).into()
    }

    /// `source` is the caller's own.
    pub(crate) fn check_failed(source: Source) -> Self {
        let (status, source) = match source.downcast::<InvalidToken>() {
            Ok(invalid) => (StatusCode::UNAUTHORIZED, invalid.0),
            Err(source) => (StatusCode::FORBIDDEN, source),
        };
        Repr::CheckFailed { status, source }.into()
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
}
