//! Keys and tokens made on the spot, for tests.

use std::cell::Cell;
use std::sync::LazyLock;

use aws_lc_rs::encoding::AsBigEndian as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RsaKeyPair,
};

use super::algorithm::Algorithm;
use super::base64url::encode;
use super::limits::KeyLimits;
use super::set::KeySet;

/// An RSA key of 2048 bits, made once for a test run because making one is slow.
pub(crate) static RSA: LazyLock<Signer> = LazyLock::new(Signer::rsa);
pub(crate) static P256: LazyLock<Signer> = LazyLock::new(|| Signer::new(Algorithm::ES256));
pub(crate) static ED25519: LazyLock<Signer> = LazyLock::new(|| Signer::new(Algorithm::EdDSA));

/// A private key.
pub(crate) enum Signer {
    Ec(Algorithm, EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>),
}

impl Signer {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::EdDSA => Self::Ed(Ed25519KeyPair::generate().unwrap()),
            Algorithm::ES256 | Algorithm::ES384 | Algorithm::ES512 => {
                Self::Ec(algorithm, EcdsaKeyPair::generate(ecdsa(algorithm)).unwrap())
            }
            _ => Self::rsa(),
        }
    }

    pub(crate) fn rsa() -> Self {
        Self::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()))
    }

    /// The members of its public JWK that make up the key: no `kid`, no `alg`, no braces.
    pub(crate) fn members(&self) -> String {
        match self {
            Self::Ec(algorithm, pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = point[1..].split_at(point.len() / 2);
                let crv = match algorithm {
                    Algorithm::ES256 => "P-256",
                    Algorithm::ES384 => "P-384",
                    _ => "P-521",
                };
                let (x, y) = (encode(x), encode(y));
                format!(r#""kty":"EC","crv":"{crv}","x":"{x}","y":"{y}""#)
            }
            Self::Ed(pair) => {
                let x = encode(pair.public_key().as_ref());
                format!(r#""kty":"OKP","crv":"Ed25519","x":"{x}""#)
            }
            Self::Rsa(pair) => {
                let key = pair.public_key();
                let n = encode(key.modulus().big_endian_without_leading_zero());
                let e = encode(key.exponent().big_endian_without_leading_zero());
                format!(r#""kty":"RSA","n":"{n}","e":"{e}""#)
            }
        }
    }

    /// A JWK with more members, such as `"kid":"a"`; none if empty.
    pub(crate) fn jwk(&self, more: &str) -> String {
        let comma = if more.is_empty() { "" } else { "," };
        format!("{{{}{comma}{more}}}", self.members())
    }

    /// The signature over a message, as JOSE has it.
    pub(crate) fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Ec(_, pair) => {
                pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
            }
            Self::Ed(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Rsa(pair) => {
                let mut out = vec![0; pair.public_modulus_len()];
                pair.sign(rsa(algorithm), &SystemRandom::new(), message, &mut out).unwrap();
                out
            }
        }
    }

    /// A compact JWS over header and payload as they are.
    pub(crate) fn token(&self, algorithm: Algorithm, header: &str, payload: &str) -> String {
        let signed = format!("{}.{}", encode(header.as_bytes()), encode(payload.as_bytes()));
        let signature = self.sign(algorithm, signed.as_bytes());
        format!("{signed}.{}", encode(&signature))
    }

    /// The secret scalar or seed, to make a private JWK.
    pub(crate) fn secret(&self) -> String {
        match self {
            Self::Ec(_, pair) => encode(pair.private_key().as_be_bytes().unwrap().as_ref()),
            Self::Ed(pair) => encode(pair.seed().unwrap().as_be_bytes().unwrap().as_ref()),
            Self::Rsa(_) => encode(&[7; 256]),
        }
    }
}

thread_local! {
    static CHECKS: Cell<usize> = const { Cell::new(0) };
    static COMPARISONS: Cell<usize> = const { Cell::new(0) };
}

/// Called wherever a key checks a signature.
pub(crate) fn count_check() {
    CHECKS.set(CHECKS.get() + 1);
}

/// How many signatures this thread has checked.
pub(crate) fn checks() -> usize {
    CHECKS.get()
}

/// Called wherever a key is looked at to compare it with others.
pub(crate) fn count_comparison() {
    COMPARISONS.set(COMPARISONS.get() + 1);
}

/// How often this thread looks at a key to compare it with others, while it does something.
pub(crate) fn comparisons(what: impl FnOnce()) -> usize {
    let before = COMPARISONS.get();
    what();
    COMPARISONS.get() - before
}

/// A JWK Set document of these keys.
pub(crate) fn set_json(keys: &[String]) -> String {
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

/// A key set of these keys, under the default limits.
pub(crate) fn set(keys: &[String]) -> KeySet {
    KeySet::parse(set_json(keys).as_bytes(), &KeyLimits::default()).unwrap()
}

fn ecdsa(algorithm: Algorithm) -> &'static EcdsaSigningAlgorithm {
    match algorithm {
        Algorithm::ES256 => &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        Algorithm::ES384 => &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
        _ => &signature::ECDSA_P521_SHA512_FIXED_SIGNING,
    }
}

fn rsa(algorithm: Algorithm) -> &'static signature::RsaSignatureEncoding {
    match algorithm {
        Algorithm::PS256 => &signature::RSA_PSS_SHA256,
        Algorithm::PS384 => &signature::RSA_PSS_SHA384,
        Algorithm::PS512 => &signature::RSA_PSS_SHA512,
        Algorithm::RS384 => &signature::RSA_PKCS1_SHA384,
        Algorithm::RS512 => &signature::RSA_PKCS1_SHA512,
        _ => &signature::RSA_PKCS1_SHA256,
    }
}
