use std::path::PathBuf;
use std::time::{Duration, Instant};

use jwks_core::keys::Algorithm;
use jwks_testkit::{IssuerServer, Reply, Signer, claims, claims_at};

use super::*;

const AUDIENCE: &str = "my-api";
const MINUTE: Duration = Duration::from_secs(60);

fn provider(keys: &[&Signer]) -> IssuerServer {
    let server = IssuerServer::start();
    server.publish(keys);
    server
}

fn question(server: &IssuerServer) -> Question {
    Question {
        issuer: server.base().to_owned(),
        jwks: Some(server.url()),
        audience: Some(vec![AUDIENCE.to_owned()]),
        algorithms: Vec::new(),
        ca: None,
        token: String::new(),
    }
}

fn answer(question: &Question, token: &str) -> Answer {
    ask(question, token, |_| {}).unwrap()
}

fn refused(question: &Question, token: &str) -> String {
    let answer = answer(question, token);
    assert_eq!(answer.exit_code(), ExitCode::from(1), "{answer}");
    answer.to_string()
}

fn unavailable(question: &Question, token: &str) -> String {
    let begin = Instant::now();
    let answer = answer(question, token);
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
    assert_eq!(answer.exit_code(), ExitCode::from(2), "{answer}");
    answer.to_string()
}

#[test]
fn a_good_token_is_accepted() {
    let key = Signer::es256("k1");
    let server = provider(&[&key, &Signer::es256("k2")]);
    let token = key.sign(&claims(server.base(), AUDIENCE, MINUTE));
    let answer = answer(&question(&server), &token);
    assert_eq!(answer.exit_code(), ExitCode::SUCCESS);
    let text = answer.to_string();
    let lines: Vec<_> = text.lines().collect();
    let [accepted, header, names, of_key, age, next] = lines[..] else { panic!("{text}") };
    assert_eq!(accepted, "accepted");
    assert_eq!(header, "header: alg=ES256 kid=k1 typ=JWT");
    assert_eq!(names, "claims: aud exp iat iss sub");
    assert!(of_key.starts_with("key: k1 (thumbprint "), "{of_key}");
    assert!(age.starts_with("age: 0."), "{age}");
    // 20 minutes at 0.8, and a jitter of up to 48 s.
    let after = next.strip_prefix("next refresh: in ").unwrap();
    let (after, reason) = after.split_once(" s ").unwrap();
    assert!((950..=1008).contains(&after.parse::<u32>().unwrap()), "{next}");
    assert_eq!(reason, "(ahead of the lifetime's end)");
    assert_eq!(server.fetches(), 1);
    // Neither the token nor a claim's value.
    assert!(!text.contains(&token) && !text.contains("subject") && !text.contains(AUDIENCE));
    assert!(!format!("{answer:?}").contains(AUDIENCE));
}

#[test]
fn the_issuer_says_where_its_keys_are() {
    let key = Signer::es256("k1");
    let server = provider(&[&key]);
    let path = "/.well-known/openid-configuration";
    let document = |issuer| format!(r#"{{"issuer":"{issuer}","jwks_uri":"{}"}}"#, server.url());
    let ask = Question { jwks: None, ..question(&server) };
    let token = key.sign(&claims(server.base(), AUDIENCE, MINUTE));
    server.next_at(path, Reply::keys(document(server.base())));
    let answer = answer(&ask, &token);
    assert_eq!(answer.exit_code(), ExitCode::SUCCESS, "{answer}");
    assert_eq!((server.fetches_of(path), server.fetches()), (1, 1));
    server.next_at(path, Reply::keys(document("another")));
    let begin = format!("unavailable: no keys are available from {}{path}", server.base());
    let other =
        format!("the document is that of another issuer, `another`, not of `{}`", server.base());
    assert_eq!(unavailable(&ask, &token), format!("{begin}: discovery failed: {other}"));
    server.next_at(path, Reply::status(404));
    let missing = "the key server answered 404";
    assert_eq!(unavailable(&ask, &token), format!("{begin}: discovery failed: {missing}"));
    assert_eq!(server.fetches(), 1);
}

#[test]
fn a_token_without_kid_is_accepted_by_the_only_key() {
    let key = Signer::es256("k1");
    let server = provider(&[&key]);
    let mut header = key.header();
    header.as_object_mut().unwrap().remove("kid");
    let token = key.sign_with_header(&header, &claims(server.base(), AUDIENCE, MINUTE));
    let text = answer(&question(&server), &token).to_string();
    assert!(text.contains("header: alg=ES256 typ=JWT\n"), "{text}");
    assert!(text.contains("key: the only one for ES256\n"), "{text}");
}

#[test]
fn names_of_claims_are_escaped() {
    let key = Signer::es256("k1");
    let server = provider(&[&key]);
    let mut odd = claims(server.base(), AUDIENCE, MINUTE);
    odd["\u{1b}[31m\nforged: line"] = 1.into();
    odd["x".repeat(70)] = 1.into();
    let text = answer(&question(&server), &key.sign(&odd)).to_string();
    assert!(text.contains(r"\u{1b}[31m\nforged: line"), "{text}");
    assert!(text.contains(&format!(" {}...", "x".repeat(64))), "{text}");
    assert_eq!(text.lines().count(), 6);
}

#[test]
fn tokens_are_refused_for_what_they_are() {
    let (key, stranger) = (Signer::es256("k1"), Signer::es256("k1"));
    let server = provider(&[&key]);
    let base = server.base();
    let ask = question(&server);
    let good = claims(base, AUDIENCE, MINUTE);
    let expired = claims_at(SystemTime::now() - 5 * MINUTE, base, AUDIENCE, MINUTE);
    for (token, reason) in [
        (key.sign(&expired), "the token has expired, by its `exp` and a leeway of 1m".to_owned()),
        (
            key.sign(&claims(base, "another", MINUTE)),
            format!("the token is for another audience: expected is `{AUDIENCE}`"),
        ),
        (
            key.sign(&claims("another", AUDIENCE, MINUTE)),
            format!("the token is from another issuer than `{base}`"),
        ),
        (stranger.sign(&good), "the signature is not valid".to_owned()),
        (Signer::es256("k9").sign(&good), format!("the key set of `{base}` has no key `k9`")),
    ] {
        assert_eq!(refused(&ask, &token), format!("refused: {reason}"));
    }
    assert!(refused(&ask, "").starts_with("refused: malformed token: "));
    let only = Question { algorithms: vec![Algorithm::RS256], ..question(&server) };
    assert_eq!(
        refused(&only, &key.sign(&good)),
        "refused: the algorithm `ES256` is not allowed: expected is `RS256`"
    );
    let any = Question { audience: None, ..question(&server) };
    let token = key.sign(&claims(base, "another", MINUTE));
    assert_eq!(answer(&any, &token).exit_code(), ExitCode::SUCCESS);
}

#[test]
fn without_keys_nothing_is_judged() {
    let key = Signer::es256("k1");
    let server = provider(&[&key]);
    let ask = question(&server);
    let token = key.sign(&claims(server.base(), AUDIENCE, MINUTE));
    for (reply, reason) in [
        (Reply::status(500), "the key server answered 500"),
        (Reply::status(503).retry_after(1), "the key server answered 503"),
        (Reply::redirect("/other"), "the key server answered 302, a redirect"),
        (Reply::not_json(), "the key set was refused: "),
        (Reply::keys(r#"{"keys":[]}"#), "the key set was refused: "),
    ] {
        server.next(reply);
        let text = unavailable(&ask, &token);
        let begin = format!("unavailable: no keys are available from {}: {reason}", server.url());
        assert!(text.starts_with(&begin), "{text}");
    }
    assert_eq!(server.fetches(), 5);
    server.go_down();
    let text = unavailable(&ask, "not even a token");
    let begin = "unavailable: no keys are available from ";
    let begin = format!("{begin}{}: no connection to the key server: ", server.url());
    assert!(text.starts_with(&begin) && text.to_lowercase().contains("refused"), "{text}");
}

#[test]
fn settings_that_cannot_work_are_errors() {
    let server = provider(&[]);
    let wrong = |question: Question| {
        let error = ask(&question, "t", |_| {}).unwrap_err();
        let text = format!("{error:#}");
        assert_eq!(text.lines().count(), 1, "{text}");
        text
    };
    for (jwks, reason) in [
        ("id.example.com", "the url is relative"),
        ("http://id.example.com/keys", "the url is not https"),
        ("https://u:p@id.example.com/keys", "the url has user information"),
        ("", "the url is malformed"),
    ] {
        let question = Question { jwks: Some(jwks.to_owned()), ..question(&server) };
        let text = wrong(question);
        assert!(text.starts_with(&format!("--jwks: {reason}")), "{text}");
    }
    let nowhere = Question { issuer: "id".to_owned(), jwks: None, ..question(&server) };
    let text = wrong(nowhere);
    assert!(text.starts_with("--issuer, for want of --jwks: the url is relative"), "{text}");
    let nameless = wrong(Question { issuer: String::new(), ..question(&server) });
    assert!(nameless.starts_with("issuer is empty: "), "{nameless}");
    let ca = |path: PathBuf| wrong(Question { ca: Some(path), ..question(&server) });
    let missing = ca(PathBuf::from("no/such/file"));
    assert!(missing.starts_with("--ca no/such/file: the file cannot be read: "), "{missing}");
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    assert!(ca(source).ends_with("Cargo.toml: the file holds no certificate"));
    assert_eq!(server.fetches(), 0);
}

#[test]
fn a_dash_reads_standard_input() {
    let server = provider(&[]);
    let from = |token: &str, input: &[u8]| {
        let question = Question { token: token.to_owned(), ..question(&server) };
        question.token(input).map_err(|error| format!("{error:#}"))
    };
    assert_eq!(from("abc", b"unread").unwrap(), "abc");
    assert_eq!(from("-", b"  a.b.c\r\n").unwrap(), "a.b.c");
    assert_eq!(from("-", b"\n").unwrap_err(), "--token -: standard input holds no token");
    assert_eq!(from("-", b"\xff").unwrap_err(), "--token -: standard input is not text");
    let long = vec![b'a'; 64 * 1024 + 1];
    assert!(from("-", &long).unwrap_err().contains("longer than"));
    assert_eq!(from("-", &long[1..]).unwrap().len(), 64 * 1024);
}
