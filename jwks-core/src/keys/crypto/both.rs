//! Both backends side by side, for tests: they must agree on every key and every signature.

use super::{aws_lc, rust_crypto};
use crate::keys::algorithm::Algorithm;
use crate::keys::material::Material;

#[derive(Clone)]
pub(in crate::keys) struct PublicKey {
    aws_lc: aws_lc::PublicKey,
    rust_crypto: rust_crypto::PublicKey,
}

impl PublicKey {
    pub(in crate::keys) fn parse(material: &Material, algorithms: &[Algorithm]) -> Option<Self> {
        let aws_lc = aws_lc::PublicKey::parse(material, algorithms);
        let rust_crypto = rust_crypto::PublicKey::parse(material, algorithms);
        assert_eq!(aws_lc.is_some(), rust_crypto.is_some(), "a key that one backend refuses");
        Some(Self { aws_lc: aws_lc?, rust_crypto: rust_crypto? })
    }

    pub(in crate::keys) fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        assert!(self.aws_lc.algorithms().eq(self.rust_crypto.algorithms()));
        self.aws_lc.algorithms()
    }

    pub(in crate::keys) fn verifies(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        sha256: Option<&[u8; 32]>,
        signature: &[u8],
    ) -> bool {
        let verdict = self.aws_lc.verifies(algorithm, message, sha256, signature);
        let other = self.rust_crypto.verifies(algorithm, message, sha256, signature);
        assert_eq!(verdict, other, "{algorithm}: aws-lc says {verdict}, rust-crypto {other}");
        verdict
    }
}

pub(in crate::keys) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let hash = aws_lc::sha256(bytes);
    assert_eq!(hash, rust_crypto::sha256(bytes));
    hash
}
