//! What a good token costs in memory: one shared handle, and what `http::Extensions` takes.

use std::alloc::System;
use std::convert::Infallible;
use std::future::ready;
use std::hint::black_box;
use std::task::{Context, Poll, Waker};

use http::{Extensions, Request, Response};
use jwks_testkit::InMemory;
use jwks_tower::jwks_core::verify::Registered;
use jwks_tower::{Guard, Need};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tower::{Layer, Service, service_fn};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn count<T>(work: impl FnOnce() -> T) -> usize {
    let region = Region::new(COUNTED);
    black_box(work());
    let change = region.change();
    change.allocations + change.reallocations
}

/// One test in this file: another one beside it would be counted too.
#[test]
fn a_good_token_costs_one_handle_and_its_place() {
    let mut world = InMemory::new();
    let issuer = world.issuer("https://id.example.com");
    let verifier = world.verifier([issuer.configured()]);
    let token = issuer
        .token()
        .scopes(["orders:read", "orders:write", "openid", "profile"])
        .claim("acr", "gold")
        .sign();
    let guard = Guard::<Registered>::builder(verifier.clone())
        .realm("orders")
        .need(Need::all(["orders:read"]))
        .check(|caller| caller.claims().sub.as_ref().map_or_else(|| unreachable!(), |_| Ok(())))
        .optional()
        .build()
        .unwrap();
    let mut service = guard.layer(service_fn(|request: Request<()>| {
        black_box(request);
        ready(Ok::<_, Infallible>(Response::new(String::new())))
    }));
    let request = || {
        let request = Request::builder().header("authorization", format!("Bearer {token}"));
        request.body(()).unwrap()
    };
    let mut ask = |request| {
        let mut future = std::pin::pin!(service.call(request));
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(response)) => assert_eq!(response.status(), 200),
            Poll::Ready(Err(error)) => match error {},
            Poll::Pending => panic!("a held key is not waited for"),
        }
    };
    ask(request());
    black_box(verifier.try_verify::<Registered>(&token).unwrap());

    let alone = count(|| verifier.try_verify::<Registered>(&token).unwrap());
    let place = count(|| {
        let mut extensions = Extensions::new();
        extensions.insert([0_usize; 4]);
        extensions
    });
    let asked = request();
    // An optional guard adds a header to the response, whose map is empty: two more.
    let vary = count(|| {
        let mut response = Response::new(());
        response.headers_mut().append("vary", http::HeaderValue::from_static("Authorization"));
        response
    });
    let guarded = count(|| ask(asked));
    assert_eq!(guarded, alone + 1 + place + vary, "{alone} {place} {vary}");
}
