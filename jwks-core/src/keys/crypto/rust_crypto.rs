//! Signatures checked in pure Rust, by RustCrypto's crates and ed25519-dalek.

use ed25519_dalek::Verifier as _;
use rsa::sha2::{Digest as _, Sha256, Sha384, Sha512};
use rsa::traits::{PublicKeyParts as _, SignatureScheme as _};
use rsa::{BigUint, Pkcs1v15Sign, Pss, RsaPublicKey, hazmat};

use super::UNCOMPRESSED;
use crate::keys::algorithm::Algorithm;
use crate::keys::material::{Curve, Material};

/// A key in the form of the crate that checks its signatures.
#[derive(Clone)]
pub(in crate::keys) struct PublicKey {
    algorithms: Box<[Algorithm]>,
    form: Form,
}

#[derive(Clone)]
enum Form {
    Ed25519(Box<ed25519_dalek::VerifyingKey>),
    P256(Box<p256::ecdsa::VerifyingKey>),
    P384(Box<p384::ecdsa::VerifyingKey>),
    P521(Box<p521::ecdsa::VerifyingKey>),
    Rsa(Box<Rsa>),
}

#[derive(Clone)]
struct Rsa {
    key: RsaPublicKey,
    /// The modulus in as many bytes as a signature has.
    n: Box<[u8]>,
}

impl PublicKey {
    /// `None` if the crate refuses the material, for example a point off the curve, or if the
    /// material is of another kind than one of the algorithms.
    pub(in crate::keys) fn parse(material: &Material, algorithms: &[Algorithm]) -> Option<Self> {
        let serves = material.algorithms();
        if !algorithms.iter().all(|algorithm| serves.contains(algorithm)) {
            return None;
        }
        Some(Self { algorithms: algorithms.into(), form: Form::parse(material)? })
    }

    pub(in crate::keys) fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        self.algorithms.iter().copied()
    }

    /// Whether this key made the signature; `false` too for an algorithm that it does not serve.
    pub(in crate::keys) fn verifies(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        self.algorithms.contains(&algorithm) && self.form.verifies(algorithm, message, signature)
    }
}

pub(in crate::keys) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

impl Form {
    fn parse(material: &Material) -> Option<Self> {
        Some(match material {
            Material::Ec { curve, x, y } => {
                let point = [&[UNCOMPRESSED], x.as_slice(), y.as_slice()].concat();
                match curve {
                    Curve::P256 => Self::P256(Box::new(
                        p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).ok()?,
                    )),
                    Curve::P384 => Self::P384(Box::new(
                        p384::ecdsa::VerifyingKey::from_sec1_bytes(&point).ok()?,
                    )),
                    Curve::P521 => Self::P521(Box::new(
                        p521::ecdsa::VerifyingKey::from_sec1_bytes(&point).ok()?,
                    )),
                }
            }
            Material::Ed25519 { x } => {
                Self::Ed25519(Box::new(ed25519_dalek::VerifyingKey::from_bytes(x).ok()?))
            }
            Material::Rsa { e, n } => Self::Rsa(Box::new(Rsa::parse(e, n)?)),
        })
    }

    fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Self::P256(key) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Self::P384(key) => p384::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Self::P521(key) => p521::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Self::Rsa(key) => key.verifies(algorithm, message, signature),
        }
    }
}

impl Rsa {
    fn parse(e: &[u8], n: &[u8]) -> Option<Self> {
        let (big_n, big_e) = (BigUint::from_bytes_be(n), BigUint::from_bytes_be(e));
        let key = RsaPublicKey::new_with_max_size(big_n, big_e, MAX_BITS).ok()?;
        Some(Self { key, n: n.into() })
    }

    fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        // RFC 8017 sections 8.1.2 and 8.2.2: the length of the modulus, and less than it, or else
        // one signature would have two spellings. `Pss` does not look at the second.
        if signature.len() != self.n.len() || *signature >= *self.n {
            return false;
        }
        match algorithm {
            Algorithm::PS256 => {
                let scheme = Pss::new_with_salt::<Sha256>(32);
                self.pss(scheme, &Sha256::digest(message), signature)
            }
            Algorithm::PS384 => {
                let scheme = Pss::new_with_salt::<Sha384>(48);
                self.pss(scheme, &Sha384::digest(message), signature)
            }
            Algorithm::PS512 => {
                let scheme = Pss::new_with_salt::<Sha512>(64);
                self.pss(scheme, &Sha512::digest(message), signature)
            }
            Algorithm::RS256 => {
                self.pkcs1(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message), signature)
            }
            Algorithm::RS384 => {
                self.pkcs1(Pkcs1v15Sign::new::<Sha384>(), &Sha384::digest(message), signature)
            }
            Algorithm::RS512 => {
                self.pkcs1(Pkcs1v15Sign::new::<Sha512>(), &Sha512::digest(message), signature)
            }
            Algorithm::ES256 | Algorithm::ES384 | Algorithm::ES512 | Algorithm::EdDSA => false,
        }
    }

    fn pkcs1(&self, scheme: Pkcs1v15Sign, hash: &[u8], signature: &[u8]) -> bool {
        scheme.verify(&self.key, hash, signature).is_ok()
    }

    fn pss(&self, scheme: Pss, hash: &[u8], signature: &[u8]) -> bool {
        scheme.verify(&self.key, hash, signature).is_ok() && self.fits_encoding(signature)
    }

    /// RFC 8017 section 8.1.2, step 2c: the encoded message has one bit less than the modulus.
    /// Where that is a byte less, `Pss` does not look at the byte that is too much.
    fn fits_encoding(&self, signature: &[u8]) -> bool {
        let bits = self.key.n().bits();
        bits % 8 != 1
            || hazmat::rsa_encrypt(&self.key, &BigUint::from_bytes_be(signature))
                .is_ok_and(|encoded| encoded.bits() < bits)
    }
}

const MAX_BITS: usize = 8192;
