//! What one validation expects of a token: what is configured, narrowed by the call.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::keys::Algorithm;

use super::claims::{Claims, NumericDate};
use super::error::Error;
use super::expectations::{AudienceRule, Expectations, same_type};
use super::header::Header;
use super::spiffe::{self, SpiffeId};
use super::templated::Templated;
use super::token::Token;

/// What a call expects besides what is configured, or in its place. Empty: nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Narrowed {
    /// Only those of the configured algorithms that are among these.
    pub(super) algorithms: Option<Vec<Algorithm>>,
    /// In place of those configured, if there are any.
    pub(super) audiences: Vec<Box<str>>,
    /// Only those of these types that are configured too, if there are any.
    pub(super) only_types: Vec<Box<str>>,
    /// These claims too.
    pub(super) required: Vec<Box<str>>,
}

/// Both, borrowed: a call copies nothing.
#[derive(Clone, Copy)]
pub(crate) struct Expected<'e> {
    configured: &'e Expectations,
    call: Option<&'e Narrowed>,
}

impl<'e> Expected<'e> {
    /// What is configured, and nothing else.
    pub(super) const fn configured(expectations: &'e Expectations) -> Self {
        Self { configured: expectations, call: None }
    }

    pub(super) const fn of_call(expectations: &'e Expectations, call: &'e Narrowed) -> Self {
        Self { configured: expectations, call: Some(call) }
    }

    /// Whether the token may have this `iss`.
    #[inline]
    pub(super) fn is_issuer(self, iss: &str) -> bool {
        self.configured.is_issuer(iss)
    }

    /// If they are templates.
    #[inline]
    pub(super) fn templated(self) -> Option<&'e Templated> {
        self.configured.templated()
    }

    /// The `iss` that the token must have, or the first of several.
    pub(super) fn issuer(self) -> &'e str {
        self.configured.issuer()
    }

    /// The same, to be shared.
    pub(super) const fn shared_issuer(self) -> &'e Arc<str> {
        self.configured.shared_issuer()
    }

    /// The token must name one of these; `None`: it may be for any audience.
    pub(super) fn audiences(self) -> Option<&'e [Box<str>]> {
        match (self.call, self.configured.audience()) {
            (Some(call), _) if !call.audiences.is_empty() => Some(&call.audiences),
            (_, AudienceRule::OneOf(ours)) => Some(ours),
            (_, AudienceRule::Any) => None,
        }
    }

    /// The claims that must be there.
    pub(super) fn required(self) -> impl Iterator<Item = &'e str> {
        let call = self.call.map(|call| call.required.as_slice()).unwrap_or_default();
        self.configured.required().iter().chain(call).map(|name| &**name)
    }

    /// What can be refused before a key is looked for.
    pub(crate) fn check_header(self, header: &Header<'_>) -> Result<(), Error> {
        let algorithm = header.algorithm;
        let called = self.call.and_then(|call| call.algorithms.as_ref());
        let by_call = |one: &Algorithm| called.is_none_or(|called| called.contains(one));
        let configured = self.configured.algorithms();
        if !configured.contains(&algorithm) || !by_call(&algorithm) {
            let allowed: Vec<_> = configured.iter().copied().filter(by_call).collect();
            return Err(Error::algorithm_not_among(algorithm, &allowed));
        }
        let typ = header.typ.as_deref();
        if self.configured.allows_type(typ) && self.call.is_none_or(|call| call.allows_type(typ)) {
            return Ok(());
        }
        Err(typ.map_or_else(Error::type_missing, Error::type_not_allowed))
    }

    /// Whether `sub` may be anything.
    #[inline]
    pub(super) const fn any_sub(self) -> bool {
        self.configured.lenience().any_sub
    }

    /// Whether `iss` may be missing.
    pub(super) const fn without_iss(self) -> bool {
        self.configured.lenience().without_iss
    }

    /// Whether the tokens are JWT-SVIDs.
    #[inline]
    pub(super) const fn is_svid(self) -> bool {
        self.configured.lenience().svid
    }

    /// SPIFFE JWT-SVID, section 3.1.
    fn check_trust_domain(self, claims: &Claims<'_>) -> Result<(), Error> {
        let id = claims.subject.as_deref().ok_or_else(|| Error::missing_claim("sub"))?;
        match spiffe::check_within(id, self.issuer()) {
            Ok(true) => Ok(()),
            Ok(false) => {
                let domain = spiffe::domain_of(id).unwrap_or_default();
                Err(Error::wrong_issuer(self.issuer(), domain))
            }
            Err(error) => Err(Error::no_spiffe_id(error)),
        }
    }

    /// The ID of a JWT-SVID with these claims, which are checked.
    pub(super) fn spiffe_id(self, claims: &Claims<'_>) -> Option<SpiffeId> {
        claims.subject.as_deref().filter(|_| self.is_svid())?.parse().ok()
    }

    /// When a token with these claims ends, without the leeway: by its `exp`, or by its age.
    pub(super) fn end(self, claims: &Claims<'_>) -> Option<NumericDate> {
        let by_age = || Some(claims.issued_at?.plus(self.configured.lenience().max_age?));
        claims.expires.or_else(by_age)
    }

    /// Issuer and times: if they are wrong, the token is refused whatever its signature.
    pub(crate) fn check_early(self, claims: &Claims<'_>, now: SystemTime) -> Result<(), Error> {
        match (claims.issuer.as_deref(), self.templated()) {
            _ if self.is_svid() => self.check_trust_domain(claims)?,
            (None, _) if self.without_iss() => {}
            (None, _) => return Err(Error::missing_claim("iss")),
            (Some(issuer), Some(templated)) => {
                templated.check(self.issuer(), issuer, claims.tenant()?.as_deref())?;
            }
            (Some(issuer), None) if self.is_issuer(issuer) => {}
            (Some(issuer), None) => return Err(Error::wrong_issuer(self.issuer(), issuer)),
        }
        match (claims.expires, self.configured.lenience().max_age) {
            (None, Some(max_age)) => {
                let now = NumericDate::from(now);
                self.check_age(claims.issued_at, max_age, now)?;
                self.check_begin(claims.not_before, now)
            }
            (expires, _) => self.check_times(expires, claims.not_before, now),
        }
    }

    pub(super) fn check_times(
        self,
        expires: Option<NumericDate>,
        not_before: Option<NumericDate>,
        now: SystemTime,
    ) -> Result<(), Error> {
        let (now, leeway) = (NumericDate::from(now), self.configured.leeway());
        let expires = expires.ok_or_else(|| Error::missing_claim("exp"))?;
        if now >= expires.plus(leeway) {
            return Err(Error::expired(leeway));
        }
        self.check_begin(not_before, now)
    }

    #[inline]
    fn check_begin(self, not_before: Option<NumericDate>, now: NumericDate) -> Result<(), Error> {
        let leeway = self.configured.leeway();
        if not_before.is_some_and(|from| now.plus(leeway) < from) {
            return Err(Error::not_yet_valid(leeway));
        }
        Ok(())
    }

    /// Of a token without `exp`.
    fn check_age(
        self,
        issued_at: Option<NumericDate>,
        max_age: Duration,
        now: NumericDate,
    ) -> Result<(), Error> {
        let leeway = self.configured.leeway();
        let issued_at = issued_at.ok_or_else(Error::endless)?;
        if now.plus(leeway) < issued_at {
            return Err(Error::issued_in_future(leeway));
        }
        if now >= issued_at.plus(max_age).plus(leeway) {
            return Err(Error::too_old(max_age, leeway));
        }
        Ok(())
    }

    /// Everything about the claims.
    pub(crate) fn check_claims(self, claims: &Claims<'_>, now: SystemTime) -> Result<(), Error> {
        self.check_early(claims, now)?;
        if let Some(ours) = self.audiences() {
            let audience = claims.audience.as_ref().ok_or_else(|| Error::missing_claim("aud"))?;
            if !ours.iter().any(|ours| audience.names(ours)) {
                return Err(Error::wrong_audience(ours, audience));
            }
        }
        match self.required().find(|name| !claims.has(name)) {
            Some(missing) => Err(Error::missing_claim(missing)),
            None => Ok(()),
        }
    }
}

impl Narrowed {
    fn allows_type(&self, typ: Option<&str>) -> bool {
        let is = |typ: &str| self.only_types.iter().any(|only| same_type(typ, only));
        self.only_types.is_empty() || typ.is_some_and(is)
    }
}

impl Token<'_, '_> {
    /// Why the token would be refused even if its signature were good: read before a miss may
    /// cause a fetch.
    pub(crate) fn certain_refusal(
        &self,
        expectations: &Expectations,
        now: SystemTime,
    ) -> Option<Error> {
        let expected = Expected::configured(expectations);
        self.claims(expected.any_sub()).and_then(|claims| expected.check_early(&claims, now)).err()
    }
}
