//! Tokens from cookies and from places of one's own; bound tokens.

use http::{Request, Response};
use jwks_tower::Thumbprint;
use tower::{Layer, ServiceExt, service_fn};

use crate::world::{World, bearer, header, request};

#[test]
fn a_cookie_or_a_function_serves_too() {
    let mut world = World::new();
    let guard = world
        .guard()
        .cookie("session")
        .token_from(|head| Some(head.headers.get("x-token")?.to_str().ok()?.to_owned()))
        .optional()
        .build()
        .unwrap();
    let token = world.token().subject("alice").sign();
    let cookie = format!("theme=dark; session={token}");
    let bearer = format!("Bearer {token}");
    for (headers, status, body) in [
        (vec![("cookie", &*cookie)], 200, "alice"),
        (vec![("x-token", &*token)], 200, "alice"),
        (vec![("authorization", &*bearer)], 200, "alice"),
        (vec![("cookie", "theme=dark")], 200, "nobody"),
        (vec![("cookie", &*cookie), ("authorization", &*bearer)], 400, ""),
        (vec![("cookie", &*cookie), ("x-token", &*token)], 400, ""),
        (vec![("cookie", "session=bad")], 401, ""),
        (vec![("cookie", "session=b@d")], 400, ""),
    ] {
        let response = world.ask(&guard, request(&headers));
        assert_eq!((response.status().as_u16(), &**response.body()), (status, body));
        if status == 200 {
            assert_eq!(header(&response, "vary"), Some("Authorization, Cookie"));
        }
    }
}

/// RFC 6750, section 2.3, is not followed: MCP forbids it, and URLs end in logs.
#[test]
fn the_query_is_no_place() {
    let mut world = World::new();
    let guard = world.guard().build().unwrap();
    let uri = format!("/orders?access_token={}", world.token().sign());
    let request = Request::builder().uri(uri).body(String::new()).unwrap();
    assert_eq!(world.ask(&guard, request).status(), 401);
}

#[test]
fn what_was_presented_is_marked_sensitive() {
    let mut world = World::new();
    let guard = world.guard().cookie("session").build().unwrap();
    let token = world.token().sign();
    let service = guard.layer(service_fn(|request: Request<String>| async move {
        let shown = format!("{:?}", request.headers());
        Ok::<_, std::convert::Infallible>(Response::new(shown))
    }));
    let cookie = format!("session={token}");
    for request in [bearer(&token), request(&[("cookie", &cookie), ("cookie", "a=b")])] {
        let shown = world.memory.block_on(service.clone().oneshot(request)).unwrap().into_body();
        assert!(shown.contains("Sensitive") && !shown.contains(&token[..20]), "{shown}");
        assert!(!shown.contains("a=b"), "{shown}");
    }
}

/// Row 15, the good case.
#[test]
fn a_bound_token_passes_with_its_certificate() {
    let mut world = World::new();
    let guard = world
        .guard()
        .client_certificate(|head| head.extensions.get::<Thumbprint>().copied())
        .only_bound()
        .build()
        .unwrap();
    let token = world.token().bound_to_certificate(b"der").subject("alice").sign();
    let mut ask = |der: Option<&[u8]>| {
        let mut request = bearer(&token);
        if let Some(der) = der {
            request.extensions_mut().insert(Thumbprint::of_certificate(der));
        }
        world.ask(&guard, request).status().as_u16()
    };
    assert_eq!((ask(Some(b"der")), ask(Some(b"rde")), ask(None)), (200, 401, 401));
    let both = world
        .token()
        .claim("cnf", serde_json::json!({ "x5t#S256": "A".repeat(43), "jkt": "k" }))
        .sign();
    assert_eq!(world.ask(&guard, bearer(&both)).status(), 401);
}

/// A token that waits for its key is bound all the same.
#[test]
fn a_bound_token_is_checked_after_a_wait() {
    let mut world = World::new();
    let guard = world
        .guard()
        .client_certificate(|head| head.extensions.get::<Thumbprint>().copied())
        .build()
        .unwrap();
    for (der, status) in [(b"der".as_slice(), 200), (b"rde", 401)] {
        world.issuer.rotate();
        let mut request = bearer(&world.token().bound_to_certificate(b"der").sign());
        request.extensions_mut().insert(Thumbprint::of_certificate(der));
        assert_eq!(world.ask(&guard, request).status(), status);
    }
}
