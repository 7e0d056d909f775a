//! One public key, ready to verify.

use std::fmt;

use serde::{Serialize, Serializer};

use super::algorithm::Algorithm;
use super::crypto::PublicKey;
use super::issuer::KeyIssuer;
use super::jwk::{JWT_SVID, Jwk, Purpose};
use super::material::Material;
use super::serial::Serial;
use super::skip::SkipReason;
use super::text::Escaped;
use super::thumbprint::Thumbprint;
use super::validity::Validity;

/// A public key of a [`KeySet`](super::KeySet), parsed once into the crypto backend's own form.
///
/// # As a JWK
///
/// `Serialize` writes the key as a JWK (RFC 7517 section 4): public members only, written anew
/// from the parsed key. Use it to give the key to another library. With jsonwebtoken 11:
///
/// ```
/// # use jsonwebtoken_11 as jsonwebtoken;
/// # use jwks_core::keys::{KeyLimits, KeySet};
/// # let body = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a",
/// #     "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
/// # let keys = KeySet::parse(body, &KeyLimits::default())?;
/// # let key = keys.candidates("a").next().ok_or("no such key")?;
/// let jwk = serde_json::from_value(serde_json::to_value(key)?)?;
/// let decoding_key = jsonwebtoken::DecodingKey::from_jwk(&jwk)?;
/// # let _ = decoding_key;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Key {
    algorithm: Option<Algorithm>,
    #[cfg(feature = "jsonwebtoken")]
    pub(super) decoding: Option<::jsonwebtoken::DecodingKey>,
    issuer: Option<KeyIssuer>,
    kid: Option<Box<str>>,
    /// For giving the key back as a JWK.
    material: Material,
    public: PublicKey,
    purpose: Purpose,
    serial: Serial,
    thumbprint: Thumbprint,
    validity: Option<Validity>,
}

/// What distinguishes a key from the others of its set.
#[derive(Eq, Hash, PartialEq)]
pub(super) struct Identity<'k> {
    algorithm: Option<Algorithm>,
    issuer: Option<&'k str>,
    kid: Option<&'k str>,
    thumbprint: Thumbprint,
}

impl Key {
    /// The algorithm that the key set declares for it (`alg`, RFC 7517 section 4.4), if any.
    #[must_use]
    pub const fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm
    }

    /// Whether it may check signatures of this algorithm. Its kind and curve must support the
    /// algorithm, and the key set must not declare another `alg` for it. For a key of a verifier,
    /// the algorithm must also be one of the issuer's
    /// ([`Issuer::algorithms`](crate::verify::Issuer::algorithms)).
    #[must_use]
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        self.public.algorithms().any(|serves| serves == algorithm)
    }

    /// Its name for logs and comparisons: the `kid`, or the thumbprint if it has none.
    #[must_use]
    pub fn id(&self) -> KeyId {
        match self.kid() {
            Some(kid) => KeyId::Kid(kid.into()),
            None => KeyId::Thumbprint(self.thumbprint),
        }
    }

    /// Its `issuer`, as in the key set. It is untrusted text: escape it before you show it. It is
    /// not a member of RFC 7517, and few issuers use it: Microsoft Entra does.
    ///
    /// A key with this member is only for tokens of that issuer: see [`serves`](Self::serves).
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_ref().map(KeyIssuer::as_str)
    }

    /// Its `kid`, as in the key set. It is untrusted text: escape it before you show it.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        #[cfg(test)]
        super::testing::count_comparison();
        self.kid.as_deref()
    }

    /// Whether it is for tokens with this `iss` and, if they have one, this `tid`.
    ///
    /// Every key is, unless it has an [`issuer`](Self::issuer). Then that must equal `iss`, after
    /// `{tenantid}` in it has been replaced by `tid`. The verifier checks this for you.
    #[must_use]
    pub fn serves(&self, iss: &str, tid: Option<&str>) -> bool {
        self.issuer.as_ref().is_none_or(|issuer| issuer.serves(iss, tid))
    }

    /// Its identity, computed only from the key material (RFC 7638, SHA-256).
    #[must_use]
    pub const fn thumbprint(&self) -> Thumbprint {
        self.thumbprint
    }

    /// The dates of the certificate that it was read from, if it was read from one. They are shown,
    /// and not judged.
    #[must_use]
    pub const fn validity(&self) -> Option<Validity> {
        self.validity
    }

    /// Whether this key made the signature over the message: for signed texts that are no JWTs, or not
    /// quite. False also if it does not [fit](Self::fits) the algorithm. A signature by ECDSA is in
    /// the form of RFC 7518, section 3.4. A [`Verifier`](crate::verify::Verifier) does this for you,
    /// with all else that a token has to be asked.
    #[must_use]
    pub fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        self.fits(algorithm) && self.verifies_hashed(algorithm, message, None, signature)
    }

    /// Whether this key made the signature over the message. Give the SHA-256 of the message if you
    /// have it, so that the message need not be hashed again.
    pub(crate) fn verifies_hashed(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        sha256: Option<&[u8; 32]>,
        signature: &[u8],
    ) -> bool {
        #[cfg(test)]
        super::testing::count_check();
        self.public.verifies(algorithm, message, sha256, signature)
    }

    /// Names this key among all keys of the process, for as long as it stays published.
    pub(crate) const fn serial(&self) -> Serial {
        self.serial
    }

    /// Parses the key for its wanted algorithms. If none is wanted, it is parsed for one, to check
    /// that it is a key at all.
    pub(super) fn from_jwk(jwk: Jwk<'_>, wanted: Option<&[Algorithm]>) -> Result<Self, SkipReason> {
        let mut algorithms = match &jwk.algorithm {
            Some(algorithm) => std::slice::from_ref(algorithm),
            None => jwk.material.algorithms(),
        };
        let is_wanted = |algorithm: &Algorithm| wanted.is_none_or(|all| all.contains(algorithm));
        let ready: Vec<_> = algorithms.iter().copied().filter(is_wanted).collect();
        algorithms =
            if ready.is_empty() { algorithms.get(..1).unwrap_or_default() } else { &ready };
        let public = PublicKey::parse(&jwk.material, algorithms).ok_or(SkipReason::InvalidKey)?;
        Ok(Self {
            algorithm: jwk.algorithm,
            #[cfg(feature = "jsonwebtoken")]
            decoding: super::jsonwebtoken::decoding_key(&jwk.material),
            issuer: jwk.issuer,
            kid: jwk.kid.map(|kid| kid.into_owned().into_boxed_str()),
            public,
            purpose: jwk.purpose,
            serial: Serial::new(),
            thumbprint: jwk.material.thumbprint(),
            validity: jwk.validity,
            material: jwk.material,
        })
    }

    pub(super) const fn material(&self) -> &Material {
        &self.material
    }

    /// Its `kty` (RFC 7517 section 4.1).
    pub(crate) const fn kty(&self) -> &'static str {
        match self.material {
            Material::Ec { .. } => "EC",
            Material::Ed25519 { .. } => "OKP",
            Material::Rsa { .. } => "RSA",
        }
    }

    /// The algorithms that it is ready for.
    pub(crate) fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        self.public.algorithms()
    }

    /// Its `use` (RFC 7517 section 4.2), as far as it is kept: what it is taken for.
    pub(crate) const fn key_use(&self) -> &'static str {
        match self.purpose {
            Purpose::JwtSvid => JWT_SVID,
            Purpose::Signatures => "sig",
        }
    }

    pub(super) const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Whether it is for tokens of this issuer. If the issuer is not known, whether it is for
    /// tokens of any.
    pub(super) fn fits_issuer(&self, own: Option<&str>) -> bool {
        let fits = |issuer: &KeyIssuer| own.is_some_and(|own| issuer.fits(own));
        self.issuer.as_ref().is_none_or(fits)
    }

    pub(super) const fn set_serial(&mut self, serial: Serial) {
        self.serial = serial;
    }

    /// Two keys with the same material, `kid`, `alg` and `issuer` are the same.
    pub(super) fn identity(&self) -> Identity<'_> {
        Identity {
            algorithm: self.algorithm,
            issuer: self.issuer(),
            kid: self.kid(),
            thumbprint: self.thumbprint,
        }
    }
}

/// Shows `kid`, algorithms and thumbprint.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithms: Vec<_> = self.public.algorithms().map(Algorithm::name).collect();
        f.debug_struct("Key")
            .field("id", &format_args!("{}", self.id()))
            .field("algorithms", &format_args!("{}", algorithms.join(" ")))
            .field("thumbprint", &format_args!("{}", self.thumbprint))
            .finish()
    }
}

/// How a key is named: by its `kid`, or by its thumbprint if it has none.
///
/// [`Display`](fmt::Display) and `Serialize` escape and shorten a `kid`, which is foreign text.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum KeyId {
    /// The `kid` of the key, as the set has it.
    Kid(Box<str>),
    /// The key has no `kid`.
    Thumbprint(Thumbprint),
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kid(kid) => Escaped(kid).fmt(f),
            Self::Thumbprint(thumbprint) => write!(f, "thumbprint:{thumbprint}"),
        }
    }
}

impl Serialize for KeyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
