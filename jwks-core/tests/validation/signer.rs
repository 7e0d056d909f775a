//! Private keys made on the spot.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwks_core::keys::Algorithm;

pub(crate) static RSA: LazyLock<Signer> = LazyLock::new(|| Signer::new(Algorithm::RS256));
pub(crate) static P256: LazyLock<Signer> = LazyLock::new(|| Signer::new(Algorithm::ES256));
pub(crate) static P384: LazyLock<Signer> = LazyLock::new(|| Signer::new(Algorithm::ES384));
pub(crate) static P521: LazyLock<Signer> = LazyLock::new(|| Signer::new(Algorithm::ES512));
pub(crate) static ED25519: LazyLock<Signer> = LazyLock::new(|| Signer::new(Algorithm::EdDSA));

pub(crate) enum Signer {
    Ec(&'static str, EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

impl Signer {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        let (crv, ecdsa) = match algorithm {
            Algorithm::ES256 => ("P-256", &signature::ECDSA_P256_SHA256_FIXED_SIGNING),
            Algorithm::ES384 => ("P-384", &signature::ECDSA_P384_SHA384_FIXED_SIGNING),
            Algorithm::ES512 => ("P-521", &signature::ECDSA_P521_SHA512_FIXED_SIGNING),
            Algorithm::EdDSA => return Self::Ed(Ed25519KeyPair::generate().expect("a key")),
            _ => return Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key")),
        };
        Self::Ec(crv, EcdsaKeyPair::generate(ecdsa).expect("a key"))
    }

    /// Its public JWK with more members, such as `"kid":"a"`; none if empty.
    pub(crate) fn jwk(&self, more: &str) -> String {
        let comma = if more.is_empty() { "" } else { "," };
        format!("{{{}{comma}{more}}}", self.members())
    }

    pub(crate) fn members(&self) -> String {
        match self {
            Self::Ec(crv, pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = point[1..].split_at(point.len() / 2);
                let (x, y) = (encode(x), encode(y));
                format!(r#""kty":"EC","crv":"{crv}","x":"{x}","y":"{y}""#)
            }
            Self::Ed(pair) => {
                let x = encode(pair.public_key().as_ref());
                format!(r#""kty":"OKP","crv":"Ed25519","x":"{x}""#)
            }
            Self::Rsa(pair) => {
                let n = pair.public_key().modulus();
                let n = encode(n.big_endian_without_leading_zero());
                format!(r#""kty":"RSA","e":"AQAB","n":"{n}""#)
            }
        }
    }

    /// The signature as JOSE has it, for RSA by the given algorithm.
    pub(crate) fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Ec(_, pair) => {
                pair.sign(&SystemRandom::new(), message).expect("a signature").as_ref().to_vec()
            }
            Self::Ed(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Rsa(pair) => {
                let padding: &signature::RsaSignatureEncoding = match algorithm {
                    Algorithm::PS256 => &signature::RSA_PSS_SHA256,
                    Algorithm::PS384 => &signature::RSA_PSS_SHA384,
                    Algorithm::PS512 => &signature::RSA_PSS_SHA512,
                    Algorithm::RS384 => &signature::RSA_PKCS1_SHA384,
                    Algorithm::RS512 => &signature::RSA_PKCS1_SHA512,
                    _ => &signature::RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &SystemRandom::new(), message, &mut signature)
                    .expect("a signature");
                signature
            }
        }
    }

    /// A compact JWS over header and payload as they are.
    pub(crate) fn token(&self, algorithm: Algorithm, header: &str, payload: &str) -> String {
        let signed = format!("{}.{}", encode(header.as_bytes()), encode(payload.as_bytes()));
        let signature = self.sign(algorithm, signed.as_bytes());
        format!("{signed}.{}", encode(&signature))
    }
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).expect("canonical")
}
