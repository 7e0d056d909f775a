//! `jwks explain`, over an issuer on loopback.

use jwks_testkit::{DOCUMENT_PATH, IssuerServer, Reply, TokenBuilder};

use crate::run::{Done, Folder, jwks, jwks_reading};

/// By discovery.
fn explain(issuer: &IssuerServer, token: &str, more: &[&str]) -> Done {
    let asked = ["explain", "--allow-loopback-http", "--issuer", issuer.iss()];
    let done = jwks_reading(token, asked.iter().chain(more));
    hides_the_token(done, token)
}

#[track_caller]
fn hides_the_token(done: Done, token: &str) -> Done {
    let parts = token.trim().split('.').filter(|part| part.len() > 8);
    parts.fold(done.hides("secret-subject"), Done::hides)
}

fn token(issuer: &IssuerServer) -> TokenBuilder {
    issuer.token().subject("secret-subject")
}

const AUDIENCE: [&str; 2] = ["--audience", "my-api"];

#[test]
fn a_good_token_passes_each_step() {
    let issuer = IssuerServer::start();
    let token = format!("{}\r\n", token(&issuer).sign());
    let done = explain(&issuer, &token, &AUDIENCE).exits(0);
    let (keys, document) = (issuer.url(), format!("{}{DOCUMENT_PATH}", issuer.iss()));
    let done = done
        .says(&format!("discovery  ok      {document} names {keys}\n"))
        .says(&format!("keys       ok      1 key from {keys}, after "))
        .says("  key      `key-1` (EC, ES256, sig)\n")
        .says("token      ok      accepted\n")
        .says("\naccepted: every check is passed\n")
        .says("claims        aud, exp, iat, iss, sub\n");
    assert!(!done.stderr.contains("failed"), "{done:?}");
    assert_eq!((issuer.fetches_of(DOCUMENT_PATH), issuer.fetches()), (1, 1));
}

#[test]
fn an_audience_that_is_not_named_is_not_looked_at_and_that_is_said() {
    let issuer = IssuerServer::start();
    let done = explain(&issuer, &token(&issuer).audience("another").sign(), &[]);
    let json = explain(&issuer, &token(&issuer).sign(), &["--json"]).exits(0).json();
    done.exits(0).says("accepted, but whom it is for was not looked at");
    assert_eq!(json["audience_checked"], false);
}

#[test]
fn the_step_that_refuses_is_named_with_what_to_do() {
    let issuer = IssuerServer::start();
    for (token, step, advice) in [
        (token(&issuer).expired().sign(), "exp", "get a new token"),
        (token(&issuer).audience("another").sign(), "aud", "is it meant for this service?"),
        (token(&issuer).issuer("https://other.example").sign(), "iss", "character by character"),
        (token(&issuer).kid("unknown").sign(), "key", "the issuer was asked and has no such key"),
        (token(&issuer).forged().sign(), "signature", "signed by another key"),
        (token(&issuer).not_yet_valid().sign(), "nbf", "clock"),
        (format!("Bearer {}", token(&issuer).sign()), "header", "without `Bearer`"),
        (token(&issuer).unsigned(), "alg", "are never allowed"),
    ] {
        let done = explain(&issuer, &token, &AUDIENCE).exits(1);
        let said = format!("refused at `{step}`: ");
        done.says("token      FAILED  refused").says(&said).says("what to do").says(advice);
        let json = explain(&issuer, &token, &[&AUDIENCE[..], &["--json"]].concat()).exits(1).json();
        assert_eq!(json["verdict"], "refused", "{json:#}");
        assert_eq!(json["issuers"][0]["steps"][0]["outcome"], "ok", "{json:#}");
        assert_eq!(json["token"]["accepted"], false, "{json:#}");
    }
}

#[test]
fn algorithms_can_be_limited() {
    let issuer = IssuerServer::start();
    let token = token(&issuer).sign();
    explain(&issuer, &token, &["--algorithm", "RS256"]).exits(1).says("refused at `alg`");
    explain(&issuer, &token, &["--algorithm", "ES256"]).exits(0);
    explain(&issuer, &token, &["--algorithm", "none"]).exits(64);
}

#[test]
fn a_dead_issuer_is_told_at_once_and_before_the_token() {
    let issuer = IssuerServer::start();
    let token = token(&issuer).sign();
    issuer.go_down();
    let begun = std::time::Instant::now();
    let done = explain(&issuer, &token, &["--within", "60s"]).exits(2);
    assert!(begun.elapsed() < std::time::Duration::from_secs(30), "{:?}", begun.elapsed());
    let document = format!("{}{DOCUMENT_PATH}", issuer.iss());
    done.says(&format!("discovery  FAILED  {document}: no connection to the key server: "))
        .says("keys       -       it is not known where they are")
        .says("token      -       not judged")
        .says(&format!("curl -v {document}\n"))
        .hides("next fetch")
        .hides("hint");
    let json = explain(&issuer, "no.token.", &["--json"]).exits(2).json();
    assert_eq!(json["verdict"], "unavailable");
    assert_eq!(json["issuers"][0]["cache"]["failures_in_a_row"], 1);
    assert_eq!(json["issuers"][0]["cache"]["hints"], serde_json::json!([]));
}

#[test]
fn discovery_and_keys_fail_each_by_themselves() {
    let issuer = IssuerServer::start();
    let token = token(&issuer).sign();
    issuer.next_at(DOCUMENT_PATH, Reply::status(404));
    explain(&issuer, &token, &AUDIENCE)
        .exits(2)
        .says("discovery  FAILED  ")
        .says("404")
        .says("keys       -       it is not known where they are");
    assert_eq!(issuer.fetches(), 0);
    let document = format!(r#"{{"issuer":"https://other.example","jwks_uri":"{}"}}"#, issuer.url());
    issuer.next_at(DOCUMENT_PATH, Reply::keys(document));
    explain(&issuer, &token, &AUDIENCE).exits(2).says("another issuer, `https://other.example`");
    issuer.next(Reply::status(503));
    explain(&issuer, &token, &AUDIENCE)
        .exits(2)
        .says("discovery  ok      ")
        .says(&format!("keys       FAILED  {}: the key server answered 503", issuer.url()));
    issuer.next(Reply::keys(r#"{"keys":[]}"#));
    explain(&issuer, &token, &AUDIENCE).exits(2).says("keys       FAILED  ").says("usable");
    // Without discovery, it is not a step.
    let url = issuer.url();
    let asked = ["explain", "--allow-loopback-http", "--issuer", issuer.iss(), "--jwks-uri", &url];
    jwks_reading(&token, asked).exits(0).says("keys       ok").hides("discovery");
}

#[test]
fn settings_judge_by_their_rules() {
    let (one, two) = (IssuerServer::start(), IssuerServer::start());
    let folder = Folder::new("explain-settings");
    let tables: String = [&one, &two]
        .map(|it| format!("[[issuers]]\nissuer = '{}'\njwks_uri = '{}'\n", it.iss(), it.url()))
        .concat();
    let text = format!("audience = 'my-api'\nallow_loopback_http = true\n{tables}");
    let file = folder.write("settings.toml", &text);
    let asked = ["explain", "--settings", &file, "--within", "500ms"];
    let of_two = token(&two).sign();
    jwks_reading(&of_two, asked).exits(0).says(one.iss()).says(two.iss()).hides(&of_two);
    jwks_reading(&token(&two).audience("other").sign(), asked).exits(1).says("`aud`");
    let stranger = token(&one).issuer("https://other.example").sign();
    jwks_reading(&stranger, asked).exits(1).says("refused at `iss`");
    // Its own issuer counts.
    two.go_down();
    jwks_reading(&token(&one).sign(), asked).exits(0).says("keys       FAILED");
    jwks_reading(&of_two, asked).exits(2).says("not judged");
}

#[test]
fn what_comes_from_strangers_is_escaped() {
    let issuer = IssuerServer::start();
    let odd = "\u{1b}[31m\nforged: line";
    let token = token(&issuer).claim(odd, 1).claim(&"x".repeat(70), 1).sign();
    let done = explain(&issuer, &token, &AUDIENCE).exits(0);
    let long = format!("{}...", "x".repeat(64));
    done.says(r"\u{1b}[31m\nforged: line").says(&long).hides("\u{1b}").hides("\nforged");
    let token = issuer.token().kid(odd).sign();
    explain(&issuer, &token, &AUDIENCE).exits(1).hides("\u{1b}").hides("\nforged");
}

#[test]
fn arguments_and_settings_that_cannot_work() {
    jwks_reading("a.b.c", ["explain"]).exits(64);
    jwks_reading("", ["explain", "--issuer", "https://id.example.com"]).exits(64).says("no token");
    jwks_reading("a", ["explain", "--issuer", "id"]).exits(64).says("--issuer: ");
    jwks_reading("a", ["explain", "--issuer", "http://127.0.0.1:1"]).exits(64).says("plain http");
    let secret = "https://id.example.com/keys?key=secret#x";
    let asked = ["explain", "--issuer", "https://id.example.com", "--jwks-uri", secret];
    jwks_reading("a", asked).exits(64).says("fragment").hides("secret");
    let folder = Folder::new("explain-arguments");
    for (text, said) in [
        ("isuer = 'https://id.example.com'", "did you mean `issuer`"),
        ("issuer = 'https://id.example.com'\ndiscover = true", "audience is missing"),
    ] {
        let file = folder.write("settings.toml", text);
        jwks_reading("a", ["explain", "--settings", &file]).exits(1).says(said);
        jwks_reading("a", ["explain", "--settings", &file, "--audience", "b"]).exits(64);
    }
    // A token is no argument, and is not shown where it is one.
    let token = "eyJhbGciOiJFUzI1NiJ9.".repeat(9);
    jwks(["explain", "--issuer", "https://id.example.com", &token]).exits(64).hides(&token);
}

#[test]
fn a_token_without_iss_is_judged_by_the_issuer_that_is_named() {
    let (one, two) = (IssuerServer::start(), IssuerServer::start());
    let settings = [&one, &two].map(|it| {
        let (iss, url) = (it.iss(), it.url());
        format!(
            "[[issuers]]\nissuer = '{iss}'\njwks_uri = '{url}'\nwithout_iss = true\n\
             max_age_without_exp = '1h'\nany_sub = true\n"
        )
    });
    let folder = Folder::new("explain-nameless");
    let text = format!("any_audience = true\nallow_loopback_http = true\n{}", settings.concat());
    let file = folder.write("settings.toml", &text);
    let token = two.token().without("iss").without("exp").claim("sub", 7).sign();
    let asked = ["explain", "--settings", &file];
    let done = jwks_reading(&token, asked).exits(1).says("refused at `iss`");
    done.says("each call has to name that one");
    let named = |iss| jwks_reading(&token, ["explain", "--settings", &file, "--of", iss]);
    named(two.iss())
        .exits(0)
        .says("  allowed  allow_loopback_http, any_sub, max_age_without_exp, without_iss\n");
    named(one.iss()).exits(1);
    named("https://nobody.example.com").exits(1).says("refused at `iss`");
    jwks_reading(&token, ["explain", "--issuer", one.iss(), "--of", one.iss()]).exits(64);
}
