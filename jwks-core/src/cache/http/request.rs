//! What is asked.

use http::Request;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    USER_AGENT,
};

use super::Validators;
use crate::cache::Source;

/// A GET of the source's keys: conditional where there are validators, and, with `no_cache`, past
/// every cache on the way (RFC 9111, section 5.2.1.4).
pub(crate) fn request(source: &Source, validators: &Validators, no_cache: bool) -> Request<()> {
    let mut request = Request::new(());
    *request.uri_mut() = source.uri().clone();
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static(KEY_SETS));
    // The core counts and reads bytes as they come, and an encoded body could grow without limit.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(USER_AGENT, source.user_agent().clone());
    if no_cache {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    if let Some(etag) = validators.etag() {
        headers.insert(IF_NONE_MATCH, etag.clone());
    }
    if let Some(last_modified) = validators.last_modified() {
        headers.insert(IF_MODIFIED_SINCE, last_modified.clone());
    }
    request
}

/// RFC 7517, section 8.5.1; most issuers send plain JSON.
const KEY_SETS: &str = "application/jwk-set+json, application/json";

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method};

    use super::*;

    fn lines(request: &Request<()>) -> Vec<String> {
        let line = |(name, value): (&http::HeaderName, &HeaderValue)| {
            format!("{name}: {}", value.to_str().unwrap())
        };
        let mut lines: Vec<_> = request.headers().iter().map(line).collect();
        lines.sort();
        lines
    }

    #[test]
    fn the_plain_request() {
        let source = Source::jwks_uri("https://id.example.com/keys?p=x").unwrap();
        let request = request(&source, &Validators::default(), false);
        assert_eq!(request.method(), Method::GET);
        assert_eq!(request.uri(), "https://id.example.com/keys?p=x");
        let expected = [
            "accept-encoding: identity".to_owned(),
            "accept: application/jwk-set+json, application/json".to_owned(),
            format!("user-agent: jwks-core/{}", env!("CARGO_PKG_VERSION")),
        ];
        assert_eq!(lines(&request), expected);
    }

    #[test]
    fn the_request_with_everything() {
        let source = Source::builder().user_agent("my-api").jwks_uri("https://a").unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("etag", HeaderValue::from_static("W/\"1\""));
        headers.insert("last-modified", HeaderValue::from_static("some day"));
        let request = request(&source, &Validators::of(&headers), true);
        let expected = [
            "accept-encoding: identity",
            "accept: application/jwk-set+json, application/json",
            "cache-control: no-cache",
            "if-modified-since: some day",
            "if-none-match: W/\"1\"",
            "user-agent: my-api",
        ];
        assert_eq!(lines(&request), expected);
    }
}
