//! The drivers within a future of the caller's own.

use std::thread;

use jwks_conformance::world::{FOREVER, LONG, lifetime, ms};
use jwks_core::verify::ErrorKind;
use jwks_testkit::Reply;
use jwks_tokio::{Client, Policy, Registered, Starter, Verifier, client_builder};
use tokio::runtime::Builder;

use crate::world;

#[test]
fn it_ends_with_the_last_handle() {
    let world = world();
    let builder = Verifier::builder().issuer(world.configured(lifetime(ms(50))));
    let (verifier, keys) = jwks_tokio::serve(builder).unwrap();
    let running = thread::spawn(|| runtime().block_on(keys));
    assert!(world.issuer.wait_for_fetches(4, LONG));
    let clone = verifier.clone();
    drop(verifier);
    let fetches = world.issuer.fetches();
    assert!(world.issuer.wait_for_fetches(fetches + 3, LONG), "a clone is left");
    drop(clone);
    running.join().unwrap();
}

#[test]
fn dropping_it_ends_the_fetch_and_tells_who_waits() {
    let world = world();
    world.issuer.always(Reply::hang());
    let policy = Policy::builder().fetch_timeout(FOREVER).wait_budget(FOREVER);
    let (verifier, drivers) = world.prepare(policy);
    let token = world.token();
    runtime().block_on(async {
        let ((), keys) = Starter::new().client(client()).serve(drivers).unwrap();
        let asked = world.issuer.fetched(1, LONG);
        tokio::select! {
            () = keys => panic!("a handle is left"),
            asked = asked => assert!(asked),
        }
        let outcome = verifier.verify::<Registered>(&token).await;
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Stopped);
        // The runtime lives on.
        while world.issuer.open() > 0 {
            tokio::time::sleep(ms(2)).await;
        }
    });
    assert_eq!(world.issuer.fetches(), 1);
}

fn client() -> Client {
    client_builder().build().expect("a client")
}

fn runtime() -> tokio::runtime::Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}
