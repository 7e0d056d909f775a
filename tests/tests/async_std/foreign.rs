//! Clients of the caller's own.

use std::{
    error::Error as _,
    io,
    sync::atomic::{AtomicUsize, Ordering},
};

use async_std::future::timeout;
use http_client::{HttpClient, async_trait};
use jwks_async_std::{
    Starter, Verifier,
    jwks_core::cache::{FetchError, FetchErrorKind},
    surf::{self, Client, http, middleware::Redirect},
};
use jwks_conformance::world::ms;
use jwks_testkit::Reply;

use crate::world::{all_of, client, failure, get, once, passes, serve, serve_at, world};

#[test]
fn a_redirect_that_the_client_has_followed_is_refused() {
    let world = world();
    world.issuer.always(Reply::redirect("/elsewhere"));
    world.issuer.always_at("/elsewhere", Reply::published());
    let _service = serve(&world, once(), &Client::from(client()).with(Redirect::default()));
    let failure = failure(&world);
    assert_eq!(failure.kind(), FetchErrorKind::Other);
    assert_eq!(failure.source().unwrap().to_string(), "the client followed a redirect");
}

#[test]
fn its_errors_are_told_apart_as_far_as_they_can_be() {
    for (kind, expected) in [
        (io::ErrorKind::ConnectionRefused, FetchErrorKind::Connect),
        (io::ErrorKind::HostUnreachable, FetchErrorKind::Connect),
        (io::ErrorKind::TimedOut, FetchErrorKind::Timeout),
        (io::ErrorKind::InvalidData, FetchErrorKind::Other),
    ] {
        let failing = Scripted(move |_| Err(io::Error::from(kind).into()));
        assert_eq!(failure_of(failing).kind(), expected, "{kind}");
    }
    let late = async_std::task::block_on(timeout(ms(0), std::future::pending::<()>()));
    let late = late.unwrap_err();
    assert!(failure_of(Scripted(move |_| Err(late.into()))).is_timeout());
}

#[test]
fn its_errors_do_not_show_the_url() {
    let failing = Scripted(|request: http::Request| {
        let inner = io::Error::other(format!("no way to {}", request.url()));
        Err(io::Error::other(format!("GET {}: {inner}", request.url())).into())
    });
    let text = all_of(&failure_of(failing));
    assert!(text.contains("GET the URL: no way to the URL"), "{text}");
    let failing = Scripted(|request: http::Request| {
        Err(io::Error::other(format!("{:?}", request.url())).into())
    });
    let text = all_of(&failure_of(failing));
    assert!(!text.contains("hush"), "{text}");
}

/// It would look the name up by itself, and connect to whatever that says.
#[test]
fn it_is_not_asked_where_public_addresses_alone_are_allowed() {
    let calls = std::sync::Arc::new(AtomicUsize::new(0));
    let seen = std::sync::Arc::clone(&calls);
    let counting = Scripted(move |_| {
        seen.fetch_add(1, Ordering::Relaxed);
        Ok(http::Response::new(200))
    });
    let world = world();
    let issuer = world.configured(once()).public_addresses_only().jwks_uri("https://k.example");
    let starter = Starter::new().client(Client::with_http_client(counting));
    let _service = starter.start(Verifier::builder().issuer(issuer)).unwrap();
    let failure = failure(&world);
    assert!(failure.to_string().contains("no connection"), "{failure}");
    assert!(all_of(&failure).contains("does not check addresses"), "{failure:?}");
    assert_eq!(calls.load(Ordering::Relaxed), 0);
}

/// As surf's `h1-client` does when the server sends none.
#[test]
fn a_made_up_date_is_passed_over() {
    let world = world();
    let keys = get(&client(), &world.issuer.url()).unwrap().1;
    let odd = Scripted(move |_| {
        let mut response = http::Response::new(200);
        response.set_body(&*keys);
        response.insert_header("Date", "date: Wed, 21 Oct 2026 07:28:00 GMT\r\n");
        Ok(response)
    });
    let service = serve(&world, once(), &Client::with_http_client(odd));
    passes(&service, &world);
}

#[test]
fn a_client_that_panics_fails_the_fetch_alone() {
    let world = world();
    let keys = get(&client(), &world.issuer.url()).unwrap().1;
    let calls = AtomicUsize::new(0);
    let panicking = Scripted(move |_| {
        assert!(calls.fetch_add(1, Ordering::Relaxed) > 0, "on purpose");
        let mut response = http::Response::new(200);
        response.set_body(&*keys);
        Ok(response)
    });
    let service = serve(
        &world,
        jwks_async_std::Policy::builder().retry(ms(10), ms(10)),
        &Client::with_http_client(panicking),
    );
    passes(&service, &world);
    assert!(failure(&world).is_abandoned());
}

fn failure_of<F: Answers>(client: Scripted<F>) -> FetchError {
    let world = world();
    let url = format!("{}?code=hush", world.issuer.url());
    let _service = serve_at(&world, &url, once(), &Client::with_http_client(client));
    failure(&world)
}

struct Scripted<F>(F);

trait Answers:
    Fn(http::Request) -> surf::Result<http::Response> + Send + Sync + Unpin + 'static
{
}

impl<F> Answers for F where
    F: Fn(http::Request) -> surf::Result<http::Response> + Send + Sync + Unpin + 'static
{
}

#[async_trait]
impl<F: Answers> HttpClient for Scripted<F> {
    async fn send(&self, request: http::Request) -> surf::Result<http::Response> {
        (self.0)(request)
    }
}

impl<F> std::fmt::Debug for Scripted<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scripted")
    }
}
