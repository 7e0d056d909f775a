//! A token that passed.

use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

use serde::de::DeserializeOwned;

use crate::keys::Algorithm;

use super::check::{Check, Checked};
use super::claims::Claims;
use super::error::Error;
use super::expectations::Expectations;
use super::header::Header;

/// The claims of a token whose signature, times, issuer and audience were checked.
///
/// Its debug form does not show the claims.
#[derive(Clone)]
pub struct Verified<T> {
    algorithm: Algorithm,
    claims: T,
    expires_at: Option<SystemTime>,
    issuer: Box<str>,
    kid: Option<Box<str>>,
    typ: Option<Box<str>>,
}

impl<T> Verified<T> {
    /// The algorithm of the signature.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The claims.
    #[must_use]
    pub const fn claims(&self) -> &T {
        &self.claims
    }

    /// The claims alone.
    #[must_use]
    pub fn into_claims(self) -> T {
        self.claims
    }

    /// When the token expires (`exp`), leeway not counted; `None` if that lies beyond what the
    /// system's time can tell.
    #[must_use]
    pub const fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// The issuer (`iss`), which is the one that was expected.
    #[must_use]
    pub const fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The `kid` of the header: foreign text, to be escaped before it is shown.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The `typ` of the header, as it was sent.
    #[must_use]
    pub fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }
}

impl<T: DeserializeOwned> Verified<T> {
    /// The last step, after the signature: checks the claims and makes them the caller's type.
    pub(super) fn accept<'c>(
        header: &Header<'_>,
        claims: &Claims<'_>,
        expectations: &Expectations,
        checks: impl IntoIterator<Item = &'c Check>,
        now: SystemTime,
    ) -> Result<Self, Error> {
        expectations.check_claims(claims, now)?;
        let checked = Checked::new(header, claims, expectations.issuer());
        checks.into_iter().try_for_each(|check| check.run(&checked))?;
        let owned = |text: &Cow<'_, str>| text.as_ref().into();
        Ok(Self {
            algorithm: header.algorithm,
            claims: claims.deserialize()?,
            expires_at: claims.expires.and_then(|expires| expires.to_system_time()),
            issuer: expectations.issuer().into(),
            kid: header.kid.as_ref().map(owned),
            typ: header.typ.as_ref().map(owned),
        })
    }
}

impl<T> fmt::Debug for Verified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid)
            .field("typ", &self.typ)
            .finish_non_exhaustive()
    }
}
