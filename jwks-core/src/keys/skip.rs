//! Keys of a set that cannot be used, and why.

use std::fmt;

use super::limits::MAX_KID;
use super::text::escaped;

/// Why a key of the set is not used. Foreign text in it is escaped and shortened.
#[derive(Clone, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SkipReason {
    /// The declared `alg` does not fit `kty` and `crv`.
    #[error("`alg` does not fit the key")]
    AlgorithmMismatch,
    /// The member is not base64url, and not base64 in the standard alphabet or with padding either.
    #[error("`{0}` is not base64url")]
    BadEncoding(&'static str),
    /// The name of a member has an escape that is half of a character (RFC 8259 section 8.2).
    #[error("a member's name is not valid Unicode text")]
    BadMemberName,
    /// A point on a curve is written in short, without its second coordinate (SEC 1, section 2.3.3).
    #[error("the point is compressed: write the key with both coordinates")]
    CompressedPoint,
    /// The set already holds the same key with the same `kid` and `alg`.
    #[error("the same key stands in the set already")]
    DuplicateKey,
    /// A member occurs twice in the key.
    #[error("a member is repeated")]
    DuplicateMember,
    /// The point is not on the curve, its encoding is not canonical, it has small order (Ed25519),
    /// or the crypto backend refuses the key.
    #[error("not a valid public key")]
    InvalidKey,
    /// `kid` has more than 256 bytes.
    #[error("`kid` is longer than 256 bytes")]
    KidTooLong,
    /// The member has the wrong JSON type.
    #[error("`{0}` has the wrong type")]
    MalformedMember(&'static str),
    /// A member is missing that this kind of key requires.
    #[error("`{0}` is missing")]
    MissingMember(&'static str),
    /// The element of `keys` is not a JSON object.
    #[error("not a JSON object")]
    NotAnObject,
    /// The block of PEM is not base64 (RFC 7468, section 3).
    #[error("the PEM block is not base64 in the standard alphabet")]
    NotBase64,
    /// The bytes are not what their place or their label says, in DER (ITU-T X.690), or more follow.
    #[error("not a {0} in DER")]
    NotDer(&'static str),
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
    /// The key contains private material, which must not be published.
    #[error("private material in a published key")]
    PrivateMaterial,
    /// A private key, in PEM with this label or in DER. It is not decoded.
    #[error("a private key ({0}): keep it where tokens are signed, and give its public key here")]
    PrivateKey(Box<str>),
    /// The value of the kid holds no block of PEM, or more than one.
    #[error("not one PEM block")]
    NotOnePem,
    /// `use` is `jwt-svid`, but the key set is not read as a SPIFFE bundle
    /// ([`KeyLimits::spiffe`](super::KeyLimits::spiffe)).
    #[error("`use` is `jwt-svid`: a SPIFFE key, which needs the setting `spiffe`")]
    SpiffeKey,
    /// `kty` is `oct`: a shared secret, which must not be published.
    #[error("a symmetric key")]
    SymmetricKey,
    /// `alg` names something that is not a supported signature algorithm.
    #[error("unsupported alg `{0}`")]
    UnsupportedAlgorithm(Box<str>),
    /// `crv`, or in DER the object identifier of the curve, names one that is not supported for
    /// signatures.
    #[error("unsupported crv `{0}`")]
    UnsupportedCurve(Box<str>),
    /// `kty` is not supported, or in DER the object identifier of the key.
    #[error("unsupported kty `{0}`")]
    UnsupportedKeyType(Box<str>),
    /// The block of PEM has a label that is none of `PUBLIC KEY`, `RSA PUBLIC KEY` and `CERTIFICATE`.
    #[error("a PEM block `{0}`, which is neither a public key nor a certificate")]
    UnsupportedPem(Box<str>),
    /// The RSA exponent is even, below 3, or 2^33 or more.
    #[error("the RSA exponent is out of range")]
    WeakExponent,
    /// The RSA modulus is even, below 2048 or above 8192 bits, or has the fingerprint of ROCA
    /// (CVE-2017-15361).
    #[error("the RSA modulus is out of range or known to be weak")]
    WeakModulus,
    /// The member is empty, or has more octets than the curve prescribes. An Ed25519 key has too
    /// few or too many octets, and it is not clear which key is meant.
    #[error("`{0}` has the wrong length")]
    WrongLength(&'static str),
}

impl SkipReason {
    pub(super) const fn is_private_key(&self) -> bool {
        matches!(self, Self::PrivateKey(_))
    }
}

/// One key that was skipped.
#[derive(Clone, Eq, PartialEq)]
pub struct Skipped {
    index: usize,
    kid: Option<Box<str>>,
    /// As in the key set. `None` if no token can name it.
    raw_kid: Option<Box<str>>,
    reason: SkipReason,
}

impl Skipped {
    /// Its index in the `keys` array, from 0.
    #[must_use]
    pub const fn index(&self) -> usize {
        self.index
    }

    /// Its `kid`, if it could be read. It is escaped and shortened, so do not compare it.
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

    /// Its `kid` as in the key set, if a token can name it.
    pub(super) fn raw_kid(&self) -> Option<&str> {
        #[cfg(test)]
        super::testing::count_comparison();
        self.raw_kid.as_deref()
    }

    /// What identifies the same complaint in another document, wherever the key is there.
    pub(super) fn complaint(&self) -> (Option<&str>, &SkipReason) {
        (self.raw_kid().or_else(|| self.kid()), &self.reason)
    }
}

/// Does not show the `kid` as in the key set.
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
