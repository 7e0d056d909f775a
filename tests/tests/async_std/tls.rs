//! https: how a certificate is given, and what is said of one that is not trusted.

use base64::{Engine, engine::general_purpose::STANDARD};
use jwks_async_std::{Certificate, client_builder};
use jwks_conformance::world::{LONG, ms};
use jwks_testkit::{
    KEYS_PATH, TlsFront,
    certificates::{Authority, Identity},
};

use crate::world::{client, every, failure, once, passes, serve_at, world};

#[test]
fn a_private_authority_is_trusted_in_der_and_in_pem() {
    let authority = Authority::new();
    let der = Certificate::from_der(&authority.certificate()).unwrap();
    let one = Certificate::from_pem(pem(&authority).as_bytes()).unwrap();
    let bundle = format!("# others\n{}\n{}", pem(&Authority::new()), pem(&authority));
    let bundle = Certificate::from_pem(bundle.as_bytes()).unwrap();
    for trusted in [der, one, bundle] {
        let world = world();
        let front = TlsFront::start(world.issuer.address(), &authority.loopback());
        let client = client_builder().add_root_certificate(trusted).build().unwrap();
        let url = front.url_of("localhost", KEYS_PATH);
        let verifier = serve_at(&world, &url, every(ms(50)), &client);
        passes(&verifier, &world);
        assert!(world.issuer.wait_for_fetches(4, LONG));
    }
}

#[test]
fn the_reason_is_told() {
    let authority = Authority::new();
    let trusted = Certificate::from_der(&authority.certificate()).unwrap();
    let trusting = client_builder().add_root_certificate(trusted).build().unwrap();
    for (identity, client, reason) in [
        (authority.loopback(), client(), "UnknownIssuer"),
        (Identity::self_signed(), trusting.clone(), "UnknownIssuer"),
        (authority.of_another_name(), trusting.clone(), "not valid for name"),
        (authority.expired(), trusting, "certificate expired"),
    ] {
        let world = world();
        let front = TlsFront::start(world.issuer.address(), &identity);
        let url = front.url_of("localhost", KEYS_PATH);
        let _verifier = serve_at(&world, &url, once(), &client);
        let failure = failure(&world);
        assert!(failure.is_connect(), "{failure:?}");
        let told = std::error::Error::source(&failure).expect("a reason").to_string();
        assert!(told.starts_with("invalid peer certificate: "), "{told}");
        assert!(told.contains(reason), "{told}, not {reason}");
    }
}

#[test]
fn who_speaks_no_tls_is_no_connection() {
    let world = world();
    let url = world.issuer.url().replace("http:", "https:");
    let _verifier = serve_at(&world, &url, once(), &client());
    let failure = failure(&world);
    assert!(failure.is_connect(), "{failure:?}");
    assert_eq!(world.issuer.fetches(), 0);
}

/// RFC 7468, section 5.
fn pem(authority: &Authority) -> String {
    let text = STANDARD.encode(authority.certificate());
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}
