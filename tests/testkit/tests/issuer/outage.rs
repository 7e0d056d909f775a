//! The issuer goes, and comes back.

use std::{
    io::ErrorKind,
    time::{Duration, Instant},
};

use jwks_testkit::{IssuerServer, Reply};

use crate::client::{Client, fetch};

#[test]
fn down_refuses_and_up_answers_on_the_same_port() {
    let issuer = IssuerServer::start();
    let url = issuer.url();
    issuer.next(Reply::published());
    issuer.next(Reply::status(503));
    assert_eq!(fetch(&issuer).unwrap().status, 200);
    for _ in 0..3 {
        issuer.go_down();
        issuer.go_down();
        assert_eq!(fetch(&issuer).map(drop).unwrap_err().kind(), ErrorKind::ConnectionRefused);
        issuer.come_up();
        issuer.come_up();
        // The script goes on where it was: the 503 is still to come in the first round.
        let expected = if issuer.fetches() == 1 { 503 } else { 200 };
        assert_eq!(fetch(&issuer).unwrap().status, expected);
    }
    assert_eq!(issuer.url(), url);
    assert_eq!(issuer.fetches(), 4);
    let connections: Vec<u64> = issuer.requests().iter().map(|r| r.connection).collect();
    assert_eq!(connections, [1, 2, 3, 4]);
}

#[test]
fn going_down_closes_all_connections_at_once() {
    let issuer = IssuerServer::start();
    let mut idle = Client::new(&issuer);
    idle.get("/keys", "").unwrap();
    issuer.next(Reply::hang());
    issuer.next(Reply::published().delay(Duration::from_secs(60)));
    issuer.next(Reply::published().trickle(1, Duration::from_secs(60)));
    let mut busy = [(); 3].map(|()| Client::new(&issuer));
    for client in &mut busy {
        client.send("/keys", "").unwrap();
    }
    assert!(issuer.wait_for_fetches(4, Duration::from_secs(5)));
    let start = Instant::now();
    issuer.go_down();
    assert_eq!(issuer.open(), 0);
    assert!(idle.get("/keys", "").is_err());
    for client in &mut busy {
        assert!(client.read().is_err());
    }
    assert!(start.elapsed() < Duration::from_secs(2));
    issuer.come_up();
    assert_eq!(fetch(&issuer).unwrap().status, 200);
}

#[test]
fn dropping_stops_it_up_or_down() {
    for down in [false, true] {
        let issuer = IssuerServer::start();
        let mut client = Client::new(&issuer);
        issuer.next(Reply::hang());
        client.send("/keys", "").unwrap();
        assert!(issuer.wait_for_fetches(1, Duration::from_secs(5)));
        if down {
            issuer.go_down();
        }
        issuer.shutdown();
        assert!(client.read().is_err());
    }
}
