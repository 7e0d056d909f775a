//! A token that passed.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use crate::keys::Algorithm;

use super::claims::NumericDate;
use super::known::Known;

/// The claims of a token whose signature, times, issuer and audience were checked.
///
/// Its debug form does not show the claims.
#[derive(Clone)]
pub struct Verified<T> {
    claims: T,
    expires_at: Option<SystemTime>,
    /// Shared with the other tokens that have this header.
    header: Arc<Known>,
}

impl<T> Verified<T> {
    /// The algorithm of the signature.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.header.algorithm
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

    /// The claims, and beside them all else that is known of the token: a `Verified` of no claims.
    /// Use this to share the claims without the rest, or in another way.
    #[must_use]
    pub fn into_parts(self) -> (T, Verified<()>) {
        let Self { claims, expires_at, header } = self;
        (claims, Verified { claims: (), expires_at, header })
    }

    /// When the token expires (`exp`), without the leeway. `None` if `SystemTime` cannot represent
    /// that time.
    #[must_use]
    pub const fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// The issuer (`iss`): the configured issuer that the token matched. If that has
    /// [several](super::Issuer::also) `iss`, this is the first of them, whichever the token has.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.header.issuer
    }

    /// The `kid` of the header. It is untrusted text: escape it before you show it.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// The `typ` of the header, as it was sent.
    #[must_use]
    pub fn typ(&self) -> Option<&str> {
        self.header.typ.as_deref()
    }

    pub(super) fn new(claims: T, expires: Option<NumericDate>, header: Arc<Known>) -> Self {
        let expires_at = expires.and_then(NumericDate::to_system_time);
        Self { claims, expires_at, header }
    }
}

impl<T> fmt::Debug for Verified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("algorithm", &self.algorithm())
            .field("kid", &self.kid())
            .field("typ", &self.typ())
            .finish_non_exhaustive()
    }
}
