//! A verifier with keys at hand, and tokens of a usual size.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    ParsedPublicKey, RsaKeyPair, RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Response;
use jwks_core::adapter::{Action, Driver, Env, Start as _};
use jwks_core::cache::Policy;
use jwks_core::refresh::Time;
use jwks_core::verify::{Issuer, Verifier, VerifierBuilder};

pub(crate) const ISSUER: &str = "https://id.example.com";
pub(crate) const AUDIENCE: &str = "my-api";

/// A key pair of each kind, its public half as a backend and as a JWK has it.
pub(crate) struct Signer {
    pub(crate) algorithm: &'static str,
    pub(crate) parsed: ParsedPublicKey,
    jwk: String,
    sign: Box<Sign>,
}

/// Signs a message.
type Sign = dyn Fn(&[u8]) -> Vec<u8>;

impl Signer {
    pub(crate) fn rs256() -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let n = pair.public_key().modulus().big_endian_without_leading_zero().to_vec();
        let e = pair.public_key().exponent().big_endian_without_leading_zero().to_vec();
        let jwk = format!(r#""kty":"RSA","n":"{}","e":"{}""#, encode(&n), encode(&e));
        let components = RsaPublicKeyComponents { n, e };
        let parsed =
            components.to_parsed_public_key(&signature::RSA_PKCS1_2048_8192_SHA256).unwrap();
        let sign = move |message: &[u8]| {
            let mut out = vec![0; pair.public_modulus_len()];
            let padding = &signature::RSA_PKCS1_SHA256;
            pair.sign(padding, &SystemRandom::new(), message, &mut out).unwrap();
            out
        };
        Self { algorithm: "RS256", parsed, jwk, sign: Box::new(sign) }
    }

    pub(crate) fn es256() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let point = pair.public_key().as_ref().to_vec();
        let (x, y) = (encode(&point[1..33]), encode(&point[33..]));
        let jwk = format!(r#""kty":"EC","crv":"P-256","x":"{x}","y":"{y}""#);
        let parsed = ParsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point).unwrap();
        let sign = move |message: &[u8]| {
            pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
        };
        Self { algorithm: "ES256", parsed, jwk, sign: Box::new(sign) }
    }

    pub(crate) fn eddsa() -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let x = pair.public_key().as_ref().to_vec();
        let jwk = format!(r#""kty":"OKP","crv":"Ed25519","x":"{}""#, encode(&x));
        let parsed = ParsedPublicKey::new(&signature::ED25519, x).unwrap();
        let sign = move |message: &[u8]| pair.sign(message).as_ref().to_vec();
        Self { algorithm: "EdDSA", parsed, jwk, sign: Box::new(sign) }
    }

    /// A token of this issuer with all of [`Claims`].
    pub(crate) fn token(&self, issuer: &str) -> String {
        self.token_of(issuer, 0x0c11)
    }

    /// The same with a number of its own.
    pub(crate) fn token_of(&self, issuer: &str, number: usize) -> String {
        let header = format!(r#"{{"alg":"{0}","typ":"JWT","kid":"key-of-{0}"}}"#, self.algorithm);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let (before, after) = (now - 60, now + 36_000);
        let payload = format!(
            r#"{{"iss":"{issuer}","sub":"8f14e45f-ceea-467f-a0e6-7b9c5b0f4a51","aud":"my-api","#,
        ) + &format!(r#""exp":{after},"iat":{before},"nbf":{before},"#)
            + &format!(r#""jti":"0d6a2a54-3b0e-4a5e-9d2f-5f1e6b1f{number:04x}","#)
            + r#""client_id":"4f7example","#
            + r#""scope":"read write","email":"ada@example.com","email_verified":true}"#;
        let signed = format!("{}.{}", encode(header.as_bytes()), encode(payload.as_bytes()));
        let signature = (self.sign)(signed.as_bytes());
        format!("{signed}.{}", encode(&signature))
    }

    /// What the raw check is given: the signed text and the signature's bytes.
    pub(crate) fn raw(token: &str) -> (&str, Vec<u8>) {
        let (signed, signature) = token.rsplit_once('.').unwrap();
        (signed, URL_SAFE_NO_PAD.decode(signature).unwrap())
    }
}

/// A verifier that holds the keys of all signers for each of these issuers, refreshed ahead, and
/// far from the end of its uses.
pub(crate) fn verifier(signers: &[&Signer], issuers: &[&str]) -> (Verifier, Vec<Driver>) {
    serving(Verifier::builder(), signers, issuers)
}

/// The same, with other settings.
pub(crate) fn serving(
    builder: VerifierBuilder,
    signers: &[&Signer],
    issuers: &[&str],
) -> (Verifier, Vec<Driver>) {
    let policy = Policy::builder().usages(1 << 50).interval(Duration::from_secs(36_000));
    let policy = policy.build().unwrap();
    let issuer = |iss: &&str| {
        let issuer = Issuer::new(*iss).jwks_uri("https://id.example.com/keys");
        issuer.audience(AUDIENCE).policy(policy.clone())
    };
    let builder = issuers.iter().map(issuer).fold(builder, |builder, one| builder.issuer(one));
    let (verifier, mut drivers) = builder.build(Env::new(SystemTime::now)).unwrap();
    let mut drivers = drivers.take_ready();
    let key =
        |signer: &&Signer| format!(r#"{{"kid":"key-of-{}",{}}}"#, signer.algorithm, signer.jwk);
    let keys: Vec<_> = signers.iter().map(key).collect();
    for driver in &mut drivers {
        let Action::Fetch(fetch) = driver.poll(Time::ZERO) else { panic!("the load is due") };
        fetch.reply.send(Ok(Response::new(format!(r#"{{"keys":[{}]}}"#, keys.join(",")))));
        assert!(matches!(driver.poll(Time::ZERO), Action::Wait(_)));
    }
    (verifier, drivers)
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
