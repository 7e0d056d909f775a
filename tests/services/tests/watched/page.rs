//! The pages of operators: what they show, what they escape, and whom they obey.

use jwks_testkit::{IssuerServer, Signer};
use serde_json::Value;

use crate::routes::settings;
use crate::service::{Answer, Service, ask, get};

#[test]
fn the_page_and_its_json_say_how_the_keys_are() {
    let service = Service::start();
    service.until(|it| it.debug("/debug/jwks").body.contains("class=\"state ready\""));
    let page = service.debug("/debug/jwks");
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    // What explain says, the recorder's story, and the last events.
    for said in [
        "embedded",
        "trust ends",
        "next fetch",
        "`key-1`",
        "fetch 1 begins: no keys",
        "keys loaded: 1",
        "<svg",
    ] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }

    let answer = service.debug("/debug/jwks.json");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let json: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(json["health"]["verdict"], "ready");
    assert_eq!(json["explain"][0]["label"], "embedded");
    assert_eq!(json["explain"][0]["keys"][0]["id"], "key-1");
    assert_eq!(json["status"][0]["label"], "embedded");
    assert!(json["events"][0]["text"].is_string());
}

/// What `jwks replay` reads.
#[test]
fn the_recording_is_a_file() {
    let service = Service::start();
    service.until(|it| it.debug("/debug/jwks").body.contains("class=\"state ready\""));
    assert!(service.debug("/").body.contains("href=\"/debug/recording/0\""));
    let answer = service.debug("/debug/recording/0");
    assert!(answer.header("content-disposition").unwrap().starts_with("attachment"));
    let recording: jwks_tokio::jwks_core::refresh::record::Recording =
        serde_json::from_str(&answer.body).unwrap();
    let replay = recording.replay();
    assert_eq!(replay.parting(), None);
    assert!(replay.to_string().contains("fetch 1 begins: no keys"), "{replay}");

    assert_eq!(service.debug("/debug/recording/1").status, 404);
    assert_eq!(service.debug("/debug/recording/x").status, 400);
}

/// The names of keys are the issuer's, and a label may come from anywhere.
#[test]
fn what_strangers_write_is_text() {
    let issuer = IssuerServer::start();
    let evil = "<script>alert(1)</script>\u{202e}\"'&";
    issuer.publish(&[&issuer.signer(), &Signer::es256(evil)]);
    let service = Service::with(&settings(&issuer, "<b>staff</b>"));
    service.until(|it| it.debug("/").body.contains("&lt;script&gt;"));
    // A refusal with a body of the issuer's, and a token with a strange kid.
    issuer.publish_json(r#"{"keys":[{"kty":"<img src=x>","kid":"<i>k"}]}"#);
    let token = issuer.token().kid("<u>forged</u>").forged().sign();
    service.until(|it| {
        it.orders(&token);
        it.debug("/").body.contains("failed")
    });
    for path in ["/", "/debug/jwks"] {
        let page = service.debug(path).body;
        for raw in ["<script", "<b>", "<img", "<i>", "<u>", "\u{202e}"] {
            assert!(!page.contains(raw), "{raw} stands in the page: {page}");
        }
        assert!(page.contains("&lt;b&gt;staff"), "{page}");
    }
    assert!(!service.debug("/metrics").body.contains("forged"));
    assert!(!service.debug("/").body.contains(&token));
}

#[test]
fn every_answer_carries_the_policy() {
    let service = Service::start();
    let paths = [
        "/",
        "/debug/jwks",
        "/debug/jwks.json",
        "/debug/recording/0",
        "/metrics",
        "/debug/style.css",
        "/nothing",
    ];
    for path in paths {
        carries_the_policy(path, &service.debug(path));
    }
    carries_the_policy("/", &get(&service.provider, "/", &[]));
    let refused = get(&service.debug, "/", &[("host", "rebound.example")]);
    assert_eq!(refused.status, 421);
    carries_the_policy("refused", &refused);
    let page = service.debug("/").body + &get(&service.provider, "/", &[]).body;
    for forbidden in ["<script", "style=", " onclick", "javascript:", "https://"] {
        assert!(!page.contains(forbidden), "{forbidden} in {page}");
    }
}

fn carries_the_policy(what: &str, answer: &Answer) {
    let policy = answer.header("content-security-policy").expect(what);
    for part in ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'"] {
        assert!(policy.split("; ").any(|it| it == part), "{what}: {policy}");
    }
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{what}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{what}");
    assert_eq!(answer.header("access-control-allow-origin"), None, "{what}");
}

#[test]
fn orders_of_other_origins_are_refused() {
    let service = Service::start();
    let own = format!("http://{}", service.provider);
    for (allowed, headers) in [
        (false, &[("origin", "https://evil.example")][..]),
        (false, &[("origin", "null")]),
        (false, &[("sec-fetch-site", "cross-site")]),
        (false, &[("origin", &own), ("sec-fetch-site", "same-site")]),
        (false, &[("host", "rebound.example"), ("origin", "http://rebound.example")]),
        (true, &[("origin", &own)]),
        (true, &[("origin", &own), ("sec-fetch-site", "same-origin")]),
    ] {
        for path in ["/press/wrong-audience", "/token"] {
            let status = ask("POST", &service.provider, path, headers).status;
            assert_eq!(status < 400, allowed, "{path} {headers:?}: {status}");
        }
        // Twice: so it is off again.
        assert!(
            !allowed
                || ask("POST", &service.provider, "/press/wrong-audience", headers).status == 303
        );
    }
    assert!(!get(&service.provider, "/", &[]).body.contains("wrong-audience: on"));
    assert_eq!(get(&service.provider, "/press/outage", &[]).status, 405);
    assert_eq!(get(&service.provider, "/token", &[]).status, 405);
}
