//! What attackers try (RFC 8725, and what was found in the libraries of others).

mod algorithms;
mod bound;
mod encoding;
mod header;
mod issuers;
mod keys;
mod lenient;
mod sizes;

use jwks_core::keys::Algorithm::{self, *};
use jwks_core::verify::ErrorKind;

use crate::service::{PAYLOAD, Service, usual};
use crate::signer::{ED25519, P256, P384, P521, RSA, Signer, decode, encode};

/// One key of each kind, `kid` after the kind; `rs256` and `es256` are bound to their `alg`.
fn service() -> Service {
    Service::new(&[
        RSA.jwk(r#""kid":"rsa""#),
        RSA.jwk(r#""kid":"rs256","alg":"RS256""#),
        P256.jwk(r#""kid":"p256""#),
        P384.jwk(r#""kid":"p384""#),
        P521.jwk(r#""kid":"p521""#),
        ED25519.jwk(r#""kid":"ed""#),
    ])
}

fn header(algorithm: Algorithm, kid: &str) -> String {
    format!(r#"{{"alg":"{algorithm}","kid":"{kid}","typ":"JWT"}}"#)
}

/// A good ES256 token with this header member more, such as `"x":1`.
fn with_member(member: &str) -> String {
    P256.token(ES256, &format!(r#"{{"alg":"ES256","kid":"p256",{member}}}"#), PAYLOAD)
}

fn good() -> String {
    P256.token(ES256, &header(ES256, "p256"), PAYLOAD)
}

#[test]
fn what_the_attacks_start_from_passes() {
    let service = service();
    for (signer, kid, algorithms) in [
        (&*RSA, "rsa", &[RS256, RS384, RS512, PS256, PS384, PS512][..]),
        (&*RSA, "rs256", &[RS256]),
        (&*P256, "p256", &[ES256]),
        (&*P384, "p384", &[ES384]),
        (&*P521, "p521", &[ES512]),
        (&*ED25519, "ed", &[EdDSA]),
    ] {
        for algorithm in algorithms {
            let token = signer.token(*algorithm, &header(*algorithm, kid), PAYLOAD);
            assert_eq!(service.kind(&token), Ok(()), "{algorithm}");
        }
    }
}
