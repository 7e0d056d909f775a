//! What the peers are compared with.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use aws_lc_rs::signature::{self, ParsedPublicKey, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken_12::jwk::Jwk;
use jsonwebtoken_12::{Algorithm, DecodingKey, Validation, decode};
use jwks_tokio::{Issuer, Policy, Verifier};
use serde_json::Value;

use crate::claims::Claims;
use crate::world::{AUDIENCE, ISSUER, World};

pub(crate) type Subject = dyn Fn() + Sync;

pub(crate) async fn ours(world: &World) -> Box<Subject> {
    let policy = Policy::builder().usages(1 << 50).interval(Duration::from_secs(36_000));
    let issuer = Issuer::new(ISSUER)
        .jwks_uri(world.keys())
        .allow_loopback_http()
        .audience(AUDIENCE)
        .policy(policy.build().expect("it can be kept"));
    let verifier = jwks_tokio::start(Verifier::builder().issuer(issuer)).expect("it can work");
    let token = world.token;
    verifier.verify::<Claims>(token).await.expect("the token is good");
    Box::new(move || drop(black_box(verifier.try_verify::<Claims>(token).expect("as before"))))
}

/// The signature check alone, with a parsed key and decoded bytes.
pub(crate) fn raw(world: &World) -> Box<Subject> {
    let key = parsed(&world.jwk());
    let (signed, signature) = world.token.rsplit_once('.').expect("it has three parts");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("it is base64url");
    Box::new(move || {
        key.verify_sig(black_box(signed.as_bytes()), &signature).expect("it is signed by this key");
    })
}

/// `jsonwebtoken::decode` alone, by somebody who has the key.
pub(crate) fn jsonwebtoken(world: &World) -> Box<Subject> {
    let jwk: Jwk = serde_json::from_value(world.jwk()).expect("it is a JWK");
    let key = DecodingKey::from_jwk(&jwk).expect("it is a key");
    let mut validation = Validation::new(world.algorithm().parse::<Algorithm>().expect("known"));
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.validate_nbf = true;
    let token = world.token;
    Box::new(move || {
        drop(black_box(decode::<Claims>(token, &key, &validation).expect("the token is good")));
    })
}

/// What a future gives that has nothing to wait for.
pub(crate) fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits, although the keys are there"),
    }
}

fn parsed(jwk: &Value) -> ParsedPublicKey {
    let bytes = |name: &str| {
        let text = jwk[name].as_str().expect("a member of this kind of key");
        URL_SAFE_NO_PAD.decode(text).expect("it is base64url")
    };
    match jwk["kty"].as_str() {
        Some("RSA") => RsaPublicKeyComponents { n: bytes("n"), e: bytes("e") }
            .to_parsed_public_key(&signature::RSA_PKCS1_2048_8192_SHA256),
        Some("EC") => {
            let point = [&[4][..], &bytes("x"), &bytes("y")].concat();
            ParsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point)
        }
        _ => ParsedPublicKey::new(&signature::ED25519, bytes("x")),
    }
    .expect("it is a key")
}
