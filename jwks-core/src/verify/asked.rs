//! A token, as a question to the keys: which of them made its signature, and whether its claims are
//! accepted.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::SystemTime;

use serde::Deserialize;

use super::call::Overrides;
use super::check::{Checked, in_order};
use super::expected::Expected;
use super::header::Header;
use super::known::Known;
use super::memo::News;
use super::one_pass;
use super::select::{Selection, WithoutKid, select};
use super::token::Token;
use super::verified::Rare;
use super::verifier::Configured;
use super::{Error, ErrorKind, Verified};
use crate::cache::{self, Judgement, Question};
use crate::keys::KeySet;
use crate::refresh::Miss;

/// The claims that are accepted may borrow from the token's decoded payload, which lives for `'b`.
pub(super) struct Asked<'a, 'b, T> {
    issuer: &'a Configured,
    token: Token<'a, 'b>,
    header: &'a Header<'a>,
    /// The same, if the issuer's tokens have had it before.
    known: Option<&'a Arc<Known>>,
    overrides: &'a Overrides,
    /// The error if no key fits, although keys are held that might.
    claims_error: Option<Error>,
    claims: PhantomData<fn() -> T>,
}

impl<'a, 'b, T> Asked<'a, 'b, T> {
    /// Refused is what no key could mend.
    pub(super) fn new(
        issuer: &'a Configured,
        token: Token<'a, 'b>,
        header: &'a Header<'a>,
        known: Option<&'a Arc<Known>>,
        overrides: &'a Overrides,
    ) -> Result<Self, Error> {
        overrides.apply(&issuer.expectations).check_header(header)?;
        let claims = PhantomData;
        Ok(Self { issuer, token, header, known, overrides, claims_error: None, claims })
    }

    /// Goes on for one that was asked in its place.
    pub(super) fn after(self, claims_error: Option<Error>) -> Self {
        Self { claims_error, ..self }
    }

    /// What is left of it when its token has to be decoded anew.
    pub(super) const fn take_claims_error(&mut self) -> Option<Error> {
        self.claims_error.take()
    }

    /// What the cache's want of a key means to the bearer of the token.
    pub(super) fn refusal(self, error: &cache::Error) -> Error {
        let iss = self.issuer.expectations.issuer();
        match error.kind() {
            cache::ErrorKind::NeverRun
            | cache::ErrorKind::Unavailable
            | cache::ErrorKind::Withdrawn => Error::unavailable(iss, error.clone()),
            cache::ErrorKind::DeniedKid => {
                Error::denied_kid(self.header.kid.as_deref().unwrap_or_default())
            }
            cache::ErrorKind::Stopped => Error::stopped(iss, error.clone()),
            cache::ErrorKind::UnknownKid => {
                let kid = self.header.kid.as_deref().unwrap_or_default();
                let refusal = self.claims_error.unwrap_or_else(|| {
                    let skipped = error.skipped().map(|skipped| Error::skipped_key(kid, skipped));
                    skipped.unwrap_or_else(|| Error::unknown_kid(iss, kid))
                });
                if error.is_undecided() {
                    refusal.undecided(error.retry_at())
                } else if let Some(failure) = error.last_failure() {
                    refusal.failed(error.retry_at(), failure.clone())
                } else {
                    refusal
                }
            }
        }
    }

    /// The time at which the claims are judged.
    fn time(&self, now: SystemTime) -> SystemTime {
        self.overrides.time.unwrap_or(now)
    }

    fn misses(
        &mut self,
        miss: Miss,
        claims_error: Option<Error>,
    ) -> Judgement<Result<Verified<T>, Error>> {
        self.claims_error = claims_error;
        Judgement::Missed(miss)
    }
}

impl<'b, T: Deserialize<'b>> Asked<'_, 'b, T> {
    /// The claims, all checked. The signature is good. `REMEMBERS`: the header, which it is known by.
    fn accept<const REMEMBERS: bool>(&self, now: SystemTime) -> Result<Verified<T>, Error> {
        let expected = self.overrides.apply(&self.issuer.expectations);
        let mut checks = in_order(&self.issuer.checks, self.overrides.checks()).peekable();
        let mut rare = None;
        let (claims, expires) = match checks.peek() {
            None if !expected.is_svid() => one_pass::read_or_refuse(&self.token, expected, now)?,
            _ => {
                let claims = self.token.claims(expected.any_sub())?;
                expected.check_claims(&claims, now)?;
                let named = expected.templated().and(claims.issuer.as_deref());
                let issuer = named.unwrap_or_else(|| expected.issuer());
                let checked = Checked::new(self.header, &claims, issuer);
                checks.try_for_each(|check| check.run(&checked))?;
                rare = expected.spiffe_id(&claims).map(Rare::SpiffeId);
                (claims.deserialize()?, expected.end(&claims))
            }
        };
        if let Some(templated) = expected.templated() {
            // It has been checked, so it is there.
            let iss = self.token.claimed_issuer()?.unwrap_or_default();
            rare = templated.of_tenant(&iss).map(Rare::OfTenant);
        }
        let header = self.known_header::<REMEMBERS>(expected);
        Ok(Verified::new(claims, expires, header, rare))
    }

    /// Of a token that is accepted.
    fn known_header<const REMEMBERS: bool>(&self, expected: Expected<'_>) -> Arc<Known> {
        if let Some(known) = self.known {
            return Arc::clone(known);
        }
        let issuer = expected.shared_issuer();
        let known = Arc::new(Known::new(self.token.header_text(), self.header, issuer));
        if REMEMBERS {
            self.issuer.headers.remember(&known);
        }
        known
    }

    fn judge_by<const REMEMBERS: bool>(
        &mut self,
        keys: &KeySet,
        now: SystemTime,
    ) -> Judgement<Result<Verified<T>, Error>> {
        let (token, header) = (&self.token, self.header);
        let templated = self.issuer.expectations.templated();
        let misfits = if header.kid.is_some() { Miss::Signature } else { Miss::Kidless };
        let candidates = match select(keys, token, header, self.issuer.without_kid, templated) {
            Ok(Selection::Found(candidates)) => candidates,
            Ok(Selection::UnknownKid) => {
                let skipped = header.kid.as_deref().and_then(|kid| keys.skipped_kid(kid));
                let miss = if skipped.is_some() { Miss::Skipped } else { Miss::Kid };
                return self.misses(miss, None);
            }
            Err(error) if error.kind() == ErrorKind::NoUsableKey => {
                return self.misses(misfits, Some(error));
            }
            Err(error) => return Judgement::Refused(Err(error)),
        };
        let news = match candidates.check(token, self.issuer.memo.as_deref()) {
            Ok(news) => news,
            Err(error) => return self.misses(misfits, Some(error)),
        };
        match self.accept::<REMEMBERS>(self.time(now)) {
            Ok(verified) => {
                if REMEMBERS {
                    news.into_iter().for_each(News::remember);
                    if let Some(tenancy) = &self.issuer.tenancy {
                        tenancy.note_use();
                    }
                }
                Judgement::Accepted(Ok(verified))
            }
            Err(error) => Judgement::Refused(Err(error)),
        }
    }
}

impl<'b, T: Deserialize<'b>> Question for Asked<'_, 'b, T> {
    type Answer = Result<Verified<T>, Error>;

    fn kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    fn certain_refusal(&mut self, now: SystemTime) -> Option<Self::Answer> {
        let kidless = self.header.kid.is_none() && self.issuer.without_kid == WithoutKid::Reject;
        let refusal = if kidless {
            Error::missing_kid("one is required")
        } else {
            self.token.certain_refusal(&self.issuer.expectations, self.time(now))?
        };
        // Keys have been tried: the signature comes before the claims.
        Some(Err(self.claims_error.take().unwrap_or(refusal)))
    }

    fn judge(&mut self, keys: &KeySet, now: SystemTime) -> Judgement<Self::Answer> {
        self.judge_by::<true>(keys, now)
    }
}

/// The same question by one who wants to know only, with what has become of it.
pub(super) struct Curious<'q, 'a, 'b, T> {
    asked: &'q mut Asked<'a, 'b, T>,
    /// How far it came.
    way: &'q mut Way,
}

/// How far a token came.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Way {
    /// No keys were looked at.
    #[default]
    Before,
    /// No held key is its own, or fits its signature.
    Lacks,
    /// Its signature is good.
    Signed,
    /// Its header names no key, and the rule for such tokens refuses it.
    Unnamed,
}

impl<'q, 'a, 'b, T> Curious<'q, 'a, 'b, T> {
    pub(super) const fn new(asked: &'q mut Asked<'a, 'b, T>, way: &'q mut Way) -> Self {
        Self { asked, way }
    }
}

impl<'b, T: Deserialize<'b>> Question for Curious<'_, '_, 'b, T> {
    type Answer = Result<Verified<T>, Error>;

    fn kid(&self) -> Option<&str> {
        self.asked.kid()
    }

    fn certain_refusal(&mut self, now: SystemTime) -> Option<Self::Answer> {
        self.asked.certain_refusal(now)
    }

    fn judge(&mut self, keys: &KeySet, now: SystemTime) -> Judgement<Self::Answer> {
        let judgement = self.asked.judge_by::<false>(keys, now);
        *self.way = match &judgement {
            Judgement::Missed(_) => Way::Lacks,
            Judgement::Refused(Err(error)) if error.kind() == ErrorKind::MissingKid => Way::Unnamed,
            Judgement::Accepted(_) | Judgement::Refused(_) => Way::Signed,
        };
        judgement
    }
}
