//! Addresses that are not public are refused before there is a connection, however they are written
//! and whatever a name leads to.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::net::TcpListener;
use std::time::Duration;

use jwks_tokio::{
    Client, ErrorKind, Issuer, Registered, Resolver, Starter, Tenant, Verifier, client_builder,
    reqwest,
};

const REFUSED: &str = "the host has no public address, but one of this machine (loopback)";

/// Who listens on this machine, and sees each connection.
fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

fn is_asked(listener: &TcpListener) -> bool {
    listener.accept().is_ok()
}

fn client() -> Client {
    let here = ["127.0.0.1:0".parse().unwrap()];
    client_builder().no_proxy().resolve_to_addrs("keys.example.com", &here).build().unwrap()
}

/// Why the keys at this URL could not be had.
async fn failure(issuer: Issuer, client: Client) -> String {
    let builder = Verifier::builder().issuer(issuer.audience("api"));
    let verifier = Starter::new().client(client).start(builder).unwrap();
    let cache = verifier.caches().next().unwrap();
    loop {
        match cache.status().last_error {
            Some(why) => return why,
            None => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

fn at(url: &str) -> Issuer {
    Issuer::new("https://id.example.com").jwks_uri(url)
}

#[tokio::test]
async fn this_machine_is_refused_by_whatever_name() {
    let (listener, port) = listener();
    for host in [
        "127.0.0.1",
        "127.0.0.2",
        "localhost",
        "LOCALHOST",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "0x7f.1",
        "0177.0.0.1",
        "2130706433",
        "127.1",
        "keys.example.com",
    ] {
        let url = format!("https://{host}:{port}/keys");
        let why = failure(at(&url).public_addresses_only(), client()).await;
        assert!(why.contains(REFUSED), "{host}: {why}");
        assert!(!is_asked(&listener), "{host}");
    }
    for (host, kind) in [
        ("0.0.0.0", "an unspecified one"),
        ("[::]", "an unspecified one"),
        ("169.254.169.254", "a link-local one"),
        ("10.0.0.1", "a private one"),
        ("[fd00::1]", "a unique-local one"),
    ] {
        let url = format!("https://{host}:{port}/keys");
        let why = failure(at(&url).public_addresses_only(), client()).await;
        assert!(why.contains(kind), "{host}: {why}");
    }
}

#[tokio::test]
async fn without_the_setting_it_is_asked() {
    for host in ["127.0.0.1", "localhost", "0x7f.1", "keys.example.com"] {
        let (listener, port) = listener();
        let asked = async {
            while !is_asked(&listener) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let fetch = failure(at(&format!("https://{host}:{port}/keys")), client());
        tokio::select! {
            () = asked => {}
            why = fetch => panic!("{host}: {why}"),
        }
    }
}

#[tokio::test]
async fn a_client_of_ones_own_checks_nothing_and_is_not_asked() {
    let (listener, port) = listener();
    let url = format!("https://127.0.0.1:{port}/keys");
    let own = reqwest::Client::new();
    let why = failure(at(&url).public_addresses_only(), own.into()).await;
    assert!(why.contains("a `reqwest::Client` does not check addresses"), "{why}");
    assert!(!is_asked(&listener));
}

#[tokio::test]
async fn a_proxy_is_asked_about_names_and_not_about_addresses() {
    let (listener, port) = listener();
    let proxied = || client_builder().proxy(&format!("http://127.0.0.1:{port}")).build().unwrap();
    let why = failure(at("https://10.0.0.1/keys").public_addresses_only(), proxied()).await;
    assert!(why.contains("a private one"), "{why}");
    assert!(!is_asked(&listener));
    let asked = async {
        while !is_asked(&listener) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let fetch = failure(at("https://keys.example.com/").public_addresses_only(), proxied());
    tokio::select! {
        () = asked => {}
        why = fetch => panic!("{why}"),
    }
}

#[tokio::test]
async fn a_resolvers_issuers_are_fetched_from_public_addresses() {
    let provider = jwks_testkit::IssuerServer::start();
    let (iss, token) = (provider.base().to_owned(), provider.token().sign());
    let (listener, port) = listener();
    // In the gate's word the URL of this tenant leads to this machine.
    let evil = format!("https://localhost:{port}/keys");
    for (url, private) in [(Some(evil.clone()), false), (None, false), (Some(evil), true)] {
        let issuer = match &url {
            Some(url) => Issuer::new(&iss).jwks_uri(url),
            None => Issuer::new(&iss).discover().allow_loopback_http(),
        };
        let issuer = issuer.audience("my-api");
        let resolver = Resolver::new(move |_| {
            let tenant = Tenant::new("a", issuer.clone());
            async move { Ok(Some(tenant)) }
        });
        let resolver = if private { resolver.allow_private_addresses() } else { resolver };
        let starter = Starter::new().client(client());
        let verifier = starter.start(Verifier::builder().resolver(resolver)).unwrap();
        let outcome = verifier.verify::<Registered>(&token).await;
        match url {
            None => drop(outcome.unwrap()),
            Some(_) => {
                let error = outcome.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Unavailable);
                assert_eq!(format!("{error:?}").contains(REFUSED), !private, "{error:?}");
                assert_eq!(is_asked(&listener), private);
            }
        }
    }
}
