//! The client of jwks-tokio, and clients of one's own.

use std::error::Error;

use jwks_conformance::world::{LONG, failed, lifetime, ms};
use jwks_core::cache::FetchErrorKind;
use jwks_testkit::Reply;
use jwks_tokio::{Policy, Registered, client_builder, reqwest, spawn, spawn_with_client};
use tokio::runtime::{Builder, Runtime};

use crate::world;

#[test]
fn the_builder_builds() {
    client_builder().build().unwrap();
}

#[test]
fn no_connection_is_kept() {
    let world = world();
    let service = world.loaded(lifetime(ms(50)));
    assert!(world.issuer.wait_for_fetches(5, LONG));
    let requests = world.issuer.requests();
    let mut connections: Vec<_> = requests.iter().map(|request| request.connection).collect();
    connections.dedup();
    assert_eq!(connections.len(), requests.len());
    drop(service);
}

#[test]
fn a_redirect_that_the_client_has_followed_is_refused() {
    let world = world();
    world.issuer.always(Reply::redirect("/elsewhere"));
    world.issuer.always_at("/elsewhere", Reply::published());
    let following = reqwest::Client::builder().no_proxy().build().unwrap();
    let runtime = runtime();
    let (verifier, drivers) = world.prepare(Policy::builder().retry(ms(500), ms(500)));
    let guard = runtime.enter();
    spawn_with_client(drivers, following).unwrap();
    drop(guard);
    world.log.wait_for(1, failed);
    let failure = &world.log.failures()[0];
    assert_eq!(failure.kind(), FetchErrorKind::Other);
    assert_eq!(failure.source().unwrap().to_string(), "the client followed a redirect");
    assert!(verifier.try_verify::<Registered>(&world.token()).is_err());
    assert_eq!(world.issuer.fetches_of("/elsewhere"), world.issuer.fetches());
    runtime.shutdown_background();
}

#[test]
fn a_timeout_of_the_client_is_a_timeout() {
    for reply in [Reply::hang(), Reply::published().stall_after(10)] {
        let world = world();
        world.issuer.always(reply);
        let client = client_builder().configure(|it| it.timeout(ms(100))).build().unwrap();
        let runtime = runtime();
        let (_verifier, drivers) = world.prepare(Policy::builder());
        let guard = runtime.enter();
        spawn_with_client(drivers, client).unwrap();
        drop(guard);
        world.log.wait_for(1, failed);
        assert!(world.log.failures()[0].is_timeout());
        runtime.shutdown_background();
    }
}

#[test]
fn the_own_client_follows_none() {
    let world = world();
    world.issuer.next(Reply::redirect("/elsewhere"));
    world.issuer.always_at("/elsewhere", Reply::published());
    let service = world.start(Policy::builder().retry(ms(50), ms(50)));
    service.verify(&world.token()).unwrap();
    assert!(world.log.failures()[0].is_redirect());
    assert_eq!((world.issuer.fetches(), world.issuer.fetches_of("/elsewhere")), (2, 0));
}

#[test]
fn what_the_issuer_is_asked() {
    let world = world();
    let service = world.loaded(Policy::builder());
    let request = &world.issuer.requests()[0];
    assert_eq!(request.header("accept-encoding"), Some("identity"));
    assert_eq!(request.header("accept"), Some("application/jwk-set+json, application/json"));
    assert!(request.header("user-agent").unwrap().starts_with("jwks-core/"));
    assert_eq!(request.method, "GET");
    drop(service);
}

#[test]
fn outside_of_a_runtime_is_an_error() {
    let world = world();
    let (verifier, drivers) = world.prepare(Policy::builder());
    let error = spawn(drivers).unwrap_err();
    assert!(error.is_no_runtime());
    assert_eq!(error.to_string(), "not inside a tokio runtime");
    assert!(error.source().is_some());
    // The drivers are gone with the error, so nobody waits for them.
    let error = pollster::block_on(verifier.verify::<Registered>(&world.token())).unwrap_err();
    assert!(error.to_string().starts_with("no keys"), "{error}");
    assert!(verifier.status()[0].stopped);
    assert_eq!(world.issuer.fetches(), 0);
}

#[test]
fn a_runtime_of_the_callers_own_thread() {
    let world = world();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (verifier, drivers) = world.prepare(Policy::builder());
        spawn_with_client(drivers, client_builder().build().unwrap()).unwrap();
        verifier.verify::<Registered>(&world.token()).await.unwrap();
        let impatient = tokio::time::timeout(ms(300), async {
            world.issuer.next(Reply::hang());
            verifier.caches().next().unwrap().refresh().await
        });
        impatient.await.unwrap_err();
    });
    assert_eq!(world.issuer.fetches(), 2);
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
}
