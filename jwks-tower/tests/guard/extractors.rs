//! axum's extractors, without a server.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, Response};
use jwks_tower::jwks_core::verify::Registered;
use jwks_tower::{Caller, Need, Refusal, Refused};
use tower::ServiceExt;

use crate::world::{World, header, who};

async fn required(caller: Caller<Registered>) -> String {
    caller.claims().sub.clone().unwrap_or_default()
}

async fn owner(caller: Caller<Registered>) -> Result<String, Refused> {
    caller.require(&Need::all(["orders:write"]))?;
    Err(caller.refuse(Refusal::forbidden_because("another's order")))
}

fn routes() -> Router {
    Router::new()
        .route("/required", get(required))
        .route("/optional", get(who))
        .route("/owner", get(owner))
        .route("/needs", get(required).route_layer(Need::all(["orders:read"])))
}

fn ask(world: &mut World, app: &Router, path: &str, token: Option<&str>) -> Response<String> {
    let mut request = Request::builder().uri(path);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(Body::empty()).expect("a request");
    let response = world.memory.block_on(app.clone().oneshot(request)).expect("a response");
    let (parts, body) = response.into_parts();
    let body = world.memory.block_on(axum::body::to_bytes(body, 1 << 16)).expect("a body");
    Response::from_parts(parts, String::from_utf8(body.to_vec()).expect("text"))
}

fn seen(response: &Response<String>) -> (u16, &str) {
    (response.status().as_u16(), response.body())
}

#[test]
fn a_caller_is_extracted() {
    let mut world = World::new();
    let app = routes().route_layer(world.guard().build().unwrap());
    let token = world.token().subject("alice").scopes(["orders:write"]).sign();
    assert_eq!(seen(&ask(&mut world, &app, "/required", Some(&token))), (200, "alice"));
    assert_eq!(seen(&ask(&mut world, &app, "/optional", Some(&token))), (200, "alice"));
    assert_eq!(seen(&ask(&mut world, &app, "/owner", Some(&token))), (403, ""));
    let response = ask(&mut world, &app, "/needs", Some(&token));
    assert_eq!(response.status(), 403);
    assert!(header(&response, "www-authenticate").unwrap().contains(r#"scope="orders:read""#));
    for path in ["/required", "/optional", "/owner", "/needs"] {
        assert_eq!(ask(&mut world, &app, path, None).status(), 401, "{path}");
        assert_eq!(ask(&mut world, &app, path, Some("bad")).status(), 401, "{path}");
    }
}

#[test]
fn none_is_only_who_presented_nothing() {
    let mut world = World::new();
    let app = routes().route_layer(world.guard().json().optional().build().unwrap());
    assert_eq!(seen(&ask(&mut world, &app, "/optional", None)), (200, "nobody"));
    assert_eq!(ask(&mut world, &app, "/optional", Some("bad")).status(), 401);
    for path in ["/required", "/owner", "/needs"] {
        let response = ask(&mut world, &app, path, None);
        assert_eq!(response.status(), 401, "{path}");
        let said = header(&response, "www-authenticate").unwrap();
        assert!(said.starts_with(r#"Bearer realm="orders""#), "{path}: {said}");
        assert!(response.body().contains("access token is required"), "{path}");
    }
}

/// Row 23, for both extractors.
#[test]
fn an_extractor_without_a_guard_is_a_fault_of_the_service() {
    let mut world = World::new();
    let token = world.token().sign();
    for path in ["/required", "/optional", "/owner", "/needs"] {
        for token in [None, Some(&*token)] {
            let response = ask(&mut world, &routes(), path, token);
            assert_eq!(response.status(), 500, "{path}");
            assert_eq!(header(&response, "www-authenticate"), None, "{path}");
        }
    }
}

#[test]
fn metadata_is_a_route() {
    let mut world = World::new();
    let api = crate::world::api();
    let app =
        routes().route_layer(world.guard().build().unwrap()).route_service(api.path(), api.clone());
    let response = ask(&mut world, &app, "/.well-known/oauth-protected-resource/mcp", None);
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "access-control-allow-origin"), Some("*"));
    assert!(response.body().contains(r#""resource":"https://api.example.com/mcp""#));
}
