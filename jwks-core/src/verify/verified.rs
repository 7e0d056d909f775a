//! A token that passed.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use crate::keys::Algorithm;

use super::claims::NumericDate;
use super::known::Known;
use super::spiffe::SpiffeId;
use super::templated::OfTenant;

/// The claims of a token whose signature, times, issuer and audience were checked.
///
/// Its debug form does not show the claims.
#[derive(Clone)]
pub struct Verified<T> {
    claims: T,
    expires_at: Option<SystemTime>,
    /// Shared with the other tokens that have this header.
    header: Arc<Known>,
    /// One word for what few tokens have: the whole is copied on its way to the caller.
    rare: Option<Arc<Rare>>,
}

/// What only tokens of certain issuers have.
pub(super) enum Rare {
    OfTenant(OfTenant),
    SpiffeId(SpiffeId),
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
        let Self { claims, expires_at, header, rare } = self;
        (claims, Verified { claims: (), expires_at, header, rare })
    }

    /// When the token expires (`exp`), without the leeway. For a token without `exp`, this is when it
    /// reaches its [greatest age](super::Issuer::max_age_without_exp). `None` if `SystemTime` cannot
    /// represent that time.
    #[must_use]
    pub const fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// The issuer (`iss`): the configured issuer that the token matched. If that has
    /// [several](super::Issuer::also) `iss`, this is the first of them, whichever the token has. If it
    /// [has many tenants](super::Issuer::tenants), this is the token's own `iss`, with its tenant.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.of_tenant().map_or(&*self.header.issuer, |it| &it.iss)
    }

    /// The tenant (`tid`): a GUID, in lower case. `None` if the issuer is not one that [has many
    /// tenants](super::Issuer::tenants).
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.of_tenant().map(OfTenant::tenant)
    }

    /// The `kid` of the header. It is untrusted text: escape it before you show it.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// The SPIFFE ID of the workload (`sub`), if the token is a JWT-SVID of a configured
    /// [trust domain](super::Issuer::spiffe).
    #[must_use]
    pub fn spiffe_id(&self) -> Option<&SpiffeId> {
        match &**self.rare.as_ref()? {
            Rare::OfTenant(_) => None,
            Rare::SpiffeId(id) => Some(id),
        }
    }

    /// The `typ` of the header, as it was sent.
    #[must_use]
    pub fn typ(&self) -> Option<&str> {
        self.header.typ.as_deref()
    }

    pub(super) fn new(
        claims: T,
        expires: Option<NumericDate>,
        header: Arc<Known>,
        rare: Option<Rare>,
    ) -> Self {
        let expires_at = expires.and_then(NumericDate::to_system_time);
        Self { claims, expires_at, header, rare: rare.map(Arc::new) }
    }

    fn of_tenant(&self) -> Option<&OfTenant> {
        match &**self.rare.as_ref()? {
            Rare::OfTenant(of_tenant) => Some(of_tenant),
            Rare::SpiffeId(_) => None,
        }
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
