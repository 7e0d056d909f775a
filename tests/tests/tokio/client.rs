//! The client of jwks-tokio, and clients of one's own.

use std::error::Error;

use jwks_conformance::world::{LONG, failed, lifetime, ms};
use jwks_core::cache::FetchErrorKind;
use jwks_testkit::Reply;
use jwks_tokio::{ErrorKind, Policy, Registered, Starter, Verifier, client_builder, reqwest};
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
    let starter = Starter::new().client(following).runtime(runtime.handle().clone());
    starter.start(drivers).unwrap();
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
        let starter = Starter::new().client(client).runtime(runtime.handle().clone());
        starter.start(drivers).unwrap();
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
    let error = jwks_tokio::start(drivers).unwrap_err();
    assert!(error.is_no_runtime() && error.build().is_none());
    assert!(error.to_string().starts_with("not inside a tokio runtime: call it in"), "{error}");
    assert!(error.source().is_some());
    // The drivers are gone with the error, so nobody waits for them.
    let error = pollster::block_on(verifier.verify::<Registered>(&world.token())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert!(verifier.status()[0].stopped);
    assert_eq!(world.issuer.fetches(), 0);
}

/// tokio tells only by a panic that a runtime has no timers. It is caught, and said at the start,
/// rather than by a task that dies.
#[test]
fn a_runtime_without_timers_is_an_error() {
    let world = world();
    let runtime = Builder::new_current_thread().enable_io().build().unwrap();
    let (_verifier, drivers) = world.prepare(Policy::builder());
    let starter = Starter::new().runtime(runtime.handle().clone());
    let error = starter.start(drivers).unwrap_err();
    assert!(error.is_no_runtime());
    assert!(error.to_string().contains("build it with `enable_all`"), "{error}");
    assert_eq!(world.issuer.fetches(), 0);
}

/// The settings are looked at when a start can succeed: what cannot start is said first.
#[test]
fn the_runtime_is_looked_at_before_the_settings() {
    let nothing = || Verifier::builder();
    assert!(jwks_tokio::start(nothing()).unwrap_err().is_no_runtime());
    let runtime = runtime();
    let starter = Starter::new().runtime(runtime.handle().clone());
    let error = starter.start(nothing()).unwrap_err();
    assert!(error.build().is_some());
    assert!(error.to_string().starts_with("issuer is missing"), "{error}");
    assert_eq!(format!("{error:?}"), error.to_string());
}

/// The first poll is made by `start` itself, so a runtime whose only thread is busy is not taken for
/// one that never ran the driver.
#[test]
fn a_started_driver_has_run_however_busy_the_runtime_is() {
    let world = world();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let issuer = world.configured(Policy::builder().wait_budget(ms(1)));
    let starter = Starter::new().runtime(runtime.handle().clone());
    let verifier = starter.start(Verifier::builder().issuer(issuer)).unwrap();
    std::thread::sleep(ms(10));
    // Nobody runs the runtime.
    let error = verifier.try_verify::<Registered>(&world.token()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(!error.to_string().contains("never been run"), "{error}");
    assert!(verifier.status()[0].refreshing);
    // It is the same fetch that goes on when the runtime runs.
    runtime.block_on(verifier.verify_within::<Registered>(&world.token(), LONG)).unwrap();
    assert_eq!(world.issuer.fetches(), 1);
}

/// What answers in place of the network is judged like any other answer.
#[test]
fn an_exchange_of_ones_own_stands_in_for_the_client() {
    use jwks_tokio::jwks_core::adapter::{Exchange, FetchError};
    let world = world();
    let runtime = runtime();
    let client = client_builder().build().unwrap();
    let shared = std::sync::Arc::new(std::sync::Mutex::new(None));
    let exchange = move |asked: Exchange| {
        let (client, shared) = (client.clone(), std::sync::Arc::clone(&shared));
        async move {
            let found: Option<http::Response<Vec<u8>>> = shared.lock().unwrap().clone();
            if let Some(found) = found {
                return Ok::<_, FetchError>(found);
            }
            let answer = client.exchange(asked).await?;
            *shared.lock().unwrap() = Some(answer.clone());
            Ok(answer)
        }
    };
    let starter = Starter::new().exchange(exchange).runtime(runtime.handle().clone());
    for _ in 0..3 {
        let builder = Verifier::builder().issuer(world.configured(Policy::builder()));
        let verifier = starter.start(builder).unwrap();
        verifier.verify_blocking::<Registered>(&world.token()).unwrap();
    }
    assert_eq!(world.issuer.fetches(), 1);
}

#[test]
fn a_runtime_of_the_callers_own_thread() {
    let world = world();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (verifier, drivers) = world.prepare(Policy::builder());
        jwks_tokio::start(drivers).unwrap();
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
