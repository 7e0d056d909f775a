//! The examples of the RFCs, word for word.

mod rfc7515;
mod rfc7517;
mod rfc7520;
mod rfc8037;

use jwks_core::verify::{ErrorKind, Issuer};

use crate::service::Service;
use crate::signer::{decode, encode};

/// The keys, for an issuer as in the examples, long before the examples expire.
fn service(jwks: &[&str]) -> Service {
    let jwks: Vec<_> = jwks.iter().map(|jwk| (*jwk).to_owned()).collect();
    let issuer = Issuer::new("joe").jwks_uri("https://joe.example/keys").any_audience();
    Service::with(issuer, &jwks, 1_300_000_000)
}

/// The payload is no JSON: a good signature leads on to the claims, which are then malformed, and
/// a bad one does not.
#[track_caller]
fn signature_passes(service: &Service, token: &str) {
    let error = service.verify(token).expect_err("no JSON");
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert_eq!(error.to_string(), "malformed token: the payload is not JSON");
    assert_eq!(service.kind(&forged(token)), Err(ErrorKind::InvalidSignature));
}

/// The token with the last bit of its signature changed.
fn forged(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').expect("three parts");
    let mut signature = decode(signature);
    *signature.last_mut().expect("a signature") ^= 1;
    format!("{signed}.{}", encode(&signature))
}
