//! Addresses that are not public are refused before there is a connection.

use std::net::TcpListener;
use std::time::Duration;

use jwks_async_std::{Issuer, Starter, Verifier, client_builder};

#[test]
fn this_machine_is_refused_by_whatever_name() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let here = ["127.0.0.1:0".parse().unwrap()];
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0x7f.1", "k.example.com"]
    {
        let client = client_builder().resolve_to_addrs("k.example.com", &here).build().unwrap();
        let issuer = Issuer::new("https://id.example.com")
            .jwks_uri(format!("https://{host}:{port}/keys"))
            .audience("api")
            .public_addresses_only();
        let builder = Verifier::builder().issuer(issuer);
        let verifier = Starter::new().client(client).start(builder).unwrap();
        let cache = verifier.caches().next().unwrap();
        let failure = || cache.status().last_error;
        let why = loop {
            match failure() {
                Some(why) => break why,
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        assert!(why.contains("one of this machine (loopback)"), "{host}: {why}");
        assert!(listener.accept().is_err(), "{host}");
    }
}
