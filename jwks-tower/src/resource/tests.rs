use http::{Method, Request, Response};
use serde_json::{Value, json};
use tower_service::Service;

use super::*;

fn resource(url: &str) -> ProtectedResource {
    ProtectedResource::new(url).unwrap_or_else(|error| panic!("{url}: {error}"))
}

/// RFC 9728, section 3.1.
#[test]
fn the_well_known_segment_stands_between_host_and_path() {
    for (url, expected, path) in [
        ("https://a.example", "https://a.example/.well-known/oauth-protected-resource", ""),
        ("https://a.example/", "https://a.example/.well-known/oauth-protected-resource", ""),
        ("https://a.example/x", "https://a.example/.well-known/oauth-protected-resource/x", "/x"),
        (
            "https://a.example:8443/x/",
            "https://a.example:8443/.well-known/oauth-protected-resource/x/",
            "/x/",
        ),
        (
            "https://a.example/x?k=v",
            "https://a.example/.well-known/oauth-protected-resource/x?k=v",
            "/x",
        ),
        (
            "http://127.0.0.1:1234/mcp",
            "http://127.0.0.1:1234/.well-known/oauth-protected-resource/mcp",
            "/mcp",
        ),
    ] {
        let resource = resource(url);
        assert_eq!(resource.metadata_url(), expected);
        assert_eq!(resource.path(), format!("/.well-known/oauth-protected-resource{path}"));
        assert_eq!(resource.resource(), url);
        let document: Value = serde_json::from_str(resource.document()).unwrap();
        assert_eq!(document["resource"], url);
    }
}

#[test]
fn what_is_no_identifier_is_refused_with_the_reason() {
    for (url, said) in [
        ("", "not an absolute URL"),
        ("api.example.com", "not an absolute URL"),
        ("/orders", "not an absolute URL"),
        ("https://", "not an absolute URL"),
        ("https://a.example/\"x", "not an absolute URL"),
        ("https://a.example/x y", "not an absolute URL"),
        ("https://a.example/#x", "fragment"),
        ("https://user:secret@a.example/", "user"),
        ("http://a.example/", "https"),
        ("http://localhost.example/", "https"),
        ("ftp://a.example/", "https"),
    ] {
        let error = ProtectedResource::new(url).unwrap_err().to_string();
        assert!(error.starts_with("resource: ") && error.contains(said), "{url}: {error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[test]
fn empty_members_are_left_out() {
    let document = |resource: ProtectedResource| -> Value {
        serde_json::from_str(resource.document()).unwrap()
    };
    let bare = resource("https://a.example")
        .member("a", Value::Null)
        .member("b", json!([]))
        .name("")
        .scopes([""; 0])
        .unwrap();
    let expected = json!({
        "resource": "https://a.example", "bearer_methods_supported": ["header"],
    });
    assert_eq!(document(bare), expected);

    let full = resource("https://a.example")
        .authorization_server("https://id.example")
        .and_then(|it| it.authorization_server("https://id.example"))
        .and_then(|it| it.scopes(["a", "b", "a"]))
        .unwrap()
        .name("Orders")
        .documentation("https://a.example/docs")
        .certificate_bound()
        .member("resource", "https://evil.example")
        .member("resource_signing_alg_values_supported", json!(["ES256"]));
    let expected = json!({
        "resource": "https://a.example",
        "authorization_servers": ["https://id.example"],
        "scopes_supported": ["a", "b"],
        "bearer_methods_supported": ["header"],
        "tls_client_certificate_bound_access_tokens": true,
        "resource_name": "Orders",
        "resource_documentation": "https://a.example/docs",
        "resource_signing_alg_values_supported": ["ES256"],
    });
    assert_eq!(document(full), expected);
    let error = resource("https://a.example").scopes(["a", "b c"]).unwrap_err();
    assert!(error.to_string().starts_with("scope: `b c`"), "{error}");
}

#[test]
fn it_is_served_to_every_origin() {
    let mut api = resource("https://a.example/x");
    let mut ask = |method: Method| -> Response<String> {
        let request = Request::builder().method(method).body(String::new()).unwrap();
        api.call(request).into_inner().unwrap()
    };
    for (method, status) in [(Method::GET, 200), (Method::OPTIONS, 204), (Method::POST, 405)] {
        let response = ask(method.clone());
        assert_eq!(response.status(), status, "{method}");
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
        assert_eq!(response.body().is_empty(), method != Method::GET);
    }
    assert_eq!(ask(Method::GET).headers()["content-type"], "application/json");
    assert_eq!(ask(Method::POST).headers()["allow"], "GET, HEAD, OPTIONS");
}
