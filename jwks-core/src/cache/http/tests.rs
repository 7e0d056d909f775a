use core::time::Duration;
use std::time::SystemTime;

use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Response};
use proptest::prelude::*;

use super::*;
use crate::cache::{FetchErrorKind, Source};

fn response(status: u16, lines: &[(&'static str, &str)], body: &[u8]) -> Response<Vec<u8>> {
    let mut response = Response::new(body.to_vec());
    *response.status_mut() = status.try_into().unwrap();
    for (name, value) in lines {
        response
            .headers_mut()
            .append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    response
}

fn judged(status: u16, lines: &[(&'static str, &str)]) -> Result<Answer, Refused> {
    judge(&response(status, lines, b"{}"), 100, SystemTime::UNIX_EPOCH)
}

const HEADERS: &[(&str, &str)] =
    &[("etag", "\"1\""), ("last-modified", "a day"), ("cache-control", "max-age=60"), ("age", "1")];

#[test]
fn answers() {
    let etag = EntityTag::of(response(200, HEADERS, b"").headers());
    assert!(etag.is_some());
    let second = Duration::from_secs(1);
    let terms = Terms { age: second, etag, lifetime: Some(59 * second), ..Terms::default() };
    assert_eq!(judged(200, HEADERS).unwrap(), Answer::Keys(terms.clone()));
    assert_eq!(judged(304, HEADERS).unwrap(), Answer::NotModified(terms));
    assert_eq!(judged(200, &[]).unwrap(), Answer::Keys(Terms::default()));
}

#[test]
fn every_other_status_is_refused() {
    for status in (100..1000).filter(|status| ![200, 304].contains(status)) {
        let refused = judged(status, HEADERS).unwrap_err();
        assert_eq!(refused.error.kind(), FetchErrorKind::Status);
        assert_eq!(refused.error.status(), Some(status));
        assert_eq!(refused.error.to_string(), format!("the key server answered {status}"));
        assert_eq!(refused.retry_after, None);
        let lines = [("retry-after", "x"), ("retry-after", "7")];
        let refused = judged(status, &lines).unwrap_err();
        assert_eq!(refused.retry_after, Some(Duration::from_secs(7)));
    }
}

#[test]
fn redirects_are_named_but_not_echoed() {
    for (location, target) in [
        ("https://other.example/a?code=secret", "to https://other.example"),
        ("http://user:secret@other.example:8080/a", "to http://other.example:8080"),
        ("//user:secret@other.example/a", "to //other.example"),
        ("//other.example?secret", "to //other.example"),
        ("/login?code=secret", "on the same host"),
        ("login", "to somewhere"),
        ("?secret", "to somewhere"),
        ("", "to somewhere"),
        ("//", "to somewhere"),
        ("///secret", "to somewhere"),
        ("https://a b/", "to somewhere"),
        ("mailto:secret@a", "to somewhere"),
    ] {
        let refused = judged(302, &[("location", location)]).unwrap_err();
        assert_eq!(
            refused.error.to_string(),
            format!(
                "the key server answered 302, a redirect {target}; redirects are not followed, \
                     so configure the URL where the keys are"
            ),
            "{location}"
        );
        assert!(refused.error.is_redirect());
        assert_eq!(refused.error.status(), Some(302));
    }
    let long = format!("https://{}/", "a".repeat(10_000));
    let refused = judged(308, &[("location", &long)]).unwrap_err();
    assert!(refused.error.to_string().len() < 200);
    // A `Location` elsewhere is not a redirect, nor is a 3xx without one.
    for (status, lines) in [(201, &[("location", "/a")][..]), (302, &[])] {
        assert_eq!(judged(status, lines).unwrap_err().error.kind(), FetchErrorKind::Status);
    }
}

#[test]
fn bodies_are_limited() {
    for (length, fits) in [(1, true), (100, true), (101, false)] {
        let response = response(200, &[("retry-after", "5")], &vec![b'x'; length]);
        let judged = judge(&response, 100, SystemTime::UNIX_EPOCH);
        assert_eq!(judged.is_ok(), fits);
        if let Err(refused) = judged {
            assert!(refused.error.is_too_large());
            assert_eq!(
                refused.error.to_string(),
                "the response is larger than 100 bytes (setting `max_body`)"
            );
            assert_eq!(refused.retry_after, None);
        }
    }
}

#[test]
fn an_empty_body_is_said_to_be_empty() {
    for body in ["", " ", "\r\n\t "] {
        let response = response(200, &[("retry-after", "5")], body.as_bytes());
        let refused = judge(&response, 100, SystemTime::UNIX_EPOCH).unwrap_err();
        assert!(refused.error.is_key_set());
        let text = "the key server answered 200 with an empty body";
        assert_eq!(refused.error.to_string(), text);
        assert_eq!((refused.error.status(), refused.retry_after), (None, None));
    }
}

#[test]
fn content_encodings() {
    for text in ["identity", "IDENTITY", "", "identity, identity", " , "] {
        assert!(judged(200, &[("content-encoding", text)]).is_ok(), "{text}");
    }
    for (text, coding) in [
        ("gzip", "gzip"),
        ("identity, br", "br"),
        ("a\tb", "a\\tb"),
        ("caf\u{e9}", "caf\\xc3\\xa9"),
    ] {
        let error = judged(200, &[("content-encoding", text)]).unwrap_err().error;
        assert_eq!(error.kind(), FetchErrorKind::Encoding);
        assert!(error.to_string().contains(&format!("'{coding}'")), "{error}");
    }
    let error = judged(200, &[("content-encoding", &"x".repeat(10_000))]).unwrap_err().error;
    assert!(error.to_string().len() < 200);
}

/// Near to what the headers hold, so that the readers get far.
fn any_value() -> impl Strategy<Value = HeaderValue> {
    let near = "[a-zA-Z0-9 ,;=\"\\\\:/@?#*.-]{0,40}|(max-age|no-cache|Age)=[\"0-9]{0,30}";
    prop_oneof![
        near.prop_map(String::into_bytes),
        "(https?:)?//[a-z@:\\[\\]/?#.0-9]{0,30}".prop_map(String::into_bytes),
        "(Mon|Sun), [0-3][0-9] (Jan|Feb|Dec) [0-9]{4} [0-2][0-9]:[0-6][0-9]:[0-6][0-9] GMT"
            .prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..60),
    ]
    .prop_filter_map("not a header value", |bytes| HeaderValue::from_bytes(&bytes).ok())
}

fn any_headers() -> impl Strategy<Value = HeaderMap> {
    let names = prop::sample::select(vec![
        "age",
        "cache-control",
        "content-encoding",
        "etag",
        "last-modified",
        "location",
        "retry-after",
    ]);
    prop::collection::vec((names, any_value()), 0..8).prop_map(|lines| {
        lines.into_iter().map(|(name, value)| (HeaderName::from_static(name), value)).collect()
    })
}

/// No cache on the way says that it has kept the answer at all.
fn has_no_age(headers: &HeaderMap) -> bool {
    let zero = |text: &str| !text.is_empty() && text.bytes().all(|b| b == b'0');
    let mut ages = headers.get_all("age").iter();
    ages.all(|line| line.to_str().is_ok_and(|text| text.split(',').all(|age| zero(age.trim()))))
}

proptest! {
    #![proptest_config(crate::proof::draws(4096))]

    #[test]
    fn no_header_panics(
        status in prop_oneof![Just(200), Just(304), Just(302), Just(503), 100u16..1000],
        headers in any_headers(),
        wall in any::<u32>(),
    ) {
        let mut response = Response::new(Vec::new());
        *response.status_mut() = status.try_into().unwrap();
        *response.headers_mut() = headers;
        let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(wall.into());
        match judge(&response, 100, wall) {
            Ok(Answer::Keys(terms) | Answer::NotModified(terms)) => {
                prop_assert_ne!(terms.lifetime, Some(Duration::ZERO));
                prop_assert_eq!(terms.age.is_zero(), has_no_age(response.headers()));
                let source = Source::jwks_uri("https://a").unwrap();
                let next = request(&source, source.uri(), terms.etag.as_ref(), true);
                let conditional = next.headers().contains_key("if-none-match");
                prop_assert_eq!(conditional, terms.etag.is_some());
                prop_assert!(!next.headers().contains_key("if-modified-since"));
            }
            Err(Refused { error, .. }) => {
                let text = error.to_string();
                prop_assert!(text.len() < 200 && !text.contains('\n'), "{}", text);
                prop_assert!(!error.is_redirect() || !text.contains(['@', '?']), "{}", text);
            }
        }
    }
}
