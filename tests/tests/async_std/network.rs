//! Networks as they are, and what an operator reads of them.

use std::{
    error::Error as _,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    thread,
};

use jwks_async_std::{Certificate, client_builder};
use jwks_conformance::world::{failed, ms};
use jwks_testkit::{
    KEYS_PATH, TlsFront,
    certificates::Authority,
    network::{Mute, Silent},
};

use crate::world::{client, failure, once, passes, serve_at, world};

const NAME: &str = "localhost";

/// Whom the system cannot refuse for want of TCP: the race goes on until TLS is done.
#[test]
fn an_address_that_hangs_in_tls_is_passed_over() {
    let world = world();
    let authority = Authority::new();
    let front = TlsFront::start(world.issuer.address(), &authority.loopback());
    let url = front.url_of(NAME, KEYS_PATH);
    let alive: SocketAddr =
        url.split('/').nth(2).unwrap().replace(NAME, "127.0.0.1").parse().unwrap();
    let mute = Mute::start(Ipv4Addr::LOCALHOST.into()).unwrap();
    let trusted = Certificate::from_der(&authority.certificate()).unwrap();
    // The name's addresses have ports of their own, which count since the URL has none.
    let client = client_builder()
        .add_root_certificate(trusted)
        .resolve_to_addrs(NAME, &[mute.address(), alive])
        .build()
        .unwrap();
    let url = format!("https://{NAME}{KEYS_PATH}");
    let service = serve_at(&world, &url, once(), &client);
    passes(&service, &world);
    assert_eq!(world.log.count(failed), 0);
    assert!(!mute.is_untouched());
}

#[test]
fn what_became_of_each_address_is_told() {
    let world = world();
    let port = world.issuer.address().port();
    world.issuer.go_down();
    let dead = [[127, 0, 0, 2], [127, 0, 0, 1]].map(|ip| SocketAddr::from((ip, port)));
    let client = client_builder().resolve_to_addrs(NAME, &dead).build().unwrap();
    let url = format!("http://{NAME}:{port}{KEYS_PATH}");
    let _service = serve_at(&world, &url, once(), &client);
    let failure = failure(&world);
    assert_eq!(failure.to_string(), "no connection to the key server");
    let reason = failure.source().unwrap().to_string();
    let each: Vec<_> = reason.split("; ").collect();
    assert_eq!(each.len(), 2, "{reason}");
    for (told, address) in each.iter().zip(dead) {
        assert!(told.starts_with(&format!("{address}: ")) && told.contains("refused"), "{reason}");
    }
}

#[test]
fn each_time_out_says_what_it_waited_for() {
    let silent = Silent::start((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let mute = Mute::start(Ipv4Addr::LOCALHOST.into()).unwrap();
    for (url, told) in [
        (format!("http://{}/", silent.address()), "the fetch timed out connecting"),
        (format!("https://{}/", silent.address()), "the fetch timed out connecting"),
        (format!("https://{}/", mute.address()), "the fetch timed out in the TLS handshake"),
        (format!("http://{}/", mute.address()), "the fetch timed out waiting for the answer"),
    ] {
        let world = world();
        let _service = serve_at(&world, &url, once().fetch_timeout(ms(300)), &client());
        assert_eq!(failure(&world).to_string(), told);
    }
}

/// Nobody has cancelled anything: the issuer has closed the connection, before or after the request
/// was written.
#[test]
fn what_is_closed_at_once_is_not_said_to_be_cancelled() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    let server = thread::spawn(move || (0..50).for_each(|_| drop(listener.accept())));
    let world = world();
    let policy = jwks_async_std::Policy::builder().retry(ms(1), ms(1));
    let _service = serve_at(&world, &url, policy, &client());
    server.join().unwrap();
    world.log.wait_for(50, failed);
    for failure in world.log.failures() {
        let reason = failure.source().map(ToString::to_string).unwrap_or_default();
        assert!(!reason.is_empty() && !reason.contains("cancel"), "{failure:?}");
    }
}
