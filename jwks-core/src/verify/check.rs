//! Your own checks, which run on a token that has passed all others.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::claims::Claims;
use super::error::Error;
use super::header::Header;
use super::id_token::IdTokenCheck;
use crate::keys::Algorithm;
use crate::keys::text::{Chain, OneLine};

/// What your own check sees: a token whose signature, times, issuer and audience are valid.
///
/// Its debug form does not show the claims.
pub struct Checked<'a> {
    header: &'a Header<'a>,
    claims: &'a Claims<'a>,
    issuer: &'a str,
}

/// The result of a check. Any error refuses the token and becomes the [`source`] of the refusal, so
/// it should not quote claims. The answer is 403, unless the error is an [`InvalidToken`].
///
/// [`source`]: std::error::Error::source
pub type CheckResult = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// An error of a check that means 401 (`invalid_token`) instead of 403: the token is not for this
/// service at all, or is no longer valid. Examples are a token of another client, and one that was
/// revoked.
///
/// ```
/// use jwks_core::verify::{CheckResult, Checked, InvalidToken};
///
/// fn is_not_revoked(token: &Checked<'_>) -> CheckResult {
///     # let is_revoked = |id: String| id.is_empty();
///     match token.claim("jti").map(is_revoked) {
///         Some(false) => Ok(()),
///         _ => Err(InvalidToken::new("the token was revoked").into()),
///     }
/// }
/// ```
///
/// The [`source`] of the refusal is the error that you give here, without this type around it.
///
/// [`source`]: std::error::Error::source
pub struct InvalidToken(pub(super) Box<dyn std::error::Error + Send + Sync>);

impl InvalidToken {
    /// Refuses the token for this reason, which should not quote claims.
    pub fn new(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for InvalidToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", OneLine(&self.0))
    }
}

impl std::error::Error for InvalidToken {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

/// The error and its sources, in one line.
impl fmt::Debug for InvalidToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Chain(self))
    }
}

/// A check, as it is kept.
#[derive(Clone)]
pub(super) enum Check {
    IdToken(IdTokenCheck),
    Own(Arc<dyn Fn(&Checked<'_>) -> CheckResult + Send + Sync>),
}

impl<'a> Checked<'a> {
    /// The algorithm of the signature.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.header.algorithm
    }

    /// Reads the claim of this name as a type of your choice. `None` if it is missing or does not
    /// fit the type.
    #[must_use]
    pub fn claim<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        self.claims.claim(name)
    }

    /// The issuer (`iss`): the configured issuer that the token matched. If that has
    /// [several](super::Issuer::also) `iss`, this is the first of them, whichever the token has. If it
    /// [has many tenants](super::Issuer::tenants), this is the token's own `iss`, with its tenant.
    #[must_use]
    pub const fn issuer(&self) -> &str {
        self.issuer
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

    pub(super) const fn new(
        header: &'a Header<'a>,
        claims: &'a Claims<'a>,
        issuer: &'a str,
    ) -> Self {
        Self { header, claims, issuer }
    }
}

impl fmt::Debug for Checked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checked")
            .field("algorithm", &self.algorithm())
            .field("kid", &self.kid())
            .field("typ", &self.typ())
            .finish_non_exhaustive()
    }
}

impl Check {
    pub(super) fn new(check: impl Fn(&Checked<'_>) -> CheckResult + Send + Sync + 'static) -> Self {
        Self::Own(Arc::new(check))
    }

    pub(super) fn run(&self, checked: &Checked<'_>) -> Result<(), Error> {
        match self {
            Self::IdToken(check) => check.run(checked.claims),
            Self::Own(check) => check(checked).map_err(Error::check_failed),
        }
    }
}

/// The checks of the issuer and of the call, in order: first those that say the token is not for
/// this service (401), then those that say its bearer lacks a right (403).
pub(super) fn in_order<'c>(
    issuer: &'c [Check],
    call: &'c [Check],
) -> impl Iterator<Item = &'c Check> {
    let all = || issuer.iter().chain(call);
    let own = |check: &&Check| matches!(check, Check::Own(_));
    all().filter(move |check| !own(check)).chain(all().filter(own))
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Check")
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn an_invalid_token_is_the_error_that_it_was_made_of() {
        let error = InvalidToken::new(Revoked(std::io::Error::other("the list is old")));
        assert_eq!(error.to_string(), "it was revoked");
        assert_eq!(error.source().unwrap().to_string(), "the list is old");
        assert_eq!(format!("{error:?}"), "it was revoked: the list is old");
    }

    #[derive(Debug)]
    struct Revoked(std::io::Error);

    impl fmt::Display for Revoked {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("it was revoked")
        }
    }

    impl std::error::Error for Revoked {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }
}
