//! Answers that no HTTP library would give.

use std::{
    io::ErrorKind,
    time::{Duration, Instant},
};

use jwks_testkit::{IssuerServer, Reply};

use crate::client::{Client, fetch};

const SHORT: Duration = Duration::from_millis(40);

#[test]
fn hang_answers_nothing_until_the_client_gives_up() {
    let issuer = IssuerServer::start();
    issuer.next(Reply::hang());
    let mut client = Client::new(&issuer).patience(SHORT);
    client.send("/keys", "").unwrap();
    assert!(issuer.wait_for_fetches(1, Duration::from_secs(5)));
    assert_timed_out(client.read().map(drop).unwrap_err().kind());
    assert_eq!(issuer.open(), 1);
    drop(client);
    assert!(issuer.wait_for_idle(Duration::from_secs(5)));
    assert_eq!(issuer.max_open(), 1);
    assert_eq!(fetch(&issuer).unwrap().status, 200);
}

#[test]
fn reset_and_close_end_the_connection_each_in_its_way() {
    let issuer = IssuerServer::start();
    issuer.next(Reply::reset());
    issuer.next(Reply::close());
    assert_eq!(fetch(&issuer).map(drop).unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(fetch(&issuer).map(drop).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    assert_eq!(fetch(&issuer).unwrap().status, 200);
    assert!(issuer.wait_for_idle(Duration::from_secs(5)));
}

#[test]
fn bodies_end_early() {
    let issuer = IssuerServer::start();
    let reply = Reply::keys("0123456789").header("etag", "\"kept\"");
    for (broken, expected) in [
        (reply.clone().truncate_after(4), "0123"),
        (reply.clone().truncate_after(0), ""),
        (reply.clone().truncate_after(99), "0123456789"),
    ] {
        issuer.next(broken);
        let mut client = Client::new(&issuer);
        client.send("/keys", "").unwrap();
        let bytes = client.read_to_end().unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.contains("content-length: 10"), "{head}");
        assert!(head.contains("etag: \"kept\""), "{head}");
        assert_eq!(body, expected);
    }
    issuer.next(reply.clone().truncate_after(4));
    assert_eq!(fetch(&issuer).map(drop).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    issuer.next(reply.reset_after(4));
    assert_eq!(fetch(&issuer).map(drop).unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn stalls_keep_the_connection_open() {
    let issuer = IssuerServer::start();
    for bytes in [0, 4] {
        issuer.next(Reply::keys("0123456789").stall_after(bytes));
        let mut client = Client::new(&issuer).patience(SHORT);
        assert_timed_out(client.get("/keys", "").map(drop).unwrap_err().kind());
    }
    assert!(issuer.wait_for_idle(Duration::from_secs(5)));
}

#[test]
fn trickles_arrive_whole_but_slowly() {
    let issuer = IssuerServer::start();
    issuer.next(Reply::keys("0123456789").trickle(3, Duration::from_millis(10)));
    let start = Instant::now();
    assert_eq!(fetch(&issuer).unwrap().text(), "0123456789");
    assert!(start.elapsed() >= Duration::from_millis(30));
    // Not even the head is whole when the client's patience ends.
    issuer.next(Reply::raw("HTTP/1.1 200 OK\r\n\r\n").trickle(1, Duration::from_secs(60)));
    let mut client = Client::new(&issuer).patience(SHORT);
    assert_timed_out(client.get("/keys", "").map(drop).unwrap_err().kind());
}

#[test]
fn oversized_with_and_without_content_length() {
    let issuer = IssuerServer::start();
    issuer.publish(&[]);
    issuer.next(Reply::oversized(600_000));
    issuer.next(Reply::oversized(600_000).chunked());
    issuer.next(Reply::keys("").chunked());
    let told = fetch(&issuer).unwrap();
    assert_eq!(told.header("content-length"), Some("600000"));
    assert_eq!(told.text().trim_end(), r#"{"keys":[]}"#);
    let untold = fetch(&issuer).unwrap();
    assert_eq!(untold.header("content-length"), None);
    assert_eq!(untold.header("transfer-encoding"), Some("chunked"));
    assert_eq!(untold.body, told.body);
    assert_eq!(fetch(&issuer).unwrap().text(), "");
}

#[test]
fn other_bytes_than_a_key_set() {
    let issuer = IssuerServer::start();
    issuer.next(Reply::not_json());
    issuer.next(Reply::malformed());
    issuer.next(Reply::raw("HTTP/1.1 200 OK\r\nDate: yesterday\r\nContent-Length: 0\r\n\r\n"));
    let page = fetch(&issuer).unwrap();
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html")));
    assert_eq!(fetch(&issuer).map(drop).unwrap_err().kind(), ErrorKind::InvalidData);
    assert_eq!(fetch(&issuer).unwrap().header("date"), Some("yesterday"));
}

fn assert_timed_out(kind: ErrorKind) {
    // Which of the two it is depends on the system.
    assert!(matches!(kind, ErrorKind::TimedOut | ErrorKind::WouldBlock), "{kind:?}");
}

#[test]
fn endless_bodies_end_with_the_client() {
    let issuer = IssuerServer::start();
    issuer.always(Reply::published().endless());
    let mut client = Client::new(&issuer);
    client.send("/keys", "").unwrap();
    assert!(issuer.wait_for_fetches(1, Duration::from_secs(5)));
    assert_eq!(issuer.open(), 1);
    drop(client);
    assert!(issuer.wait_for_idle(Duration::from_secs(5)));
}
