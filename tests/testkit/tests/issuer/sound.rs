//! Answers as HTTP would have them.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jwks_testkit::{Gate, IssuerServer, Reply, Signer, jwk_set};

use crate::client::{Client, fetch, fetch_with};

#[test]
fn keys_are_published_and_nothing_else() {
    let issuer = IssuerServer::start();
    assert_eq!(fetch(&issuer).unwrap().text(), jwk_set(&[&issuer.signer()]));
    let (old, new) = (Signer::es256("old"), Signer::eddsa("new"));
    issuer.publish(&[&old, &new]);
    let answer = fetch(&issuer).unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.text(), jwk_set(&[&old, &new]));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), None);
    assert_eq!(answer.header("etag"), None);
    assert_eq!(Client::new(&issuer).get("/other", "").unwrap().status, 404);
    assert_eq!(issuer.url(), format!("{}/keys", issuer.base()));
    assert_eq!(issuer.fetches(), 2);
}

#[test]
fn queued_replies_come_first_and_in_order() {
    let issuer = IssuerServer::start();
    issuer.always(Reply::status(500));
    issuer.next(Reply::status(503));
    issuer.next(Reply::keys("{}"));
    let statuses = [(); 4].map(|()| fetch(&issuer).unwrap().status);
    assert_eq!(statuses, [503, 200, 500, 500]);
    issuer.next(Reply::status(503));
    issuer.clear();
    assert_eq!(fetch(&issuer).unwrap().status, 500);
    issuer.always(Reply::published());
    assert_eq!(fetch(&issuer).unwrap().status, 200);
}

#[test]
fn paths_have_scripts_of_their_own() {
    let issuer = IssuerServer::start();
    issuer.always_at("/a", Reply::keys("a"));
    issuer.next_at("/a", Reply::status(404));
    issuer.publish(&[]);
    let mut client = Client::new(&issuer);
    assert_eq!(client.get("/a?query", "").unwrap().status, 404);
    assert_eq!(client.get("/a", "").unwrap().text(), "a");
    assert_eq!(client.get("/keys", "").unwrap().text(), r#"{"keys":[]}"#);
    assert_eq!((issuer.fetches(), issuer.fetches_of("/a")), (1, 2));
    assert_eq!(issuer.url_of("/a"), format!("{}/a", issuer.base()));
}

#[test]
fn delays_hold_what_was_published_at_arrival() {
    let issuer = IssuerServer::start();
    issuer.publish_json("before");
    issuer.delay(Duration::from_millis(40));
    let start = Instant::now();
    let mut client = Client::new(&issuer);
    client.send("/keys", "").unwrap();
    assert!(issuer.wait_for_fetches(1, Duration::from_secs(5)));
    issuer.publish_json("after");
    assert_eq!(client.read().unwrap().text(), "before");
    assert!(start.elapsed() >= Duration::from_millis(40));
    // The reply's own delay takes the place of the server's.
    issuer.delay(Duration::from_secs(60));
    issuer.next(Reply::published().delay(Duration::ZERO));
    assert_eq!(fetch(&issuer).unwrap().text(), "after");
}

#[test]
fn status_headers_and_redirects() {
    let issuer = IssuerServer::start();
    let date = UNIX_EPOCH + Duration::from_secs(784_111_777);
    issuer.next(Reply::status(503).retry_after(2));
    issuer.next(Reply::status(429).retry_after_date(date));
    issuer.next(Reply::redirect("https://elsewhere.example/keys"));
    issuer.next(Reply::status(304));
    issuer.next(Reply::published().cache_control("max-age=60").header("age", "3"));
    issuer.next(Reply::published().header("content-type", "application/jwk-set+json"));
    let mut client = Client::new(&issuer);
    let mut get = || client.get("/keys", "").unwrap();
    assert_eq!(get().header("retry-after"), Some("2"));
    assert_eq!(get().header("retry-after"), Some("sun, 06 nov 1994 08:49:37 gmt"));
    let redirect = get();
    assert_eq!(redirect.status, 302);
    assert_eq!(redirect.header("location"), Some("https://elsewhere.example/keys"));
    assert_eq!(get().status, 304);
    let cached = get();
    assert_eq!(cached.header("cache-control"), Some("max-age=60"));
    assert_eq!(cached.header("age"), Some("3"));
    assert_eq!(get().header("content-type"), Some("application/jwk-set+json"));
}

#[test]
fn etags_confirm() {
    let issuer = IssuerServer::start();
    issuer.always(Reply::published().etag("W/\"one\"").cache_control("max-age=5"));
    let with = |headers: &str| fetch_with(&issuer, headers).unwrap();
    let fresh = with("");
    assert_eq!((fresh.status, fresh.header("etag")), (200, Some("w/\"one\"")));
    let same = with("If-None-Match: \"one\"\r\n");
    assert_eq!((same.status, same.text()), (304, ""));
    assert_eq!(same.header("etag"), Some("w/\"one\""));
    assert_eq!(same.header("cache-control"), Some("max-age=5"));
    assert_eq!(with("If-None-Match: \"zero\", W/\"one\"\r\n").status, 304);
    assert_eq!(with("If-None-Match: *\r\n").status, 304);
    assert_eq!(with("If-None-Match: \"two\"\r\n").status, 200);
    issuer.next(Reply::published().etag("\"one\"").chunked());
    assert_eq!(with("If-None-Match: \"one\"\r\n").header("transfer-encoding"), None);
    issuer.next(Reply::status(503).etag("\"one\""));
    assert_eq!(with("If-None-Match: \"one\"\r\n").status, 503);
    issuer.next(Reply::published());
    assert_eq!(with("If-None-Match: \"one\"\r\n").status, 200);
}

#[test]
fn tags_follow_the_keys() {
    let issuer = IssuerServer::start();
    issuer.always(Reply::published().tagged());
    let tag = fetch(&issuer).unwrap().header("etag").unwrap().to_owned();
    let held = format!("If-None-Match: {tag}\r\n");
    assert_eq!(fetch_with(&issuer, &held).unwrap().status, 304);
    issuer.publish_json("other");
    let answer = fetch_with(&issuer, &held).unwrap();
    assert_eq!((answer.status, answer.text()), (200, "other"));
    assert_ne!(answer.header("etag"), Some(tag.as_str()));
}

#[test]
fn dates_confirm_when_no_tag_is_sent() {
    let issuer = IssuerServer::start();
    issuer.always(Reply::published().last_modified(SystemTime::UNIX_EPOCH).etag("\"t\""));
    let since = "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n";
    assert_eq!(fetch_with(&issuer, since).unwrap().status, 304);
    assert_eq!(
        fetch_with(&issuer, &format!("{since}If-None-Match: \"x\"\r\n")).unwrap().status,
        200
    );
    let other = "If-Modified-Since: Fri, 02 Jan 1970 00:00:00 GMT\r\n";
    assert_eq!(fetch_with(&issuer, other).unwrap().status, 200);
}

#[test]
fn a_gate_holds_what_was_published_at_arrival_until_it_is_opened() {
    let issuer = IssuerServer::start();
    issuer.publish_json("before");
    let gate = Gate::new();
    issuer.next(Reply::published().held(&gate));
    let mut client = Client::new(&issuer).patience(Duration::from_millis(50));
    client.send("/keys", "").unwrap();
    assert!(client.read().is_err());
    issuer.publish_json("after");
    assert_eq!(issuer.open(), 1);
    gate.open();
    let mut client = client.patience(Duration::from_secs(5));
    assert_eq!(client.read().unwrap().text(), "before");
    // It stays open.
    issuer.next(Reply::published().held(&gate));
    assert_eq!(client.get("/keys", "").unwrap().text(), "after");
}
