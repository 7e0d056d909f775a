use proptest::prelude::*;

use super::super::source_url::Reason;
use super::builder::USER_AGENT;
use super::*;

#[test]
fn urls_that_are_sources() {
    for text in [
        "https://id.example.com/keys",
        "https://id.example.com",
        "HTTPS://ID.EXAMPLE.COM:8443/a//b?p=policy",
        "https://127.0.0.1/keys",
        "https://[2001:db8::1]:443/keys",
        "https://login_host/%7Ekeys",
    ] {
        let source = Source::jwks_uri(text).unwrap();
        assert_eq!(source.uri(), &text.parse::<Uri>().unwrap());
    }
}

#[test]
fn plain_http_reaches_this_machine_only() {
    for text in [
        "http://localhost/keys",
        "http://LocalHost:1/keys",
        "http://127.0.0.1:8080/keys",
        "http://127.255.255.254/keys",
        "http://[::1]:8080/keys",
        "http://[0:0:0:0:0:0:0:1]/keys",
    ] {
        assert_eq!(Source::jwks_uri(text).unwrap_err().0, Reason::LoopbackNotAllowed, "{text}");
        Source::builder().allow_loopback_http().jwks_uri(text).unwrap();
    }
}

#[test]
fn urls_that_are_not_sources() {
    for (text, reason) in [
        ("", Reason::NotUrl),
        (" https://a", Reason::NotUrl),
        ("https://a /b", Reason::NotUrl),
        ("https://a\n", Reason::NotUrl),
        ("https://ä.example", Reason::NotUrl),
        ("https://a/ä", Reason::NotUrl),
        ("https://a\\@b/", Reason::NotUrl),
        ("https://", Reason::NotUrl),
        ("https:///keys", Reason::NotUrl),
        ("//a/keys", Reason::Relative),
        ("/keys", Reason::Relative),
        ("*", Reason::Relative),
        ("a.example", Reason::Relative),
        ("a:443", Reason::Relative),
        ("https://u@a/", Reason::UserInfo),
        ("https://u:p@a/", Reason::UserInfo),
        ("https://a/#x", Reason::Fragment),
        ("https://a/b#", Reason::Fragment),
        ("https://:443/", Reason::Host),
        ("https://[x]/", Reason::Host),
        ("https://a;b/", Reason::Host),
        ("https://a[::1]/", Reason::Host),
        ("https://a:/", Reason::Port),
        ("https://a:65536/", Reason::Port),
        ("https://a:x/", Reason::Port),
        ("ftp://a/", Reason::NotHttps),
        ("ftp://localhost/", Reason::NotHttps),
        ("http://a/", Reason::NotHttps),
        ("http://localhost.example/", Reason::NotHttps),
        ("http://localhost./", Reason::NotHttps),
        ("http://127.1/", Reason::NotHttps),
        ("http://0x7f.0.0.1/", Reason::NotHttps),
        ("http://128.0.0.1/", Reason::NotHttps),
        ("http://0.0.0.0/", Reason::NotHttps),
        ("http://[::ffff:127.0.0.1]/", Reason::NotHttps),
    ] {
        let error = Source::builder().allow_loopback_http().jwks_uri(text).unwrap_err();
        assert_eq!(error.0, reason, "{text}");
        assert_eq!(error.is_insecure(), reason == Reason::NotHttps);
    }
}

#[test]
fn user_agents() {
    let agent = |text: &str| Source::builder().user_agent(text).jwks_uri("https://a");
    assert_eq!(agent("my-api/1.0 (x)").unwrap().user_agent(), "my-api/1.0 (x)");
    for text in ["", " ", "a\r\nb: c", "ä"] {
        assert_eq!(agent(text).unwrap_err().0, Reason::UserAgent, "{text:?}");
    }
    assert_eq!(Source::jwks_uri("https://a").unwrap().user_agent(), USER_AGENT);
}

#[test]
fn the_query_is_not_shown() {
    let source = Source::jwks_uri("https://a:1/b?code=secret").unwrap();
    assert_eq!(source.to_string(), "https://a:1/b?…");
    assert_eq!(format!("{source:?}"), "Source(https://a:1/b?…)");
    assert_eq!(source.uri().query(), Some("code=secret"));
}

proptest! {
    #![proptest_config(crate::proof::draws(256))]

    #[test]
    fn no_url_panics(text in "(https?://)?[a-z@:/?#\\[\\].0-9%\\\\ é]{0,30}") {
        if let Ok(source) = Source::builder().allow_loopback_http().jwks_uri(text) {
            prop_assert!(!source.to_string().contains(['@', '#']) || source.uri().path().contains('@'));
        }
    }
}

#[test]
fn plain_http_to_a_host_that_is_named() {
    let named = |host: &str, url: &str| Source::builder().allow_http_host(host).jwks_uri(url);
    for (host, url) in [
        ("keys.internal:8080", "http://keys.internal:8080/keys"),
        ("Keys.Internal:80", "http://keys.INTERNAL/keys"),
        ("10.0.0.1:81", "http://10.0.0.1:81/"),
        ("[fd00::1]:81", "http://[fd00::1]:81/"),
    ] {
        named(host, url).unwrap();
    }
    for (host, url) in [
        ("keys.internal:8080", "http://keys.internal:8081/keys"),
        ("keys.internal:8080", "http://keys.internal/keys"),
        ("keys.internal:8080", "http://internal:8080/keys"),
        ("keys.internal:8080", "http://keys.internal.evil:8080/keys"),
        ("keys.internal:8080", "ftp://keys.internal:8080/keys"),
    ] {
        assert_eq!(named(host, url).unwrap_err().0, Reason::NotHttps, "{host} {url}");
    }
    assert_eq!(
        named("keys.internal:8080", "http://localhost:8080/").unwrap_err().0,
        Reason::LoopbackNotAllowed
    );
    for host in [
        "",
        "*",
        "*:80",
        "keys.internal",
        "keys.internal:",
        "keys.internal:99999",
        ":80",
        "http://keys.internal:80",
        "keys.internal:80/keys",
        "u@keys.internal:80",
        "a b:80",
        "ä.example:80",
        "0.0.0.0:80/8",
        "localhost:80",
        "127.0.0.1:80",
        "[::1]:80",
    ] {
        let error = named(host, "https://id.example.com/keys").unwrap_err();
        assert_eq!(error.0, Reason::HttpHost, "{host}");
    }
}

#[test]
fn a_url_for_a_document_that_is_not_asked_for() {
    let with = || Source::builder().discovery_url("https://id.example.com/document");
    with().discover("any text").unwrap();
    for refused in [with().jwks_uri("https://a/keys"), with().discover_oauth("https://a")] {
        assert_eq!(refused.unwrap_err().0, Reason::IdleDiscoveryUrl);
    }
}
