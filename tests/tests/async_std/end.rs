//! The end: of the handles, and of the future that runs the drivers.

use std::thread;

use async_std::task;
use jwks_async_std::{Policy, Registered, Starter, Verifier};
use jwks_conformance::world::{FOREVER, LONG, assert_stopped, ms, stopped};
use jwks_testkit::Reply;

use crate::world::{client, every, failure, once, serve, serve_at, world};

#[test]
fn serving_ends_with_the_last_handle() {
    let world = world();
    let builder = Verifier::builder().issuer(world.configured(every(ms(50))));
    let (verifier, keys) = Starter::new().client(client()).serve(builder).unwrap();
    let running = thread::spawn(|| task::block_on(keys));
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
    // Before the answer, and in the middle of it.
    for reply in [Reply::hang(), Reply::published().stall_after(10)] {
        let world = world();
        world.issuer.always(reply);
        let policy = Policy::builder().fetch_timeout(FOREVER).wait_budget(FOREVER);
        let (verifier, drivers) = world.prepare(policy);
        let ((), keys) = Starter::new().client(client()).serve(drivers).unwrap();
        let running = task::spawn(keys);
        let caller = {
            let (verifier, token) = (verifier.clone(), world.token());
            thread::spawn(move || verifier.verify_blocking::<Registered>(&token))
        };
        assert!(world.issuer.wait_for_fetches(1, LONG));
        while verifier.status()[0].waiting < 1 {
            thread::sleep(ms(2));
        }
        let cancelled = task::block_on(running.cancel());
        assert!(cancelled.is_none());
        assert_stopped(&caller.join().unwrap());
        assert!(world.issuer.wait_for_idle(LONG), "the fetch goes on");
        assert_eq!(world.issuer.fetches(), 1);
    }
}

#[test]
fn the_last_handle_ends_a_spawned_driver_and_its_fetch() {
    let world = world();
    world.issuer.always(Reply::hang());
    let verifier = serve(&world, Policy::builder().fetch_timeout(FOREVER), &client());
    assert!(world.issuer.wait_for_fetches(1, LONG));
    drop(verifier);
    world.log.wait_for(1, stopped);
    assert!(world.issuer.wait_for_idle(LONG), "the fetch goes on");
}

#[test]
fn a_fetch_that_is_late_ends_its_connection() {
    let world = world();
    world.issuer.always(Reply::hang());
    let policy = Policy::builder().fetch_timeout(ms(50)).retry(FOREVER, FOREVER);
    let _verifier = serve(&world, policy, &client());
    assert!(world.issuer.wait_for_fetches(1, LONG));
    assert!(failure(&world).is_timeout());
    assert!(world.issuer.wait_for_idle(LONG), "the fetch goes on");
    assert_eq!(world.issuer.fetches(), 1);
}

/// Interim answers leave hyper no pause, and a task is ended only in a pause.
#[test]
fn a_fetch_that_is_flooded_ends_at_its_deadline() {
    use std::{io::Read as _, io::Write as _, net::TcpListener};

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 1024]).unwrap();
        let flood = b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1000);
        let start = std::time::Instant::now();
        while start.elapsed() < LONG {
            if stream.write_all(&flood).is_err() {
                return true;
            }
        }
        false
    });
    let world = world();
    let policy = once().fetch_timeout(ms(200));
    let _verifier = serve_at(&world, &url, policy, &client());
    assert!(failure(&world).is_timeout());
    assert!(server.join().unwrap(), "the fetch goes on");
}
