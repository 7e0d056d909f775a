//! The end: of the handles, and of the future that runs the drivers.

use std::thread;

use async_std::task;
use jwks_async_std::{Event, Policy, Registered, jwks_core::verify::ErrorKind, run};
use jwks_conformance::Reply;

use crate::world::{FOR_EVER, LONG, World, client, every, ms, until};

#[test]
fn run_ends_with_the_last_handle() {
    let world = World::new();
    let service = world.prepare(every(ms(50)));
    let other = world.prepare(every(ms(50)));
    let drivers = service.drivers.into_iter().chain(other.drivers);
    let running = thread::spawn({
        let run = run(drivers, client());
        move || task::block_on(run)
    });
    assert!(world.issuer.wait_for_fetches(4, LONG));
    drop(service.verifier);
    assert!(service.events.iter().any(|event| matches!(event, Event::Stopped)));
    let fetches = world.issuer.fetches();
    assert!(world.issuer.wait_for_fetches(fetches + 3, LONG), "the other runs on");
    drop(other.verifier);
    running.join().unwrap();
    assert_eq!(task::block_on(async { run([], client()).await }), ());
}

#[test]
fn dropping_run_ends_the_fetch_and_tells_who_waits() {
    // Before the answer, and in the middle of it.
    for reply in [Reply::hang(), Reply::published().stall_after(10)] {
        let world = World::new();
        world.issuer.always(reply);
        let policy = Policy::builder().fetch_timeout(FOR_EVER).wait_budget(FOR_EVER);
        let service = world.prepare(policy);
        let running = task::spawn(run(service.drivers, client()));
        let (verifier, token) = (service.verifier.clone(), world.token.clone());
        let caller =
            thread::spawn(move || pollster::block_on(verifier.verify::<Registered>(&token)));
        assert!(world.issuer.wait_for_fetches(1, LONG));
        until(|| service.verifier.status()[0].waiting == 1);
        let cancelled = task::block_on(running.cancel());
        assert!(cancelled.is_none());
        let error = caller.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stopped);
        assert!(world.issuer.wait_for_idle(LONG), "the fetch goes on");
        assert_eq!(world.issuer.fetches(), 1);
    }
}

#[test]
fn the_last_handle_ends_a_spawned_driver_and_its_fetch() {
    let world = World::new();
    world.issuer.always(Reply::hang());
    let mut service = world.prepare(Policy::builder().fetch_timeout(FOR_EVER));
    service.spawn(&client());
    assert!(world.issuer.wait_for_fetches(1, LONG));
    drop(service.verifier);
    assert!(service.events.iter().any(|event| matches!(event, Event::Stopped)));
    assert!(world.issuer.wait_for_idle(LONG), "the fetch goes on");
}

#[test]
fn a_fetch_that_is_late_ends_its_connection() {
    let world = World::new();
    world.issuer.always(Reply::hang());
    let policy = Policy::builder().fetch_timeout(ms(50)).retry(FOR_EVER, FOR_EVER);
    let mut service = world.prepare(policy);
    service.spawn(&client());
    assert!(world.issuer.wait_for_fetches(1, LONG));
    assert!(service.failure().is_timeout());
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
    let world = World::new();
    let policy = Policy::builder().fetch_timeout(ms(200)).retry(FOR_EVER, FOR_EVER);
    let mut service = world.at(&url, policy);
    service.spawn(&client());
    assert!(service.failure().is_timeout());
    assert!(server.join().unwrap(), "the fetch goes on");
}

/// The client that is dropped takes its idle connections with it.
#[test]
fn no_connection_outlives_its_client() {
    use std::{io::Read as _, io::Write as _, net::TcpListener};

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        let _ = stream.read(&mut [0; 1024]).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").unwrap();
        stream.read(&mut [0; 1]).unwrap()
    });
    let client = client();
    crate::world::get(&client, &url).unwrap();
    drop(client);
    assert_eq!(server.join().unwrap(), 0, "not closed");
}
