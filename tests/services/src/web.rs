//! What pages for operators need: they are for one machine, run no script, and take no orders from
//! the pages of others.

use std::net::IpAddr;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};

/// Puts these pages behind the checks, and their answers under the headers.
pub fn guarded(pages: Router) -> Router {
    pages.layer(middleware::from_fn(judge))
}

/// The text with control characters escaped, cut after so many characters. HTML is escaped where
/// the text is put into a page.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    let mut shown = String::new();
    for (at, c) in text.chars().enumerate() {
        if at == most {
            shown.push('…');
            break;
        }
        if c.is_control() || turns_text(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

async fn judge(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let refusal = if !is_local(headers) {
        Some((StatusCode::MISDIRECTED_REQUEST, "ask for an address, or for localhost\n"))
    } else if request.method() != Method::GET && !is_same_origin(headers) {
        Some((StatusCode::FORBIDDEN, "a page of another origin sends no orders here\n"))
    } else {
        None
    };
    let mut response = match refusal {
        Some(refusal) => refusal.into_response(),
        None => next.run(request).await,
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, header::HeaderValue::from_static(value));
    }
    response
}

/// A name that somebody else can point at this machine (DNS rebinding) is refused.
fn is_local(headers: &HeaderMap) -> bool {
    let Some(host) = host(headers).and_then(|host| host.parse::<Uri>().ok()) else { return false };
    let name = host.host().unwrap_or_default();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok()
}

/// By what browsers say of a request; what comes without either header comes from no browser.
fn is_same_origin(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let origin = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
    origin.is_some() && origin == host(headers)
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST)?.to_str().ok()
}

/// Direction marks and overrides: a kid with one would turn the text around it.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// No script, no style but the file, nothing from elsewhere, in no frame, kept by nobody.
const HEADERS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            (HeaderName::from_static(name), header::HeaderValue::from_static(value))
        });
        pairs.collect()
    }

    #[test]
    fn long_and_strange_texts_are_shown_short_and_whole() {
        assert_eq!(cut("key-1", 5), "key-1");
        assert_eq!(cut("key-12", 5), "key-1…");
        assert_eq!(cut("a\nb\u{202e}c", 9), "a\\u{a}b\\u{202e}c");
    }

    #[test]
    fn orders_come_from_the_same_origin_or_from_no_browser() {
        for (allowed, said) in [
            (true, &[][..]),
            (true, &[("sec-fetch-site", "same-origin")][..]),
            (true, &[("origin", "http://127.0.0.1:1")]),
            (false, &[("origin", "http://127.0.0.1:2")]),
            (false, &[("origin", "https://127.0.0.1:1")]),
            (false, &[("origin", "null")]),
            (false, &[("sec-fetch-site", "cross-site")]),
            (false, &[("sec-fetch-site", "same-site")]),
            (false, &[("sec-fetch-site", "cross-site"), ("origin", "http://127.0.0.1:1")]),
        ] {
            let mut headers = headers(said);
            headers.insert("host", header::HeaderValue::from_static("127.0.0.1:1"));
            assert_eq!(is_same_origin(&headers), allowed, "{said:?}");
        }
    }

    #[test]
    fn a_name_that_others_can_point_here_is_refused() {
        for (local, host) in [
            (true, "127.0.0.1:8081"),
            (true, "127.0.0.1"),
            (true, "[::1]:8081"),
            (true, "localhost:8081"),
            (true, "LOCALHOST"),
            (false, "rebound.example:8081"),
            (false, "127.0.0.1.rebound.example"),
            (false, "localhost.rebound.example"),
            (false, ""),
        ] {
            assert_eq!(is_local(&headers(&[("host", host)])), local, "{host}");
        }
        assert!(!is_local(&HeaderMap::new()));
    }
}
