use super::*;

#[test]
fn each_kind_says_what_it_is() {
    for (error, kind, text, status, source) in [
        (
            FetchError::abandoned(),
            FetchErrorKind::Abandoned,
            "the adapter dropped the fetch without an answer",
            None,
            None,
        ),
        (
            FetchError::body("x"),
            FetchErrorKind::Body,
            "the response's body could not be read",
            None,
            Some("x"),
        ),
        (
            FetchError::connect("x"),
            FetchErrorKind::Connect,
            "no connection to the key server",
            None,
            Some("x"),
        ),
        (
            FetchError::discovery(DiscoveryError::JwksUri(
                crate::cache::Source::jwks_uri("https://a/#").unwrap_err(),
            )),
            FetchErrorKind::Discovery,
            "discovery failed: the document's `jwks_uri` is refused: the url has a fragment: leave out \
             the `#` and what follows it",
            None,
            None,
        ),
        (
            FetchError::discovery(DiscoveryError::Response(FetchError::not_modified())),
            FetchErrorKind::Discovery,
            "discovery failed: the key server answered 304 to a request that was not conditional",
            Some(304),
            None,
        ),
        (
            FetchError::empty(),
            FetchErrorKind::KeySet,
            "the key server answered 200 with an empty body",
            None,
            None,
        ),
        (
            FetchError::encoding("gzip".into()),
            FetchErrorKind::Encoding,
            "the response has the content encoding 'gzip', which was not asked for",
            None,
            None,
        ),
        (
            FetchError::key_set("x"),
            FetchErrorKind::KeySet,
            "the key set was refused: x",
            None,
            None,
        ),
        (
            FetchError::not_modified(),
            FetchErrorKind::Status,
            "the key server answered 304 to a request that was not conditional",
            Some(304),
            None,
        ),
        (
            FetchError::other_set(),
            FetchErrorKind::Status,
            "the key server answered 304 about another key set than the held one",
            Some(304),
            None,
        ),
        (
            FetchError::other("x"),
            FetchErrorKind::Other,
            "the HTTP client could not make the request",
            None,
            Some("x"),
        ),
        (
            FetchError::redirect(StatusCode::FOUND, "to https://b".into()),
            FetchErrorKind::Redirect,
            "the key server answered 302, a redirect to https://b; redirects are not followed, so \
             configure the URL where the keys are",
            Some(302),
            None,
        ),
        (
            FetchError::refused_status(StatusCode::NOT_FOUND),
            FetchErrorKind::Status,
            "the key server answered 404",
            Some(404),
            None,
        ),
        (FetchError::timeout(), FetchErrorKind::Timeout, "the fetch timed out", None, None),
        (
            FetchError::too_large(9),
            FetchErrorKind::TooLarge,
            "the response is larger than 9 bytes (setting `max_body`)",
            None,
            None,
        ),
    ] {
        assert_eq!((error.kind(), error.status()), (kind, status));
        assert_eq!(error.to_string(), text);
        assert_eq!(error.source().map(ToString::to_string), source.map(str::to_owned));
        assert_eq!(error.is_abandoned(), kind == FetchErrorKind::Abandoned);
        assert_eq!(error.is_connect(), kind == FetchErrorKind::Connect);
        assert_eq!(error.is_discovery(), kind == FetchErrorKind::Discovery);
        assert_eq!(error.is_key_set(), kind == FetchErrorKind::KeySet);
        assert_eq!(error.is_redirect(), kind == FetchErrorKind::Redirect);
        assert_eq!(error.is_timeout(), kind == FetchErrorKind::Timeout);
        assert_eq!(error.is_too_large(), kind == FetchErrorKind::TooLarge);
        assert_eq!(error.clone().to_string(), text);
    }
}
