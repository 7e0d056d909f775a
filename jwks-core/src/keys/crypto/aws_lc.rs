//! Signatures checked by AWS-LC.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{self, ParsedPublicKey, RsaParameters, RsaPublicKeyComponents};

use super::UNCOMPRESSED;
use crate::keys::algorithm::Algorithm;
use crate::keys::material::{Curve, Material};

/// A key in AWS-LC's own form, once for each algorithm that it may serve.
///
/// AWS-LC binds a parsed key to one algorithm, so an RSA key without `alg` is held up to six times.
#[derive(Clone)]
pub(in crate::keys) struct PublicKey {
    forms: Box<[(Algorithm, ParsedPublicKey)]>,
}

impl PublicKey {
    /// `None` if AWS-LC refuses the material, for example a point off the curve.
    pub(in crate::keys) fn parse(material: &Material, algorithms: &[Algorithm]) -> Option<Self> {
        let forms = algorithms
            .iter()
            .map(|algorithm| Some((*algorithm, parse(material, *algorithm)?)))
            .collect::<Option<_>>()?;
        Some(Self { forms })
    }

    pub(in crate::keys) fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        self.forms.iter().map(|(algorithm, _)| *algorithm)
    }

    /// Whether this key made the signature; `false` too for an algorithm that it does not serve.
    pub(in crate::keys) fn verifies(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        self.forms
            .iter()
            .find(|(serves, _)| *serves == algorithm)
            .is_some_and(|(_, key)| key.verify_sig(message, signature).is_ok())
    }
}

pub(in crate::keys) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    // The lengths are equal by the definition of SHA-256; zip cannot panic where a copy could.
    for (to, from) in hash.iter_mut().zip(digest::digest(&digest::SHA256, bytes).as_ref()) {
        *to = *from;
    }
    hash
}

fn parse(material: &Material, algorithm: Algorithm) -> Option<ParsedPublicKey> {
    match material {
        Material::Ec { curve, x, y } => {
            let point = [&[UNCOMPRESSED], x.as_slice(), y.as_slice()].concat();
            let ecdsa = match curve {
                Curve::P256 => &signature::ECDSA_P256_SHA256_FIXED,
                Curve::P384 => &signature::ECDSA_P384_SHA384_FIXED,
                Curve::P521 => &signature::ECDSA_P521_SHA512_FIXED,
            };
            ParsedPublicKey::new(ecdsa, point).ok()
        }
        Material::Ed25519 { x } => ParsedPublicKey::new(&signature::ED25519, x).ok(),
        Material::Rsa { e, n } => {
            RsaPublicKeyComponents { n, e }.to_parsed_public_key(rsa(algorithm)?).ok()
        }
    }
}

const fn rsa(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    Some(match algorithm {
        Algorithm::PS256 => &signature::RSA_PSS_2048_8192_SHA256,
        Algorithm::PS384 => &signature::RSA_PSS_2048_8192_SHA384,
        Algorithm::PS512 => &signature::RSA_PSS_2048_8192_SHA512,
        Algorithm::RS256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::RS384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::RS512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::ES256 | Algorithm::ES384 | Algorithm::ES512 | Algorithm::EdDSA => return None,
    })
}
