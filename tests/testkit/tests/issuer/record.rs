//! What the issuer notes of its requests.

use std::{
    thread,
    time::{Duration, Instant},
};

use jwks_testkit::{IssuerServer, Reply};

use crate::client::{Client, fetch};

const LONG: Duration = Duration::from_secs(5);

#[test]
fn requests_are_recorded_in_order_with_their_headers() {
    let issuer = IssuerServer::start();
    let start = Instant::now();
    let mut client = Client::new(&issuer);
    client.get("/keys", "If-None-Match: \"a\"\r\nCache-Control: no-cache\r\n").unwrap();
    client.get("/other?query", "User-Agent: test\r\nAccept-Encoding: identity\r\n").unwrap();
    Client::new(&issuer).get("/keys", "X-Odd: \u{fc}\r\n").unwrap();
    let requests = issuer.requests();
    let paths: Vec<&str> = requests.iter().map(|request| request.path.as_str()).collect();
    assert_eq!(paths, ["/keys", "/other", "/keys"]);
    assert_eq!(requests[0].header("if-none-match"), Some("\"a\""));
    assert_eq!(requests[0].header("cache-control"), Some("no-cache"));
    assert_eq!(requests[1].header("user-agent"), Some("test"));
    assert_eq!(requests[1].header("accept-encoding"), Some("identity"));
    assert_eq!(requests[1].header("if-none-match"), None);
    assert_eq!(requests[2].header("x-odd"), None);
    assert_eq!(requests[2].headers["x-odd"].as_bytes(), "\u{fc}".as_bytes());
    assert!(requests.iter().all(|request| request.method == "GET"));
    assert!(requests.iter().all(|request| request.at >= start));
    assert!(requests.is_sorted_by_key(|request| request.at));
    assert_eq!(requests[0].connection, requests[1].connection);
    assert_ne!(requests[1].connection, requests[2].connection);
}

#[test]
fn open_requests_are_counted() {
    let issuer = IssuerServer::start();
    for _ in 0..3 {
        fetch(&issuer).unwrap();
    }
    assert_eq!((issuer.open(), issuer.max_open()), (0, 1));
    issuer.always(Reply::hang());
    let mut clients = [(); 3].map(|()| Client::new(&issuer));
    for client in &mut clients {
        client.send("/keys", "").unwrap();
    }
    assert!(issuer.wait_for_fetches(6, LONG));
    assert_eq!((issuer.open(), issuer.max_open()), (3, 3));
    assert!(!issuer.wait_for_idle(Duration::from_millis(5)));
    drop(clients);
    assert!(issuer.wait_for_idle(LONG));
    assert_eq!((issuer.open(), issuer.max_open()), (0, 3));
}

#[test]
fn waiting_for_fetches() {
    let issuer = IssuerServer::start();
    assert!(issuer.wait_for_fetches(0, Duration::ZERO));
    assert!(!issuer.wait_for_fetches(1, Duration::from_millis(5)));
    assert!(!pollster::block_on(issuer.fetched(1, Duration::from_millis(5))));
    let fetched = issuer.fetched(2, LONG);
    thread::scope(|scope| {
        scope.spawn(|| [(); 2].map(|()| fetch(&issuer).unwrap()));
        assert!(issuer.wait_for_fetches(2, LONG));
    });
    assert!(pollster::block_on(fetched));
}

#[test]
fn handle_is_shared_by_threads() {
    fn shareable<T: Send + Sync + 'static>(_: &T) {}
    let issuer = IssuerServer::start();
    shareable(&issuer);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10 {
                    issuer.publish(&[]);
                    assert_eq!(fetch(&issuer).unwrap().status, 200);
                }
            });
        }
    });
    assert_eq!(issuer.fetches(), 40);
}
