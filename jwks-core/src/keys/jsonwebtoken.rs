//! Keys and algorithms in the vocabulary of the `jsonwebtoken` crate, for its own `decode`.
//!
//! This is for version 12 of that crate. For every other version, use the key as a JWK: see
//! [`Key`]. Nothing here calls or enables a backend of that crate: its user chooses it.

use ::jsonwebtoken as theirs;
use theirs::DecodingKey;

use super::algorithm::{Algorithm, UnknownAlgorithm};
use super::key::Key;
use super::material::{Curve, Material};

impl Key {
    /// This key for `jsonwebtoken::decode`, version 12 of that crate. `None` for a key on P-521,
    /// which that crate does not support. For other versions, use the [JWK](Key#as-a-jwk).
    ///
    /// It is made once, when the set is parsed. Let your `Validation` name only algorithms that
    /// this key [fits](Self::fits), and never one that the token's header chose: `jsonwebtoken`
    /// does not know the key's own `alg`.
    ///
    /// ```
    /// use jwks_core::keys::{Algorithm, KeyLimits, KeySet};
    ///
    /// let body = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a",
    ///     "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    /// let keys = KeySet::parse(body, &KeyLimits::default())?;
    /// let key = keys.candidates("a").next().ok_or("no such key")?;
    ///
    /// let decoding_key: &jsonwebtoken::DecodingKey = key.decoding_key().ok_or("not on P-521")?;
    /// let algorithm = jsonwebtoken::Algorithm::try_from(Algorithm::EdDSA)?;
    /// let validation = jsonwebtoken::Validation::new(algorithm);
    /// # let _ = (decoding_key, validation);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn decoding_key(&self) -> Option<&DecodingKey> {
        self.decoding.as_ref()
    }
}

/// ES512 is unknown to `jsonwebtoken`.
impl TryFrom<Algorithm> for theirs::Algorithm {
    type Error = UnknownAlgorithm;

    fn try_from(algorithm: Algorithm) -> Result<Self, UnknownAlgorithm> {
        Ok(match algorithm {
            Algorithm::ES256 => Self::ES256,
            Algorithm::ES384 => Self::ES384,
            Algorithm::ES512 => return Err(UnknownAlgorithm::new()),
            Algorithm::EdDSA => Self::EdDSA,
            Algorithm::PS256 => Self::PS256,
            Algorithm::PS384 => Self::PS384,
            Algorithm::PS512 => Self::PS512,
            Algorithm::RS256 => Self::RS256,
            Algorithm::RS384 => Self::RS384,
            Algorithm::RS512 => Self::RS512,
        })
    }
}

/// HMAC has no place among public keys.
impl TryFrom<theirs::Algorithm> for Algorithm {
    type Error = UnknownAlgorithm;

    fn try_from(algorithm: theirs::Algorithm) -> Result<Self, UnknownAlgorithm> {
        Ok(match algorithm {
            theirs::Algorithm::ES256 => Self::ES256,
            theirs::Algorithm::ES384 => Self::ES384,
            theirs::Algorithm::EdDSA => Self::EdDSA,
            theirs::Algorithm::PS256 => Self::PS256,
            theirs::Algorithm::PS384 => Self::PS384,
            theirs::Algorithm::PS512 => Self::PS512,
            theirs::Algorithm::RS256 => Self::RS256,
            theirs::Algorithm::RS384 => Self::RS384,
            theirs::Algorithm::RS512 => Self::RS512,
            _ => return Err(UnknownAlgorithm::new()),
        })
    }
}

pub(super) fn decoding_key(material: &Material) -> Option<DecodingKey> {
    Some(match material {
        Material::Ec { curve: Curve::P521, .. } => return None,
        // Their name says DER, and means the bare point that their backends take.
        Material::Ec { x, y, .. } => {
            DecodingKey::from_ec_der(&[&[UNCOMPRESSED], x.as_slice(), y.as_slice()].concat())
        }
        Material::Ed25519 { x } => DecodingKey::from_ed_der(x),
        Material::Rsa { e, n } => DecodingKey::from_rsa_raw_components(n, e),
    })
}

/// SEC 1 section 2.3.3: both coordinates follow.
const UNCOMPRESSED: u8 = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::testing::{ED25519, P256, RSA, Signer};
    use crate::keys::{KeyLimits, KeySet};

    #[test]
    fn algorithms_go_both_ways_but_for_es512_and_hmac() {
        for &algorithm in Algorithm::ALL {
            match theirs::Algorithm::try_from(algorithm) {
                Ok(there) => {
                    assert_eq!(format!("{there:?}"), algorithm.name());
                    assert_eq!(Algorithm::try_from(there), Ok(algorithm));
                }
                Err(_) => assert_eq!(algorithm, Algorithm::ES512),
            }
        }
        for hmac in [theirs::Algorithm::HS256, theirs::Algorithm::HS384, theirs::Algorithm::HS512] {
            assert!(Algorithm::try_from(hmac).is_err());
        }
    }

    #[test]
    fn the_same_keys_as_jsonwebtoken_makes_of_the_jwk() {
        for signer in [&*RSA, &*P256, &*ED25519, &Signer::new(Algorithm::ES384)] {
            let jwk = format!("{{{}}}", signer.members());
            let set = format!(r#"{{"keys":[{jwk}]}}"#);
            let keys = KeySet::parse(set.as_bytes(), &KeyLimits::default()).unwrap();
            let ours = keys.iter().next().unwrap().decoding_key().unwrap().clone();
            let theirs = DecodingKey::from_jwk(&serde_json::from_str(&jwk).unwrap()).unwrap();
            assert_eq!(ours.family(), theirs.family());
            assert!(bytes(ours.kind()) == bytes(theirs.kind()));
        }
    }

    #[test]
    fn none_for_p521() {
        let set = format!(r#"{{"keys":[{{{}}}]}}"#, Signer::new(Algorithm::ES512).members());
        let keys = KeySet::parse(set.as_bytes(), &KeyLimits::default()).unwrap();
        assert!(keys.iter().next().unwrap().decoding_key().is_none());
    }

    fn bytes(kind: &theirs::DecodingKeyKind) -> Vec<Vec<u8>> {
        match kind {
            theirs::DecodingKeyKind::RsaModulusExponent { n, e } => vec![n.clone(), e.clone()],
            theirs::DecodingKeyKind::SecretOrDer(bytes) => vec![bytes.clone()],
        }
    }
}
