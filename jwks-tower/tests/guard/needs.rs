//! Scopes for a route inside the guard, and in a handler.

use http::{Request, Response};
use jwks_tower::jwks_core::verify::Registered;
use jwks_tower::{Caller, Guard, Need, Reason, Refusal, Refused};
use tower::{Layer, ServiceExt, service_fn};

use crate::world::{World, answer, bearer, header, request};

fn ask_route(
    world: &mut World,
    guard: &Guard<Registered>,
    need: &Need,
    request: Request<String>,
) -> Response<String> {
    let service = guard.layer(need.layer(service_fn(answer)));
    world.memory.block_on(service.oneshot(request)).unwrap()
}

#[test]
fn a_route_needs_scopes_of_its_own() {
    let mut world = World::new();
    let guard = world.guard().scope_implies("admin", "write").scope_implies("write", "read");
    let guard = guard.build().unwrap();
    let need = Need::all(["read", "list"]);
    for (scopes, status) in
        [("read list", 200), ("admin list", 200), ("read", 403), ("", 403), ("readlist", 403)]
    {
        let token = world.token().scopes([scopes]).sign();
        let response = ask_route(&mut world, &guard, &need, bearer(&token));
        assert_eq!(response.status(), status, "{scopes}");
        if status == 403 {
            let said = header(&response, "www-authenticate").unwrap();
            assert!(said.contains(r#"scope="read list", resource_metadata="#), "{said}");
        }
    }
}

#[test]
fn a_route_behind_an_optional_guard_may_need_a_caller() {
    let mut world = World::new();
    let guard = world.guard().optional().build().unwrap();
    let response = ask_route(&mut world, &guard, &Need::caller(), request(&[]));
    assert_eq!(response.status(), 401);
    assert!(header(&response, "www-authenticate").unwrap().starts_with(r#"Bearer realm="orders""#));
    let token = world.token().sign();
    assert_eq!(ask_route(&mut world, &guard, &Need::caller(), bearer(&token)).status(), 200);
}

#[test]
fn a_preflight_passes_a_route_too() {
    let mut world = World::new();
    let guard = world.guard().build().unwrap();
    let mut preflight =
        request(&[("origin", "https://a.example"), ("access-control-request-method", "PUT")]);
    *preflight.method_mut() = http::Method::OPTIONS;
    let response = ask_route(&mut world, &guard, &Need::all(["x"]), preflight);
    assert_eq!((response.status().as_u16(), &**response.body()), (200, "nobody"));
}

#[test]
fn a_handler_asks_for_what_only_the_body_tells() {
    let mut world = World::new();
    let guard = world.guard().scope_implies("write", "read").build().unwrap();
    let service = guard.layer(service_fn(|request: Request<String>| async move {
        let caller = Caller::<Registered>::of(request.extensions()).expect("a caller");
        assert!(caller.has_scope("read") && !caller.scopes().contains("read"));
        let answer = |refused: Refused| refused.to_response::<String>();
        Ok::<_, std::convert::Infallible>(match caller.require(&Need::all(["read"])) {
            Err(refused) => answer(refused),
            Ok(()) => match caller.require(&Need::all(["delete"])) {
                Err(refused) => answer(refused),
                Ok(()) => answer(caller.refuse(Refusal::forbidden())),
            },
        })
    }));
    let mut ask = |scopes: &[&str]| {
        let token = world.token().scopes(scopes.iter().copied()).sign();
        world.memory.block_on(service.clone().oneshot(bearer(&token))).unwrap()
    };
    let response = ask(&["write"]);
    assert_eq!(response.status(), 403);
    assert!(header(&response, "www-authenticate").unwrap().contains(r#"scope="delete""#));
    assert_eq!(ask(&["write", "delete"]).status(), 403);
    assert_eq!(world.reasons(), [Reason::InsufficientScope, Reason::Forbidden]);
}

/// MCP: a 403 names all scopes of the operation, those of the guard and those of the route.
#[test]
fn a_refusal_of_a_route_names_the_scopes_of_the_guard_too() {
    let mut world = World::new();
    let guard = world.guard().need(Need::all(["base"])).build().unwrap();
    let token = world.token().scopes(["base"]).sign();
    let response = ask_route(&mut world, &guard, &Need::all(["extra"]), bearer(&token));
    assert_eq!(response.status(), 403);
    assert!(header(&response, "www-authenticate").unwrap().contains(r#"scope="base extra""#));
}

/// With the need in the guard, a client without a token learns the scopes.
#[test]
fn a_need_of_the_guard_is_named_to_strangers() {
    let mut world = World::new();
    let guard = world.guard().build().unwrap().need(Need::all(["a"])).need(Need::any(["b", "c"]));
    let response = world.ask(&guard, request(&[]));
    assert!(header(&response, "www-authenticate").unwrap().contains(r#", scope="a b", "#));
    for (scopes, status) in [("a b", 200), ("a c", 200), ("a", 403), ("b c", 403)] {
        let token = world.token().scopes([scopes]).sign();
        assert_eq!(world.ask(&guard, bearer(&token)).status(), status, "{scopes}");
    }
}

#[test]
fn a_step_up_is_passed_with_the_right_login() {
    let mut world = World::new();
    let need = Need::caller().acr(["gold"]).max_age(crate::world::SHORT * 1500);
    let guard = world.guard().need(need).build().unwrap();
    let now = world.memory.clock().now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    for (acr, ago, status) in
        [("gold", 299, 200), ("gold", 300, 200), ("gold", 301, 401), ("silver", 1, 401)]
    {
        let token = world.token().claim("acr", acr).claim("auth_time", now - ago).sign();
        assert_eq!(world.ask(&guard, bearer(&token)).status(), status, "{acr} {ago}");
    }
}

#[test]
fn a_caller_of_other_claims_is_a_fault_of_the_service() {
    let mut world = World::new();
    let guard = world.guard().build().unwrap();
    let token = world.token().sign();
    let service = guard.layer(service_fn(|request: Request<String>| async move {
        let other = Caller::<String>::of(request.extensions()).unwrap_err();
        Ok::<_, std::convert::Infallible>(other.to_response::<String>())
    }));
    let response = world.memory.block_on(service.oneshot(bearer(&token))).unwrap();
    assert_eq!(response.status(), 500);
}
