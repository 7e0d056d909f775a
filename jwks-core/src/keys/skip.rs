//! Keys of a set that cannot be used, and why.

use std::fmt;

use super::text::Escaped;

/// Why one key of a set is not used. Foreign text in it is escaped and shortened.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SkipReason {
    /// The declared `alg` does not go with `kty` and `crv`.
    #[error("`alg` does not fit the key")]
    AlgorithmMismatch,
    /// The member is not canonical base64url without padding.
    #[error("`{0}` is not base64url")]
    BadEncoding(&'static str),
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
    /// `use` or `key_ops` says that the key is for something else (RFC 7517 sections 4.2, 4.3).
    #[error("not meant for verifying signatures")]
    NotForSignatures,
    /// The key carries private material, which nobody may publish.
    #[error("private material in a published key")]
    PrivateMaterial,
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
    /// The member has not the length that the curve prescribes.
    #[error("`{0}` has the wrong length")]
    WrongLength(&'static str),
}

/// One key that was skipped.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Skipped {
    pub(super) index: usize,
    pub(super) kid: Option<Box<str>>,
    pub(super) reason: SkipReason,
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
        let kid = kid.map(|kid| Escaped(kid).to_string().into_boxed_str());
        Self { index, kid, reason }
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
