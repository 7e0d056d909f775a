//! Keys of a set that cannot be used, and why.

use std::fmt;

use super::jwk::MAX_KID;
use super::text::escaped;

/// Why one key of a set is not used. Foreign text in it is escaped and shortened.
#[derive(Clone, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SkipReason {
    /// The declared `alg` does not go with `kty` and `crv`.
    #[error("`alg` does not fit the key")]
    AlgorithmMismatch,
    /// The member is not base64url, nor the same in the standard alphabet or with padding.
    #[error("`{0}` is not base64url")]
    BadEncoding(&'static str),
    /// The name of a member has an escape that is half of a character (RFC 8259 section 8.2).
    #[error("a member's name is not valid Unicode text")]
    BadMemberName,
    /// The set holds the same key with the same `kid` and `alg` already.
    #[error("the same key stands in the set already")]
    DuplicateKey,
    /// A member stands twice in the key.
    #[error("a member is repeated")]
    DuplicateMember,
    /// The point is not on the curve, its encoding not the canonical one, its order small
    /// (Ed25519), or the crypto backend refuses the key.
    #[error("not a valid public key")]
    InvalidKey,
    /// `kid` has more than 256 bytes.
    #[error("`kid` is longer than 256 bytes")]
    KidTooLong,
    /// The member has the wrong JSON type.
    #[error("`{0}` has the wrong type")]
    MalformedMember(&'static str),
    /// The member is needed for this kind of key.
    #[error("`{0}` is missing")]
    MissingMember(&'static str),
    /// The element of `keys` is not a JSON object.
    #[error("not a JSON object")]
    NotAnObject,
    /// `key_ops` names operations, but not `verify` (RFC 7517 section 4.3).
    #[error("`key_ops` does not allow to verify signatures")]
    NotForSignatures,
    /// The member has an escape that is half of a character (RFC 8259 section 8.2).
    #[error("`{0}` is not valid Unicode text")]
    NotUnicode(&'static str),
    /// `issuer` says that the key is for the tokens of another issuer.
    #[error("the key is only for tokens of the issuer `{0}`")]
    OtherIssuer(Box<str>),
    /// `use` says that the key is for something else (RFC 7517 section 4.2).
    #[error("`use` is `{0}`: the key is for something else")]
    OtherUse(Box<str>),
    /// The key carries private material, which nobody may publish.
    #[error("private material in a published key")]
    PrivateMaterial,
    /// `use` is `jwt-svid`, and no SPIFFE bundle was asked for
    /// ([`KeyLimits::spiffe`](super::KeyLimits::spiffe)).
    #[error("`use` is `jwt-svid`: a SPIFFE key, which needs the setting `spiffe`")]
    SpiffeKey,
    /// `kty` is `oct`: a shared secret, which nobody may publish.
    #[error("a symmetric key")]
    SymmetricKey,
    /// `alg` names something that is not a supported signature algorithm.
    #[error("unsupported alg `{0}`")]
    UnsupportedAlgorithm(Box<str>),
    /// `crv` names a curve that is not supported for signatures.
    #[error("unsupported crv `{0}`")]
    UnsupportedCurve(Box<str>),
    /// `kty` is not supported.
    #[error("unsupported kty `{0}`")]
    UnsupportedKeyType(Box<str>),
    /// The RSA exponent is even, below 3, or 2^33 or more.
    #[error("the RSA exponent is out of range")]
    WeakExponent,
    /// The RSA modulus is even, below 2048 or above 8192 bits, or has the fingerprint of ROCA
    /// (CVE-2017-15361).
    #[error("the RSA modulus is out of range or known to be weak")]
    WeakModulus,
    /// The member is empty, or has more octets than the curve prescribes. For Ed25519, it has too
    /// few or too many, and what is meant is not clear.
    #[error("`{0}` has the wrong length")]
    WrongLength(&'static str),
}

/// One key that was skipped.
#[derive(Clone, Eq, PartialEq)]
pub struct Skipped {
    index: usize,
    kid: Option<Box<str>>,
    /// As it stands in the set; none if no token can name it.
    raw_kid: Option<Box<str>>,
    reason: SkipReason,
}

impl Skipped {
    /// Its place in the `keys` array, from 0.
    #[must_use]
    pub const fn index(&self) -> usize {
        self.index
    }

    /// Its `kid`, if it could be read; escaped and shortened, so not fit for comparing.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Why it is not used.
    #[must_use]
    pub const fn reason(&self) -> &SkipReason {
        &self.reason
    }

    pub(super) fn new(index: usize, kid: Option<&str>, reason: SkipReason) -> Self {
        Self {
            index,
            kid: kid.map(escaped),
            raw_kid: kid.filter(|kid| kid.len() <= MAX_KID).map(Into::into),
            reason,
        }
    }

    /// Its `kid` as it stands in the set, if a token can name it.
    pub(super) fn raw_kid(&self) -> Option<&str> {
        #[cfg(test)]
        super::testing::count_comparison();
        self.raw_kid.as_deref()
    }

    /// What makes it the same complaint in another document, wherever the key stands there.
    pub(super) fn complaint(&self) -> (Option<&str>, &SkipReason) {
        (self.raw_kid().or_else(|| self.kid()), &self.reason)
    }
}

/// Without the `kid` as it stands in the set.
impl fmt::Debug for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Skipped")
            .field("index", &self.index)
            .field("kid", &self.kid)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key {}", self.index)?;
        if let Some(kid) = &self.kid {
            write!(f, " `{kid}`")?;
        }
        write!(f, ": {}", self.reason)
    }
}
