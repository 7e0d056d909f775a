//! Each request has a connection of its own, which ends with it.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::mpsc::channel,
    thread,
};

use jwks_conformance::world::{LONG, ms};
use jwks_testkit::{IssuerServer, Reply};

use crate::world::{all_of, client, every, failure, get, once, passes, serve, serve_at, world};

#[test]
fn none_is_kept() {
    let world = world();
    let _service = serve(&world, every(ms(50)), &client());
    assert!(world.issuer.wait_for_fetches(5, LONG));
    let mut connections: Vec<_> =
        world.issuer.requests().iter().map(|request| request.connection).collect();
    connections.dedup();
    assert_eq!(connections.len(), world.issuer.requests().len());
}

/// A process that was frozen finds its kept connections dead, and nothing says so.
#[test]
fn the_other_side_sees_its_end() {
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
    get(&client, &url).unwrap();
    assert_eq!(server.join().unwrap(), 0, "not closed, though the client lives on");
    drop(client);
}

/// The server closes behind each answer, and does not announce it.
#[test]
fn one_that_is_closed_behind_the_answer_is_no_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    let (closed, closes) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 1024]).unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").unwrap();
            drop(stream);
            if closed.send(()).is_err() {
                return;
            }
        }
    });
    let client = client();
    for _ in 0..50 {
        assert_eq!(get(&client, &url).unwrap(), (200, "{}".to_owned()));
        closes.recv_timeout(LONG).unwrap();
    }
}

/// The issuer was asked, so it is for the core to ask again: a transport that did would make two
/// fetches of one.
#[test]
fn what_was_sent_is_not_sent_again() {
    for reply in [Reply::reset(), Reply::close(), Reply::malformed()] {
        let issuer = IssuerServer::start();
        let client = client();
        issuer.next(reply);
        get(&client, &issuer.url()).unwrap_err();
        assert_eq!(issuer.fetches(), 1);
        get(&client, &issuer.url()).unwrap();
    }
}

#[test]
fn nobody_there_is_no_connection() {
    let world = world();
    world.issuer.go_down();
    let _service = serve(&world, once(), &client());
    let failure = failure(&world);
    assert!(failure.is_connect(), "{failure:?}");
    assert!(all_of(&failure).contains("refused"), "{failure:?}");
}

#[test]
fn a_name_is_looked_up_and_all_its_addresses_are_tried() {
    let world = world();
    // Where it is ::1 first, nobody is there.
    let url = world.issuer.url().replace("127.0.0.1", "localhost");
    let service = serve_at(&world, &url, once(), &client());
    passes(&service, &world);
    let port = world.issuer.address().port();
    let asked = &world.issuer.requests()[0];
    assert_eq!(asked.header("host"), Some(&*format!("localhost:{port}")));

    let _service = serve_at(&world, "https://no-such-host.invalid/keys", once(), &client());
    let failure = failure(&world);
    assert!(failure.is_connect() || failure.is_timeout(), "{failure:?}");
}
