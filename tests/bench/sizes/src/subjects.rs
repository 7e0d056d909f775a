//! The things that are compared.

use std::hint::black_box;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};

use crate::claims::Claims;
use crate::world::{AUDIENCE, KID, Keys, Served};

pub(crate) type Subject = dyn Fn() + Sync;

pub(crate) fn accepts(served: &Served, token: &str) -> Box<Subject> {
    let (verifier, token) = (served.verifier.clone(), token.to_owned());
    Box::new(move || {
        let verified = verifier.try_verify::<Claims>(black_box(&token));
        drop(black_box(verified.expect("the token is good")));
    })
}

pub(crate) fn refuses(served: &Served, token: &str) -> Box<Subject> {
    let (verifier, token) = (served.verifier.clone(), token.to_owned());
    Box::new(move || {
        let verified = verifier.try_verify::<Claims>(black_box(&token));
        drop(black_box(verified.expect_err("nobody knows its issuer")));
    })
}

/// The key alone, by its name.
pub(crate) fn looks(served: &Served) -> Box<Subject> {
    let cache = served.verifier.caches().next().expect("there is an issuer");
    Box::new(move || {
        let found = cache.try_with_keys(black_box(KID), |keys| keys.count());
        assert_eq!(found.ok(), Some(1));
    })
}

/// The signature check alone, with a parsed key and decoded bytes.
pub(crate) fn raw(keys: &Keys, token: &str) -> Box<Subject> {
    let jwk = keys.0.public_jwk();
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).expect("it is base64url");
    let [n, e] = ["n", "e"].map(|name| bytes(jwk[name].as_str().expect("RSA keys have it")));
    let key = RsaPublicKeyComponents { n, e };
    let key = key.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).expect("it is a key");
    let (signed, signature) = token.rsplit_once('.').expect("it has three parts");
    let (signed, signature) = (signed.to_owned(), bytes(signature));
    Box::new(move || {
        key.verify_sig(black_box(signed.as_bytes()), &signature).expect("it is signed by this key");
    })
}

/// `jsonwebtoken::decode` alone, by somebody who has the key.
pub(crate) fn jsonwebtoken(keys: &Keys, token: &str) -> Box<Subject> {
    let jwk: Jwk = serde_json::from_value(keys.0.public_jwk()).expect("it is a JWK");
    let key = DecodingKey::from_jwk(&jwk).expect("it is a key");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&["https://login.example.com/tenants/000000"]);
    validation.set_audience(&[AUDIENCE]);
    validation.validate_nbf = true;
    let token = token.to_owned();
    Box::new(move || {
        drop(black_box(decode::<Claims>(&token, &key, &validation).expect("the token is good")));
    })
}
