//! Each error, as the place that finds it makes it.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use http::StatusCode;

use super::parts::shown;
use super::{Error, Hidden, OneOf, Open, OtherIssuer, Quoted, Repr, Source, Within};
use crate::cache::{self, FetchError};
use crate::keys::{Algorithm, Skipped, text};
use crate::verify::InvalidToken;
use crate::verify::SpiffeIdError;
use crate::verify::claims::Audience;
use crate::verify::tenants::Unresolved;

impl Error {
    /// The refusal of a token whose key the issuer has not been asked for.
    pub(crate) fn undecided(self, retry_at: Option<SystemTime>) -> Self {
        self.with_open(Open::Undecided { retry_at })
    }

    /// The refusal of a token whose key the issuer could not be asked for, for this reason.
    pub(crate) fn failed(self, retry_at: Option<SystemTime>, failure: FetchError) -> Self {
        self.with_open(Open::Failed { retry_at, failure })
    }

    /// Nobody may use it: `none`, or one that is not supported.
    pub(crate) fn algorithm_not_allowed(name: &str) -> Self {
        Repr::AlgorithmNotAllowed { name: text::escaped(name), allowed: None }.into()
    }

    /// It is not among those configured.
    pub(crate) fn algorithm_not_among(algorithm: Algorithm, allowed: &[Algorithm]) -> Self {
        let allowed = Some(OneOf::new(allowed.iter().map(|allowed| allowed.name())));
        Repr::AlgorithmNotAllowed { name: algorithm.name().into(), allowed }.into()
    }

    /// `source` is the caller's own.
    pub(crate) fn check_failed(source: Source) -> Self {
        let (status, source) = match source.downcast::<InvalidToken>() {
            Ok(invalid) => (StatusCode::UNAUTHORIZED, invalid.0),
            Err(source) => (StatusCode::FORBIDDEN, source),
        };
        Repr::CheckFailed { status, source }.into()
    }

    /// `type_name` is that of the caller's claims, and `claim` the name of the one that does not fit,
    /// if that can be told; serde's own message may quote values.
    pub(crate) fn claims_shape(type_name: &'static str, claim: Option<&str>) -> Self {
        Repr::ClaimsShape { claim: claim.map(text::escaped), type_name }.into()
    }

    pub(crate) fn critical_header(member: &'static str) -> Self {
        Repr::CriticalHeader(member).into()
    }

    pub(crate) fn denied_kid(kid: &str) -> Self {
        Repr::DeniedKid(text::escaped(kid)).into()
    }

    /// Without `exp`, a token needs an `iat`.
    pub(crate) fn endless() -> Self {
        Repr::Endless.into()
    }

    pub(crate) fn expired(leeway: Duration) -> Self {
        Repr::Expired(Within(leeway)).into()
    }

    pub(crate) fn invalid_signature() -> Self {
        Repr::InvalidSignature(Open::Decided).into()
    }

    /// What should be the ID of a JWT-SVID is none.
    pub(crate) fn no_spiffe_id(why: SpiffeIdError) -> Self {
        Repr::NotSpiffeId(why).into()
    }

    /// By `iat`, where that stands for `exp`.
    pub(crate) fn issued_in_future(leeway: Duration) -> Self {
        Repr::IssuedInFuture(Within(leeway)).into()
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

    pub(crate) fn not_yet_valid(leeway: Duration) -> Self {
        Repr::NotYetValid(Within(leeway)).into()
    }

    /// The issuer publishes a key of this kid that cannot be used.
    pub(crate) fn skipped_key(kid: &str, skipped: &Skipped) -> Self {
        let why = skipped.reason().to_string().into();
        Repr::SkippedKey { kid: text::escaped(kid), why, open: Open::Decided }.into()
    }

    /// Nobody fetches the keys of this issuer any more.
    pub(crate) fn stopped(issuer: &str, cause: cache::Error) -> Self {
        Repr::Stopped { issuer: shown(issuer), cause }.into()
    }

    /// By `iat`, where that stands for `exp`.
    pub(crate) fn too_old(max_age: Duration, leeway: Duration) -> Self {
        Repr::TooOld { max_age, leeway: Within(leeway) }.into()
    }

    pub(crate) fn type_missing() -> Self {
        Repr::TypeMissing.into()
    }

    pub(crate) fn type_not_allowed(typ: &str) -> Self {
        Repr::TypeNotAllowed(text::escaped(typ)).into()
    }

    /// No keys of this issuer at all.
    pub(crate) fn unavailable(issuer: &str, cause: cache::Error) -> Self {
        Repr::Unavailable { issuer: shown(issuer), cause }.into()
    }

    /// The issuer has no key of this kid.
    pub(crate) fn unknown_kid(issuer: &str, kid: &str) -> Self {
        let (issuer, kid) = (shown(issuer), text::escaped(kid));
        Repr::UnknownKid { issuer, kid, open: Open::Decided }.into()
    }

    /// It is not known yet whether the token's issuer is accepted.
    pub(in crate::verify) fn unresolved(why: Unresolved) -> Self {
        Repr::Unresolved(why).into()
    }

    pub(crate) fn wrong_audience(ours: &[Box<str>], theirs: &Audience<'_>) -> Self {
        let theirs = match theirs {
            Audience::Many(many) => many.iter().map(|one| one.as_ref().into()).collect(),
            Audience::One(one) => vec![one.as_ref().into()],
        };
        let ours = OneOf::new(ours.iter().map(AsRef::as_ref));
        Repr::WrongAudience { ours, theirs: Hidden(theirs) }.into()
    }

    /// `name` is that of a claim that was asked for by name.
    pub(crate) fn wrong_claim(name: &'static str) -> Self {
        Repr::WrongClaim(name).into()
    }

    /// The token's own `iss` is compared, and not kept.
    pub(crate) fn wrong_issuer(ours: &str, theirs: &str) -> Self {
        Repr::WrongIssuer(OtherIssuer::new(ours, theirs)).into()
    }

    /// `iss` and `tid` disagree.
    pub(crate) fn other_tenant() -> Self {
        Repr::WrongIssuer(OtherIssuer::TwoTenants).into()
    }

    /// The issuer has many tenants, and the token's is none of ours.
    pub(crate) fn tenant_refused(ours: &str) -> Self {
        Repr::WrongIssuer(OtherIssuer::Tenant { ours: shown(ours) }).into()
    }

    /// The token is from none of so many.
    pub(crate) fn no_such_issuer(configured: usize) -> Self {
        Repr::WrongIssuer(OtherIssuer::ThanAll(configured)).into()
    }

    fn with_open(self, open: Open) -> Self {
        match &*self.0 {
            Repr::InvalidSignature(_) => Repr::InvalidSignature(open).into(),
            Repr::NoUsableKey { algorithm, kid, .. } => {
                let kid = Quoted(kid.0.clone());
                Repr::NoUsableKey { algorithm, kid, open }.into()
            }
            Repr::SkippedKey { kid, why, .. } => {
                Repr::SkippedKey { kid: kid.clone(), why: why.clone(), open }.into()
            }
            Repr::UnknownKid { issuer, kid, .. } => {
                let (issuer, kid) = (issuer.clone(), kid.clone());
                Repr::UnknownKid { issuer, kid, open }.into()
            }
            _ => self,
        }
    }
}
