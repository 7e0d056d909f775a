//! The client and its builder, as a service uses them.

use std::error::Error as _;

use jwks_async_std::{Certificate, client_builder};
use jwks_conformance::world::{LONG, ms};
use jwks_testkit::Reply;

use crate::world::{all_of, client, every, failure, once, passes, serve, serve_at, world};

#[test]
fn what_is_no_certificate_is_refused() {
    let pem = "-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n";
    for (error, reason) in [
        (Certificate::from_der(b"not one").unwrap_err(), "BadEncoding"),
        (Certificate::from_pem(b"not one").unwrap_err(), "the text holds no certificate"),
        (Certificate::from_pem(pem.as_bytes()).unwrap_err(), "BadEncoding"),
        (Certificate::from_pem(&pem.as_bytes()[..40]).unwrap_err(), "section end"),
    ] {
        assert!(error.is_certificate());
        assert!(error.to_string().starts_with("not a certificate to trust: it must be"), "{error}");
        let source = error.source().unwrap().to_string();
        assert!(source.contains(reason), "{source}");
    }
}

#[test]
fn clients_and_builders_do_not_show_much() {
    let text = format!("{:?} {:?}", client_builder(), client());
    assert!(text.len() < 100, "{text}");
}

#[test]
fn start_makes_its_own() {
    let world = world();
    let (verifier, drivers) = world.prepare(every(ms(50)));
    jwks_async_std::start(drivers).unwrap();
    passes(&verifier, &world);
    assert!(world.issuer.wait_for_fetches(3, LONG));
}

#[test]
fn it_follows_no_redirect() {
    let world = world();
    world.issuer.next(Reply::redirect("/elsewhere"));
    world.issuer.always_at("/elsewhere", Reply::published());
    let _service = serve(&world, once(), &client());
    assert!(failure(&world).is_redirect());
    assert_eq!(world.issuer.fetches_of("/elsewhere"), 0);
}

#[test]
fn nothing_that_fails_shows_the_url() {
    const SECRET: &str = "hush-7f3a";
    for reply in [
        Reply::reset(),
        Reply::close(),
        Reply::malformed(),
        Reply::published().truncate_after(3),
        Reply::published().reset_after(3),
        Reply::status(520),
    ] {
        let world = world();
        world.issuer.always(reply);
        let url = format!("{}?code={SECRET}", world.issuer.url());
        let _service = serve_at(&world, &url, once(), &client());
        let text = all_of(&failure(&world));
        assert!(!text.contains(SECRET) && !text.contains("/keys"), "{text}");
    }
}
