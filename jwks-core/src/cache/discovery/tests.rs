use proptest::prelude::*;

use super::*;

const ISSUER: &str = "https://id.example.com/tenant/";

fn read(issuer: &str, body: &str) -> Result<String, String> {
    let discovery = Discovery::new(issuer, true).unwrap();
    let found = discovery.jwks_uri(body.as_bytes()).map(|Url(uri)| uri.to_string());
    found.map_err(|error| error.to_string())
}

fn document(issuer: &str, jwks_uri: &str) -> String {
    format!(r#"{{"x":[{{}}],"issuer":"{issuer}","jwks_uri":"{jwks_uri}"}}"#)
}

#[test]
fn one_slash_is_stripped_for_the_url() {
    for (issuer, url) in [
        ("https://a", "https://a/.well-known/openid-configuration"),
        ("https://a/", "https://a/.well-known/openid-configuration"),
        ("https://a:1/t", "https://a:1/t/.well-known/openid-configuration"),
        ("https://a:1/t/", "https://a:1/t/.well-known/openid-configuration"),
        ("https://a/t//", "https://a/t//.well-known/openid-configuration"),
        ("http://[::1]:1", "http://[::1]:1/.well-known/openid-configuration"),
    ] {
        assert_eq!(Discovery::new(issuer, true).unwrap().url().to_string(), url);
    }
}

#[test]
fn issuers_that_cannot_be_asked() {
    for (issuer, reason) in [
        ("", "the url is malformed: it must be like `https://id.example.com/keys`"),
        ("id.example.com", "the url is relative: it must begin with `https://` and a host"),
        (
            "http://id.example.com",
            "the url is not https: plain http is for this machine alone, and has to be allowed with \
             `allow_loopback_http`",
        ),
        (
            "http://localhost",
            "the url is plain http to this machine, which has to be allowed; for tests, allow it with \
             `allow_loopback_http`",
        ),
        (
            "https://u@a",
            "the url has user information: leave out the `@` and what stands before it",
        ),
        ("https://a?", "the issuer's url has a query, which `discover` does not allow"),
        ("https://a/?b=/", "the issuer's url has a query, which `discover` does not allow"),
        ("https://a/#b", "the url has a fragment: leave out the `#` and what follows it"),
    ] {
        assert_eq!(Discovery::new(issuer, false).unwrap_err().to_string(), reason);
    }
}

#[test]
fn the_issuer_is_compared_to_the_last_slash() {
    let uri = "https://keys.example.com/a?b=c";
    assert_eq!(read(ISSUER, &document(ISSUER, uri)).unwrap(), uri);
    let escaped = document(ISSUER, uri).replace("id.", "\\u0069d.").replace("/a?", "\\/a?");
    assert_eq!(read(ISSUER, &escaped).unwrap(), uri);
    for other in [
        "",
        "https://id.example.com/tenant",
        "https://id.example.com/tenant//",
        "https://ID.example.com/tenant/",
        "https://id.example.com:443/tenant/",
        "https://id.example.com/{tenant}/",
    ] {
        let text = format!("the document is that of another issuer, `{other}`, not of `{ISSUER}`");
        let slash = other == "https://id.example.com/tenant" || other.ends_with("//");
        let hint = if slash { ": they differ by the slash at the end" } else { "" };
        assert_eq!(read(ISSUER, &document(other, uri)).unwrap_err(), format!("{text}{hint}"));
    }
    let text = read(ISSUER, &document(&"\\u001b[31m".repeat(1000), uri)).unwrap_err();
    assert!(text.len() < 500 && text.contains(r"\u{1b}[31m"), "{text}");
}

#[test]
fn documents_that_are_refused() {
    let jwks_uri = |uri: &str| document(ISSUER, uri);
    for (body, reason) in [
        (String::new(), "the document is not JSON (line 1, column 0)"),
        ("<html>".to_owned(), "the document is not JSON (line 1, column 1)"),
        ("[]".to_owned(), "the document is not a JSON object"),
        ("{}".to_owned(), "the document has no `issuer` that is a string"),
        (r#"{"issuer":1}"#.to_owned(), "the document has no `issuer` that is a string"),
        (format!(r#"{{"issuer":"{ISSUER}"}}"#), "the document has no `jwks_uri` that is a string"),
        (
            format!(r#"{{"issuer":"{ISSUER}","jwks_uri":null}}"#),
            "the document has no `jwks_uri` that is a string",
        ),
        (
            format!(r#"{{"issuer":"a","\u0069ssuer":"{ISSUER}","jwks_uri":"https://a"}}"#),
            "the document has a member twice",
        ),
        (format!(r#"{{"x":{}"#, "[".repeat(100_000)), "the document nests deeper than 32"),
        (
            jwks_uri("/keys"),
            "the document's `jwks_uri` is refused: the url is relative: it must begin with \
             `https://` and a host",
        ),
        (
            jwks_uri("https://u:secret@a/"),
            "the document's `jwks_uri` is refused: the url has user information: leave out the `@` \
             and what stands before it",
        ),
        (
            jwks_uri("http://a/"),
            "the document's `jwks_uri` is refused: the url is not https: plain http is for this \
             machine alone, and has to be allowed with `allow_loopback_http`",
        ),
        (
            // Allowed for the issuer is not allowed for its keys.
            jwks_uri("http://127.0.0.1/keys"),
            "the document's `jwks_uri` is refused: the url is plain http to this machine, which \
             has to be allowed; for tests, allow it with `allow_loopback_http`",
        ),
    ] {
        assert_eq!(read(ISSUER, &body).unwrap_err(), reason, "{body:.100}");
    }
    let discovery = Discovery::new(ISSUER, false).unwrap();
    let error = discovery.jwks_uri(b"{\"a\":\"\xff\"}").unwrap_err();
    assert_eq!(error.to_string(), "the document is not UTF-8");
}

#[test]
fn keys_are_as_safe_as_the_issuer() {
    let here = "http://localhost:1";
    for uri in ["https://a/keys", "http://127.0.0.1:2/keys"] {
        assert_eq!(read(here, &document(here, uri)).unwrap(), uri);
    }
    let text = read(here, &document(here, "http://a/keys")).unwrap_err();
    let refused = "the document's `jwks_uri` is refused: the url is not https: ";
    assert!(text.starts_with(refused), "{text}");
}

#[test]
fn the_place_is_shown_in_short_and_without_its_query() {
    let source = Source::discover("https://a/").unwrap();
    let shown = |uri: &str| shown(&source, Some(&Url(uri.parse().unwrap())));
    let begin = "https://a/.well-known/openid-configuration -> https://b";
    assert_eq!(super::shown(&source, None), "https://a/.well-known/openid-configuration");
    assert_eq!(shown("https://b/keys"), format!("{begin}/keys"));
    assert_eq!(shown("https://b/keys?secret"), format!("{begin}/keys?…"));
    let long = shown(&format!("https://b/{}", "a".repeat(1000)));
    assert_eq!(long, format!("{begin}/{}…", "a".repeat(190)));
}

proptest! {
    #![proptest_config(crate::proof::draws(256))]

    #[test]
    fn no_document_panics(body in "[{}\\[\\]\":,a-z\\\\ é]{0,60}", cut in 0..80_usize) {
        let _result = read(ISSUER, &body);
        let sound = document(ISSUER, "https://a/keys");
        prop_assert!(read(ISSUER, sound.get(..cut).unwrap_or_default()).is_err());
    }
}
