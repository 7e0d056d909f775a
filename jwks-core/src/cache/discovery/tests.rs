use proptest::prelude::*;

use super::*;

const ISSUER: &str = "https://id.example.com/tenant/";

/// Allows plain `http` to this machine.
fn loopback() -> Plain {
    Plain::new(true, &[]).unwrap()
}

fn read(issuer: &str, body: &str) -> Result<String, String> {
    let discovery = Discovery::openid(issuer, &loopback()).unwrap();
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
        assert_eq!(Discovery::openid(issuer, &loopback()).unwrap().url().to_string(), url);
    }
}

#[test]
fn issuers_that_cannot_be_asked() {
    for (issuer, reason) in [
        ("", "the url is malformed: it must be like `https://id.example.com/keys`"),
        ("id.example.com", "the url is relative: it must begin with `https://` and a host"),
        (
            "http://id.example.com",
            "the url is not https: plain http is for a host that is allowed it by name, as \
             `keys.internal:8080` with `allow_http_host`",
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
        assert_eq!(Discovery::openid(issuer, &Plain::default()).unwrap_err().to_string(), reason);
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
            "the document's `jwks_uri` is refused: the url is not https: plain http is for a host that is allowed it by name, as \
             `keys.internal:8080` with `allow_http_host`",
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
    let discovery = Discovery::openid(ISSUER, &Plain::default()).unwrap();
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

#[test]
fn the_places_of_oauth_metadata() {
    let oauth = |issuer: &str| {
        let found = Discovery::oauth(issuer, &Plain::default()).unwrap();
        (0..4).map_while(|n| found.url_after(n).map(Uri::to_string)).collect::<Vec<_>>()
    };
    for issuer in ["https://id.example.com/a/b", "https://id.example.com/a/b/"] {
        let urls = [
            "https://id.example.com/.well-known/oauth-authorization-server/a/b",
            "https://id.example.com/.well-known/openid-configuration/a/b",
            "https://id.example.com/a/b/.well-known/openid-configuration",
        ];
        assert_eq!(oauth(issuer), urls, "{issuer}");
    }
    for issuer in ["https://id.example.com:8443", "https://id.example.com:8443/"] {
        let urls = [
            "https://id.example.com:8443/.well-known/oauth-authorization-server",
            "https://id.example.com:8443/.well-known/openid-configuration",
        ];
        assert_eq!(oauth(issuer), urls, "{issuer}");
    }
    for issuer in ["http://id.example.com", "https://a?b", "https://a#b", "id"] {
        assert!(Discovery::oauth(issuer, &Plain::default()).is_err(), "{issuer}");
    }
}

#[test]
fn a_document_elsewhere_is_about_any_issuer_and_as_safe_as_its_url() {
    let url = "https://10.0.0.1:6443/.well-known/openid-configuration";
    let discovery = Discovery::at("kubernetes/serviceaccount", url, &Plain::default()).unwrap();
    assert_eq!(discovery.url(), url);
    let jwks_uri = |issuer: &str, uri: &str| discovery.jwks_uri(document(issuer, uri).as_bytes());
    jwks_uri("kubernetes/serviceaccount", "https://10.0.0.1:6443/openid/v1/jwks").unwrap();
    jwks_uri("kubernetes/serviceaccount", "http://10.0.0.1:6443/openid/v1/jwks").unwrap_err();
    jwks_uri(url, "https://10.0.0.1:6443/openid/v1/jwks").unwrap_err();

    let plain = Plain::new(true, &["keys.internal:8080".to_owned()]).unwrap();
    let url = "http://keys.internal:8080/document";
    let discovery = Discovery::at(ISSUER, url, &plain).unwrap();
    let jwks_uri = |uri: &str| discovery.jwks_uri(document(ISSUER, uri).as_bytes());
    for uri in ["http://KEYS.internal:8080/keys", "https://a/keys"] {
        jwks_uri(uri).unwrap();
    }
    for uri in [
        "http://keys.internal/keys",
        "http://keys.internal:8081/keys",
        "http://a.keys.internal:8080/keys",
        "http://keys.internal.:8080/keys",
        "http://localhost:8080/keys",
    ] {
        assert!(jwks_uri(uri).is_err(), "{uri}");
    }
}
