//! Real keys that sign tokens, and the JWK Sets (RFC 7517) that publish them.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rand::SystemRandom,
    rsa,
    signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jwks_core::keys::Algorithm;
use serde_json::{Value, json};

/// A private key with its `kid`, made at random when the signer is made: no key is the same in two
/// runs, and none is in a file.
///
/// A clone signs with the same key. Keys of elliptic curves are made in well under 5 ms; RSA keys
/// take up to some tenths of a second.
#[derive(Clone)]
pub struct Signer {
    algorithm: Algorithm,
    kid: String,
    pair: Pair,
}

impl Signer {
    /// A new key for this algorithm. For an RSA algorithm it has 2048 bits.
    ///
    /// # Panics
    ///
    /// When the algorithm is one that this version does not know.
    pub fn new(algorithm: Algorithm, kid: &str) -> Self {
        let pair = match algorithm {
            Algorithm::EdDSA => {
                let pair = Ed25519KeyPair::generate().expect("the system gives randomness");
                Pair::Ed25519(Arc::new(pair))
            }
            Algorithm::ES256 => new_ec("P-256", &signature::ECDSA_P256_SHA256_FIXED_SIGNING),
            Algorithm::ES384 => new_ec("P-384", &signature::ECDSA_P384_SHA384_FIXED_SIGNING),
            Algorithm::ES512 => new_ec("P-521", &signature::ECDSA_P521_SHA512_FIXED_SIGNING),
            _ => {
                // Refuses what is not known before a key is made for it.
                padding(algorithm);
                Pair::Rsa(new_rsa())
            }
        };
        Self { algorithm, kid: kid.to_owned(), pair }
    }

    /// A new Ed25519 key, `alg` `EdDSA` (RFC 8037).
    pub fn eddsa(kid: &str) -> Self {
        Self::new(Algorithm::EdDSA, kid)
    }

    /// A new P-256 key, `alg` `ES256` (RFC 7518, section 3.4).
    pub fn es256(kid: &str) -> Self {
        Self::new(Algorithm::ES256, kid)
    }

    /// A new RSA key of 2048 bits, `alg` `RS256` (RFC 7518, section 3.3).
    ///
    /// Making one takes up to some tenths of a second; [`Signer::rs256_shared`] is for tests that
    /// only need *an* RSA key.
    pub fn rs256(kid: &str) -> Self {
        Self::new(Algorithm::RS256, kid)
    }

    /// One of [`Signer::SHARED`] RSA keys of 2048 bits, made once per process, under this `kid`.
    ///
    /// The same index always is the same key material, whatever the `kid`.
    ///
    /// # Panics
    ///
    /// When `index` is not less than [`Signer::SHARED`].
    pub fn rs256_shared(index: usize, kid: &str) -> Self {
        static PAIRS: [OnceLock<Arc<rsa::KeyPair>>; Signer::SHARED] =
            [const { OnceLock::new() }; Signer::SHARED];
        let slot = PAIRS.get(index).expect("an index of a shared RSA key");
        let pair = Pair::Rsa(Arc::clone(slot.get_or_init(new_rsa)));
        Self { algorithm: Algorithm::RS256, kid: kid.to_owned(), pair }
    }

    /// Another key for the same algorithm under the same `kid`: what an attacker has who knows
    /// the `kid` alone. For RSA it is made once per process.
    #[must_use]
    pub fn impostor(&self) -> Self {
        static PAIR: OnceLock<Arc<rsa::KeyPair>> = OnceLock::new();
        match &self.pair {
            Pair::Rsa(pair) if !PAIR.get().is_some_and(|it| Arc::ptr_eq(it, pair)) => {
                let pair = Pair::Rsa(Arc::clone(PAIR.get_or_init(new_rsa)));
                Self { algorithm: self.algorithm, kid: self.kid.clone(), pair }
            }
            _ => Self::new(self.algorithm, &self.kid),
        }
    }

    /// The same key under another `kid`.
    #[must_use]
    pub fn named(mut self, kid: &str) -> Self {
        kid.clone_into(&mut self.kid);
        self
    }

    /// How many shared RSA keys there are.
    pub const SHARED: usize = 4;

    /// The JWS algorithm (RFC 7518, section 3.1; RFC 8037, section 3.1).
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key's id.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public half as a JWK, with `alg`, `kid` and `use` = `sig`.
    pub fn public_jwk(&self) -> Value {
        let mut jwk = match &self.pair {
            Pair::Ed25519(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key()) })
            }
            Pair::Ec(crv, pair) => {
                // The uncompressed point of SEC 1: a marker byte, then x, then y.
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                json!({ "kty": "EC", "crv": crv, "x": encode(x), "y": encode(y) })
            }
            Pair::Rsa(pair) => {
                let key = pair.public_key();
                let n = encode(key.modulus().big_endian_without_leading_zero());
                let e = encode(key.exponent().big_endian_without_leading_zero());
                json!({ "kty": "RSA", "n": n, "e": e })
            }
        };
        jwk["alg"] = self.algorithm.name().into();
        jwk["kid"] = self.kid.as_str().into();
        jwk["use"] = "sig".into();
        jwk
    }

    /// The public half as `SubjectPublicKeyInfo` (RFC 5280, section 4.1.2.7), in DER.
    pub fn public_der(&self) -> Vec<u8> {
        match &self.pair {
            Pair::Ec(_, pair) => spki(pair.public_key()),
            Pair::Ed25519(pair) => spki(pair.public_key()),
            Pair::Rsa(pair) => spki(pair.public_key()),
        }
    }

    /// The public half as its algorithm has it: the point, the octets, `RSAPublicKey` in DER.
    pub(crate) fn public_bytes(&self) -> Vec<u8> {
        match &self.pair {
            Pair::Ec(_, pair) => pair.public_key().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Rsa(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    /// The header that [`Signer::sign`] writes: `alg`, `kid`, and `typ` = `JWT`.
    pub fn header(&self) -> Value {
        json!({ "alg": self.algorithm.name(), "kid": self.kid, "typ": "JWT" })
    }

    /// A token (compact JWS, RFC 7515, section 7.1) of these claims, under [`Signer::header`].
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_with_header(&self.header(), claims)
    }

    /// A token under any header, however odd; this key signs it all the same.
    pub fn sign_with_header(&self, header: &Value, claims: &Value) -> String {
        self.sign_bytes(header.to_string().as_bytes(), claims.to_string().as_bytes())
    }

    /// A token of any header text and any payload, JSON or not (duplicate members, for one).
    pub fn sign_bytes(&self, header: &[u8], payload: &[u8]) -> String {
        let mut token = format!("{}.{}", encode(header), encode(payload));
        let signature = encode(self.signature(token.as_bytes()));
        token.push('.');
        token.push_str(&signature);
        token
    }

    /// The signature of any bytes, as JOSE has it.
    pub fn signature(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Pair::Ec(_, pair) => {
                pair.sign(&random, message).expect("signing with a sound key").as_ref().to_vec()
            }
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding(self.algorithm), &random, message, &mut signature)
                    .expect("signing with a sound key");
                signature
            }
        }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// The JWK Set (RFC 7517, section 5) of these keys' public halves, as text.
pub fn jwk_set(keys: &[&Signer]) -> String {
    let keys: Vec<Value> = keys.iter().map(|key| key.public_jwk()).collect();
    json!({ "keys": keys }).to_string()
}

#[derive(Clone)]
enum Pair {
    /// With the curve's name.
    Ec(&'static str, Arc<EcdsaKeyPair>),
    Ed25519(Arc<Ed25519KeyPair>),
    Rsa(Arc<rsa::KeyPair>),
}

fn spki<'a>(key: &impl AsDer<PublicKeyX509Der<'a>>) -> Vec<u8> {
    key.as_der().expect("a sound key has a form").as_ref().to_vec()
}

fn new_ec(crv: &'static str, algorithm: &'static signature::EcdsaSigningAlgorithm) -> Pair {
    let pair = EcdsaKeyPair::generate(algorithm).expect("the system gives randomness");
    Pair::Ec(crv, Arc::new(pair))
}

fn new_rsa() -> Arc<rsa::KeyPair> {
    let pair = rsa::KeyPair::generate(rsa::KeySize::Rsa2048);
    Arc::new(pair.expect("the system gives randomness"))
}

fn padding(algorithm: Algorithm) -> &'static signature::RsaSignatureEncoding {
    match algorithm {
        Algorithm::PS256 => &signature::RSA_PSS_SHA256,
        Algorithm::PS384 => &signature::RSA_PSS_SHA384,
        Algorithm::PS512 => &signature::RSA_PSS_SHA512,
        Algorithm::RS384 => &signature::RSA_PKCS1_SHA384,
        Algorithm::RS512 => &signature::RSA_PKCS1_SHA512,
        Algorithm::RS256 => &signature::RSA_PKCS1_SHA256,
        other => panic!("{other} is not known to this version of jwks-testkit"),
    }
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
        UnparsedPublicKey,
    };

    use super::*;

    #[test]
    fn tokens_verify_with_what_the_jwk_says() {
        for key in [Signer::eddsa("a"), Signer::es256("b"), Signer::rs256_shared(0, "c")] {
            let claims = json!({ "sub": "somebody" });
            let token = key.sign(&claims);
            let parts: Vec<&str> = token.split('.').collect();
            let [header, payload, signature] = parts[..] else { panic!("three parts") };
            assert_eq!(json_of(header), key.header());
            assert_eq!(json_of(payload), claims);
            let message = &token.as_bytes()[..header.len() + 1 + payload.len()];
            assert!(verifies(&key.public_jwk(), message, &decode(signature)), "{key:?}");
            assert!(!verifies(&key.public_jwk(), b"another", &decode(signature)), "{key:?}");
        }
    }

    #[test]
    fn jwk_set_publishes_public_halves_in_order() {
        let (first, second) = (Signer::eddsa("first"), Signer::rs256_shared(1, "second"));
        let set: Value = serde_json::from_str(&jwk_set(&[&first, &second])).unwrap();
        assert_eq!(set["keys"], json!([first.public_jwk(), second.public_jwk()]));
        assert_eq!(set["keys"][1]["e"], "AQAB");
        assert_eq!(decode(set["keys"][1]["n"].as_str().unwrap()).len(), 256);
        assert!(set["keys"].as_array().unwrap().iter().all(|key| key.get("d").is_none()));
    }

    #[test]
    fn shared_keys_are_the_same_by_index() {
        let n = |key: Signer| key.public_jwk()["n"].clone();
        assert_eq!(n(Signer::rs256_shared(0, "a")), n(Signer::rs256_shared(0, "b")));
        assert_ne!(n(Signer::rs256_shared(0, "a")), n(Signer::rs256_shared(1, "a")));
    }

    #[test]
    fn odd_headers_and_payloads_pass_through() {
        let key = Signer::eddsa("k");
        let token = key.sign_with_header(&json!({ "alg": "none" }), &json!([]));
        assert_eq!(json_of(token.split('.').next().unwrap()), json!({ "alg": "none" }));
        let token = key.sign_bytes(br#"{"a":1,"a":2}"#, b"\xff");
        assert_eq!(decode(token.split('.').nth(1).unwrap()), b"\xff");
    }

    #[test]
    fn debug_form_shows_no_key() {
        assert_eq!(
            format!("{:?}", Signer::es256("k")),
            r#"Signer { algorithm: ES256, kid: "k", .. }"#
        );
    }

    fn verifies(jwk: &Value, message: &[u8], signature: &[u8]) -> bool {
        let member = |name: &str| decode(jwk[name].as_str().unwrap());
        match jwk["kty"].as_str().unwrap() {
            "EC" => {
                let point = [vec![4], member("x"), member("y")].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                    .verify(message, signature)
                    .is_ok()
            }
            "OKP" => {
                UnparsedPublicKey::new(&ED25519, member("x")).verify(message, signature).is_ok()
            }
            _ => RsaPublicKeyComponents { n: member("n"), e: member("e") }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok(),
        }
    }

    fn json_of(part: &str) -> Value {
        serde_json::from_slice(&decode(part)).unwrap()
    }

    fn decode(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }
}
