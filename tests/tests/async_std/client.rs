//! The client and its builder, as a service uses them.

use std::error::Error as _;

use jwks_async_std::{Certificate, client_builder};
use jwks_conformance::Reply;

use crate::world::{World, all_of, client, every, ms, once, until};

#[test]
fn what_is_no_certificate_is_refused() {
    let pem = "-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n";
    for (error, reason) in [
        (Certificate::from_der(b"not one").unwrap_err(), "BadEncoding"),
        (Certificate::from_pem(b"not one").unwrap_err(), "the text holds none"),
        (Certificate::from_pem(pem.as_bytes()).unwrap_err(), "BadEncoding"),
        (Certificate::from_pem(&pem.as_bytes()[..40]).unwrap_err(), "section end"),
    ] {
        assert!(error.is_certificate());
        assert_eq!(error.to_string(), "not a certificate to trust");
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
fn spawn_makes_its_own() {
    let world = World::new();
    let service = world.prepare(every(ms(50)));
    jwks_async_std::spawn(service.drivers).unwrap();
    pollster::block_on(service.verifier.verify::<jwks_async_std::Registered>(&world.token))
        .unwrap();
    until(|| world.issuer.fetches() > 2);
}

#[test]
fn it_follows_no_redirect() {
    let world = World::new();
    world.issuer.next(Reply::redirect("/elsewhere"));
    world.issuer.always_at("/elsewhere", Reply::published());
    let mut service = world.prepare(once());
    service.spawn(&client());
    assert!(service.failure().is_redirect());
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
        let world = World::new();
        world.issuer.always(reply);
        let url = format!("{}?code={SECRET}", world.issuer.url());
        let mut service = world.at(&url, once());
        service.spawn(&client());
        let text = all_of(&service.failure());
        assert!(!text.contains(SECRET) && !text.contains("/keys"), "{text}");
    }
}

#[test]
fn times_beyond_all_clocks_are_never() {
    let world = World::new();
    let far = std::time::Duration::MAX / 4;
    let policy = every(far).max_trust(far * 3).fetch_timeout(far);
    let mut service = world.prepare(policy.stale_if_error(far * 2).wait_budget(far));
    service.spawn(&client());
    service.verify(&world.token);
    let fetches = world.issuer.fetches();
    assert_eq!(fetches, 1);
}
