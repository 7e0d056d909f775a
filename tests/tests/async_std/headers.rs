//! Headers, through the types of surf.

use std::time::Duration;

use jwks_async_std::{Issuer, Verifier, bearer_file};
use jwks_testkit::{IssuerServer, Reply};

use crate::world::{client, world};

#[test]
fn repeated_headers_stay_apart() {
    let world = world();
    let answer =
        "HTTP/1.1 503 No\r\ncontent-length: 0\r\nretry-after: 30\r\nX-A: 1\r\nx-a: 2\r\n\r\n";
    world.issuer.always(Reply::raw(answer));
    let client = jwks_async_std::surf::Client::from(client());
    let response = async_std::task::block_on(client.send(jwks_async_std::surf::Request::new(
        jwks_async_std::surf::http::Method::Get,
        world.issuer.url().parse().unwrap(),
    )));
    let response = response.unwrap();
    let values: Vec<_> = response.header("x-a").unwrap().iter().map(|it| it.as_str()).collect();
    assert_eq!(values, ["1", "2"]);
    assert!(response.header("content-type").is_none(), "made up");
    assert!(response.header("date").is_none(), "made up");
}

#[test]
fn a_bearer_token_is_read_anew_for_each_request() {
    let path = std::env::temp_dir().join(format!("jwks-async-std-{}", std::process::id()));
    let server = IssuerServer::start();
    let issuer = Issuer::new(server.iss()).jwks_uri(server.url()).allow_loopback_http();
    let issuer = issuer.audience("my-api").headers_with(bearer_file(&path));
    std::fs::write(&path, "one\n").unwrap();
    async_std::task::block_on(async {
        let verifier = jwks_async_std::start(Verifier::builder().issuer(issuer)).unwrap();
        let cache = verifier.caches().next().unwrap();
        cache.ready(Duration::from_secs(20)).await.unwrap();
        std::fs::write(&path, "two").unwrap();
        cache.refresh().await.unwrap();
        std::fs::write(&path, "no token").unwrap();
        async_std::task::sleep(Duration::from_millis(1100)).await;
        let error = format!("{:?}", cache.refresh().await.unwrap_err());
        assert!(error.contains("cannot be used") && !error.contains("no token\""), "{error}");
    });
    std::fs::remove_file(&path).unwrap();
    let asked = server.requests();
    let sent: Vec<_> = asked.iter().map(|it| it.headers.get("authorization").unwrap()).collect();
    assert_eq!(sent, ["Bearer one", "Bearer two"]);
}
