//! A token, as a question to the keys: which of them made its signature, and whether its claims are
//! accepted.

use std::marker::PhantomData;
use std::time::SystemTime;

use serde::de::DeserializeOwned;

use super::call::Overrides;
use super::check::in_order;
use super::expectations::Expectations;
use super::header::Header;
use super::select::{Selection, WithoutKid, select};
use super::token::Token;
use super::verifier::Configured;
use super::{Error, ErrorKind, Verified};
use crate::cache::{self, Judgement, Question};
use crate::keys::KeySet;
use crate::refresh::Miss;

pub(super) struct Asked<'a, T> {
    issuer: &'a Configured,
    token: &'a Token<'a>,
    header: &'a Header<'a>,
    expectations: &'a Expectations,
    overrides: &'a Overrides,
    /// What the token is told if no key is found that fits, though keys are held that might.
    misfit: Option<Error>,
    claims: PhantomData<fn() -> T>,
}

impl<'a, T> Asked<'a, T> {
    pub(super) const fn new(
        issuer: &'a Configured,
        token: &'a Token<'a>,
        header: &'a Header<'a>,
        expectations: &'a Expectations,
        overrides: &'a Overrides,
    ) -> Self {
        let claims = PhantomData;
        Self { issuer, token, header, expectations, overrides, misfit: None, claims }
    }

    /// What the cache's want of a key means to the bearer of the token.
    pub(super) fn refusal(self, error: &cache::Error) -> Error {
        let iss = self.issuer.expectations.issuer();
        match error.kind() {
            cache::ErrorKind::NeverRun | cache::ErrorKind::Unavailable => {
                Error::unavailable(iss, error.clone())
            }
            cache::ErrorKind::DeniedKid => {
                Error::denied_kid(self.header.kid.as_deref().unwrap_or_default())
            }
            cache::ErrorKind::Stopped => Error::stopped(iss, error.clone()),
            cache::ErrorKind::UnknownKid => {
                let kid = self.header.kid.as_deref().unwrap_or_default();
                let refusal = self.misfit.unwrap_or_else(|| {
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
        misfit: Option<Error>,
    ) -> Judgement<Result<Verified<T>, Error>> {
        self.misfit = misfit;
        Judgement::Missed(miss)
    }
}

impl<T: DeserializeOwned> Question for Asked<'_, T> {
    type Answer = Result<Verified<T>, Error>;

    fn kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    fn doomed(&mut self, now: SystemTime) -> Option<Self::Answer> {
        let kidless = self.header.kid.is_none() && self.issuer.without_kid == WithoutKid::Reject;
        let doom = if kidless {
            Error::missing_kid("one is required")
        } else {
            self.token.doomed(&self.issuer.expectations, self.time(now))?
        };
        // Keys have been tried: the signature comes before the claims.
        Some(Err(self.misfit.take().unwrap_or(doom)))
    }

    fn judge(&mut self, keys: &KeySet, now: SystemTime) -> Judgement<Self::Answer> {
        let (token, header) = (self.token, self.header);
        let misfits = if header.kid.is_some() { Miss::Signature } else { Miss::Kidless };
        let candidates = match select(keys, token, header, self.issuer.without_kid) {
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
        if let Err(error) = candidates.check(token) {
            return self.misses(misfits, Some(error));
        }
        let checks = in_order(&self.issuer.checks, self.overrides.checks());
        let accepted = token.claims().and_then(|claims| {
            Verified::accept(header, &claims, self.expectations, checks, self.time(now))
        });
        match accepted {
            Ok(verified) => Judgement::Accepted(Ok(verified)),
            Err(error) => Judgement::Refused(Err(error)),
        }
    }
}
