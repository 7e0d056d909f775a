//! What the guard costs over `try_verify`, as a ratio in one run: calls of both alternate, so that
//! the machine's moods meet both alike. The quickest tenth of either tells it best: a shared machine
//! has seconds in which all takes half as long again, the difference included.
//!
//! `cargo bench -p jwks-tower --bench layer`; `-- 20000` for as many pairs.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::convert::Infallible;
use std::future::ready;
use std::hint::black_box;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use http::{Request, Response};
use jwks_testkit::{InMemory, Signer};
use jwks_tower::jwks_core::verify::{Registered, Verifier};
use jwks_tower::{Guard, Need};
use tower::{Layer, Service, service_fn};

fn main() {
    let pairs = std::env::args().filter_map(|it| it.parse().ok()).next().unwrap_or(20_000);
    for (name, signer) in [
        ("RS256", Signer::rs256_shared(0, "key")),
        ("ES256", Signer::es256("key")),
        ("EdDSA", Signer::eddsa("key")),
    ] {
        let mut world = InMemory::new();
        let issuer = world.issuer_with("https://id.example.com", signer);
        let verifier = world.verifier([issuer.configured()]);
        let token = issuer.token().scopes(["orders:read", "openid", "profile", "email"]);
        let token = token.claim("client_id", "b0f7c1c2-app").claim("azp", "b0f7c1c2-app").sign();
        let guard = Guard::<Registered>::builder(verifier.clone())
            .realm("orders")
            .need(Need::all(["orders:read"]))
            .build()
            .expect("a guard");
        measure(name, pairs, &verifier, &guard, &token);
    }
}

fn measure(name: &str, pairs: usize, verifier: &Verifier, guard: &Guard<Registered>, token: &str) {
    let behind = || {
        service_fn(|request: Request<()>| {
            black_box(&request);
            ready(Ok::<_, Infallible>(Response::new(String::new())))
        })
    };
    let (mut plain, mut guarded) = (behind(), guard.layer(behind()));
    // With something beside it already, as axum's router puts the matched path there.
    let request = || {
        let request = Request::builder().header("authorization", format!("Bearer {token}"));
        request.extension("/orders").body(()).expect("a request")
    };
    let mut by_hand = |request: Request<()>| {
        let value = request.headers().get("authorization").expect("a header");
        let token = value.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
        let verified = verifier.try_verify::<Registered>(token.expect("a token"));
        black_box(verified.expect("a good token"));
        poll(plain.call(request));
    };
    let mut by_layer = |request: Request<()>| poll(guarded.call(request));
    let (mut hand, mut layer) = (Vec::new(), Vec::new());
    for pair in 0..pairs + pairs / 10 {
        let [first, second] = [request(), request()];
        let (one, other) = if pair % 2 == 0 {
            let one = time(|| by_hand(first));
            (one, time(|| by_layer(second)))
        } else {
            let other = time(|| by_layer(first));
            (time(|| by_hand(second)), other)
        };
        // The first tenth warms up.
        if pair >= pairs / 10 {
            hand.push(one);
            layer.push(other);
        }
    }
    hand.sort_unstable();
    layer.sort_unstable();
    for (percent, which) in [(10, "quickest tenth"), (50, "median")] {
        let at = |sorted: &[i64]| sorted[sorted.len() * percent / 100];
        let (hand, layer) = (at(&hand), at(&layer));
        println!(
            "{name}, {which}: try_verify by hand {hand} ns, behind the guard {layer} ns, {} ns \
             more, ratio {:.3}",
            layer - hand,
            layer as f64 / hand as f64
        );
    }
}

fn poll(future: impl Future<Output = Result<Response<String>, Infallible>>) {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(response)) => assert_eq!(response.status(), 200),
        Poll::Ready(Err(error)) => match error {},
        Poll::Pending => panic!("a held key is not waited for"),
    }
}

fn time(work: impl FnOnce()) -> i64 {
    let start = Instant::now();
    work();
    i64::try_from(start.elapsed().as_nanos()).unwrap_or(i64::MAX)
}
