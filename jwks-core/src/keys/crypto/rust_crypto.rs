//! Signatures checked in pure Rust, by RustCrypto's crates and ed25519-dalek.

use ed25519_dalek::Verifier as _;
use rsa::BoxedUint;
use rsa::sha2::{Digest as _, Sha256, Sha384, Sha512};

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
    Rsa(Box<rsa::PublicKey>),
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
        // To hash the message again costs little beside these checks.
        _sha256: Option<&[u8; 32]>,
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
            Material::Rsa { e, n } => Self::Rsa(Box::new(rsa_key(e, n)?)),
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
            Self::Rsa(key) => rsa_verifies(key, algorithm, message, signature),
        }
    }
}

/// The limits of `material.rs` are within those of the crate.
fn rsa_key(e: &[u8], n: &[u8]) -> Option<rsa::PublicKey> {
    let [e, n] = [e, n].map(BoxedUint::from_be_slice_vartime);
    rsa::PublicKey::new(n, e).ok()
}

/// A salt is as long as the hash (RFC 7518 section 3.5).
fn rsa_verifies(key: &rsa::PublicKey, by: Algorithm, message: &[u8], signature: &[u8]) -> bool {
    let verdict = match by {
        Algorithm::PS256 => key.pss_verify::<Sha256>(message, signature),
        Algorithm::PS384 => key.pss_verify::<Sha384>(message, signature),
        Algorithm::PS512 => key.pss_verify::<Sha512>(message, signature),
        Algorithm::RS256 => key.pkcs1v15_verify::<Sha256>(message, signature),
        Algorithm::RS384 => key.pkcs1v15_verify::<Sha384>(message, signature),
        Algorithm::RS512 => key.pkcs1v15_verify::<Sha512>(message, signature),
        Algorithm::ES256 | Algorithm::ES384 | Algorithm::ES512 | Algorithm::EdDSA => return false,
    };
    verdict.is_ok()
}
