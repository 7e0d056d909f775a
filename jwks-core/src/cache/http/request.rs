//! What is asked.

use http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, HeaderValue, IF_NONE_MATCH, USER_AGENT,
};
use http::{Request, Uri};

use super::EntityTag;
use crate::cache::Source;

/// A GET of the keys at `uri`: conditional with an `etag`, and, with `no_cache`, past every cache
/// on the way (RFC 9111, section 5.2.1.4).
pub(crate) fn request(
    source: &Source,
    uri: &Uri,
    etag: Option<&EntityTag>,
    no_cache: bool,
) -> Request<()> {
    let mut request = get(source, uri, KEY_SETS, no_cache);
    let headers = request.headers_mut();
    if let Some(etag) = etag {
        headers.insert(IF_NONE_MATCH, etag.value().clone());
    }
    request
}

/// A GET of the issuer's document at `uri`: never conditional, for nothing of it is kept but the
/// place of the keys.
pub(crate) fn discovery_request(source: &Source, uri: &Uri, no_cache: bool) -> Request<()> {
    get(source, uri, DOCUMENTS, no_cache)
}

fn get(source: &Source, uri: &Uri, accept: &'static str, no_cache: bool) -> Request<()> {
    let mut request = Request::new(());
    *request.uri_mut() = uri.clone();
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static(accept));
    // The core counts and reads bytes as they come, and an encoded body could grow without limit.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(USER_AGENT, source.user_agent().clone());
    if no_cache {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    request
}

/// OpenID Connect Discovery 1.0, section 4.2.
const DOCUMENTS: &str = "application/json";

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
        let request = request(&source, source.uri(), None, false);
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
        let request = request(&source, source.uri(), EntityTag::of(&headers).as_ref(), true);
        let expected = [
            "accept-encoding: identity",
            "accept: application/jwk-set+json, application/json",
            "cache-control: no-cache",
            "if-none-match: W/\"1\"",
            "user-agent: my-api",
        ];
        assert_eq!(lines(&request), expected);
    }
}
