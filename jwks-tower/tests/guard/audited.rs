//! The test kit's audit, of services behind a guard whose keys are fetched as in production.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, Response};
use jwks_testkit::{Audit, TestIssuer, tower};
use jwks_tower::jwks_core::verify::{Registered, Verifier};
use jwks_tower::{Guard, GuardBuilder, Need, Refusal};
use tokio::runtime::Runtime;
use tower::{Layer, service_fn};

use crate::world::{api, who};

fn guard(issuer: &TestIssuer) -> GuardBuilder<Registered> {
    let verifier = jwks_tokio::start(Verifier::builder().issuer(issuer.configured()));
    Guard::<Registered>::builder(verifier.expect("a verifier"))
        .realm("orders")
        .resource(&api())
        .need(Need::all(["orders:read"]))
        .check(|caller| match caller.claims().sub.as_deref() {
            Some("mallory") => Err(Refusal::forbidden()),
            _ => Ok(()),
        })
        .wait_at_most(Duration::from_millis(500))
}

fn promised(audit: Audit) -> Audit {
    audit
        .scopes(["orders:read"])
        .metadata(api().metadata_url())
        .forbidden("another's", |token| token.subject("mallory"))
}

#[test]
fn a_route_of_axum_is_clean() {
    let runtime = Runtime::new().unwrap();
    let audit = promised(Audit::get("/orders"));
    let report = runtime.block_on(audit.run(async |issuer: TestIssuer| {
        let guard = guard(&issuer).build().expect("a guard");
        let app = Router::new().route("/orders", get(who)).layer(guard);
        tower::<Router, Body, Body>(app)
    }));
    report.assert_clean();
    let audit = promised(Audit::get("/orders")).optional();
    let report = runtime.block_on(audit.run(async |issuer: TestIssuer| {
        let guard = guard(&issuer).problem_json().optional().build().expect("a guard");
        let app = Router::new().route("/orders", get(who)).layer(guard);
        tower::<Router, Body, Body>(app)
    }));
    report.assert_clean();
}

#[test]
fn a_step_up_is_clean() {
    let runtime = Runtime::new().unwrap();
    let audit = promised(Audit::get("/orders"))
        .tokens_like(|token| token.claim("acr", "gold"))
        .step_up("a weak login", |token| token.claim("acr", "silver"));
    let report = runtime.block_on(audit.run(async |issuer: TestIssuer| {
        let guard = guard(&issuer).need(Need::caller().acr(["gold"])).build().expect("a guard");
        let app = Router::new().route("/orders", get(who)).layer(guard);
        tower::<Router, Body, Body>(app)
    }));
    report.assert_clean();
}

#[test]
fn a_call_of_grpc_is_clean() {
    let runtime = Runtime::new().unwrap();
    let audit = promised(Audit::grpc("/orders.Orders/List", b""));
    let report = runtime.block_on(audit.run(async |issuer: TestIssuer| {
        let guard = guard(&issuer).build().expect("a guard");
        let service = guard.layer(service_fn(async |_: Request<Body>| {
            let mut response = Response::new(Body::empty());
            response.headers_mut().insert("grpc-status", 0.into());
            Ok::<_, Infallible>(response)
        }));
        tower::<_, Body, Body>(service)
    }));
    report.assert_clean();
}

/// Row 10.
#[test]
fn a_service_whose_refresh_was_stopped_is_clean() {
    let runtime = Runtime::new().unwrap();
    let audit = promised(Audit::get("/orders"));
    let report = runtime.block_on(audit.run_stopped(async |issuer: TestIssuer| {
        let mut world = jwks_testkit::InMemory::new();
        let verifier = world.verifier([issuer.configured()]);
        world.stop();
        let guard = Guard::<Registered>::builder(verifier)
            .realm("orders")
            .resource(&api())
            .need(Need::all(["orders:read"]))
            .build()
            .expect("a guard");
        let app = Router::new().route("/orders", get(who)).layer(guard);
        tower::<Router, Body, Body>(app)
    }));
    report.assert_clean();
}
