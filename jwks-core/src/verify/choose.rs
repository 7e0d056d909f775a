//! Which issuer judges a token.

use std::sync::Arc;

use super::Error;
use super::call::Overrides;
use super::spiffe;
use super::table::Table;
use super::token::Token;
use super::verifier::Configured;

/// The only issuer, or that of the token's `iss`, which is not verified yet: it chooses among those
/// configured, and the signature must then be by that issuer's key.
pub(super) fn choose<'t>(
    table: &'t Table,
    token: &Token<'_, '_>,
    overrides: &Overrides,
) -> Result<&'t Arc<Configured>, Error> {
    if let Some(named) = &overrides.issuer {
        return named_by_call(table, token, named);
    }
    if let Some(always) = table.always() {
        return Ok(always);
    }
    let called = |iss: &str| match table.find(iss) {
        Some(issuer) => Ok(issuer),
        None => {
            of_trust_domain(table, token).and_then(Result::ok).ok_or_else(|| table.refusal(iss))
        }
    };
    if let Some(iss) = token.claimed_issuer()? {
        return called(&iss);
    }
    if let Some(found) = of_trust_domain(table, token) {
        return found;
    }
    table.of_nameless().ok_or_else(|| Error::missing_claim("iss"))
}

/// The trust domain of the token's `sub`, if that begins as a SPIFFE ID does. The rest of it is
/// checked with the claims.
#[cold]
fn of_trust_domain<'t>(
    table: &'t Table,
    token: &Token<'_, '_>,
) -> Option<Result<&'t Arc<Configured>, Error>> {
    if !table.has_trust_domains() {
        return None;
    }
    let claims = token.claims(false).ok()?;
    let domain = spiffe::domain_of(claims.subject.as_deref()?)?;
    let found = table.find(domain).filter(|issuer| issuer.expectations.lenience().svid);
    Some(found.ok_or_else(|| table.refusal(domain)))
}

/// That of the call, if the token does not say that it is another's.
#[cold]
fn named_by_call<'t>(
    table: &'t Table,
    token: &Token<'_, '_>,
    named: &str,
) -> Result<&'t Arc<Configured>, Error> {
    // The name of a template is for all its tenants, and that of a tenant for this one alone.
    let issuer = table.named(named).or_else(|| table.find(named));
    let claimed = token.claimed_issuer()?;
    match (issuer, claimed) {
        // By the claims it is told whether it is of this trust domain.
        (Some(issuer), _) if issuer.expectations.lenience().svid => Ok(issuer),
        (Some(issuer), Some(iss))
            if *iss == *named
                || table.named(named).is_some()
                    && table.find(&iss).is_some_and(|found| Arc::ptr_eq(found, issuer)) =>
        {
            Ok(issuer)
        }
        (Some(issuer), Some(iss)) => Err(Error::wrong_issuer(issuer.expectations.issuer(), &iss)),
        (Some(issuer), None) if issuer.expectations.lenience().without_iss => Ok(issuer),
        (None, Some(iss)) if *iss == *named => Err(table.refusal(named)),
        (None, Some(iss)) => Err(Error::wrong_issuer(named, &iss)),
        (_, None) => Err(Error::missing_claim("iss")),
    }
}
