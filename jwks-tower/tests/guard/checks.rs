//! Checks of one's own, and where they may be given.

use std::time::Duration;

use jwks_tower::jwks_core::verify::Registered;
use jwks_tower::{Guard, Reason, Refusal};

use crate::world::{ISS, World, bearer, header};

#[test]
fn checks_see_the_caller_and_run_in_order() {
    let mut world = World::new();
    let guard = world
        .guard()
        .check(|caller| match caller.claims().sub.as_deref() {
            Some("alice" | "bob") => Ok(()),
            _ => Err(Refusal::forbidden()),
        })
        .check_async(|caller| async move {
            std::future::ready(()).await;
            if caller.claims().sub.as_deref() == Some("bob") {
                return Err(Refusal::revoked());
            }
            Ok(())
        })
        .build()
        .unwrap();
    for (sub, status) in [("alice", 200), ("bob", 401), ("carol", 403)] {
        let token = world.token().subject(sub).sign();
        assert_eq!(world.ask(&guard, bearer(&token)).status(), status, "{sub}");
    }
    assert_eq!(world.reasons(), [Reason::Revoked, Reason::Forbidden]);
}

/// A check of the verifier's call can say more than no: its refusal goes through the core's error.
#[test]
fn a_check_of_a_call_is_answered_as_it_says() {
    let mut world = World::new();
    for (refusal, status, challenge) in [
        (Refusal::insufficient_scope(["a", "b"]), 403, r#"scope="a b""#),
        (Refusal::revoked(), 401, "invalid_token"),
        (Refusal::step_up(["gold"], None), 401, r#"acr_values="gold""#),
    ] {
        let call = world.verifier.call().check(move |_| Err(refusal.clone().into()));
        let guard = Guard::<Registered>::builder(call).build().unwrap();
        let token = world.token().sign();
        let response = world.ask(&guard, bearer(&token));
        assert_eq!(response.status(), status);
        let said = header(&response, "www-authenticate").unwrap();
        assert!(said.contains(challenge), "{said}");
    }
    // Any other error is a 403 without a reason.
    let call = world.verifier.call().check(|_| Err("tenant 7 is not yours".into()));
    let guard = Guard::<Registered>::builder(call).build().unwrap();
    let token = world.token().sign();
    let response = world.ask(&guard, bearer(&token));
    assert_eq!(response.status(), 403);
    let expected = r#"Bearer realm="api", error="insufficient_scope""#;
    assert_eq!(header(&response, "www-authenticate"), Some(expected));
}

#[test]
fn a_call_narrows_what_the_verifier_accepts() {
    let mut world = World::new();
    let call = world.verifier.call().audience("other");
    let guard = Guard::<Registered>::builder(call).build().unwrap();
    let (ours, others) = (world.token().sign(), world.token().audience("other").sign());
    assert_eq!(world.ask(&guard, bearer(&ours)).status(), 401);
    assert_eq!(world.ask(&guard, bearer(&others)).status(), 200);
}

#[test]
fn settings_that_cannot_work_cannot_be_built() {
    let world = World::new();
    let error =
        |builder: jwks_tower::GuardBuilder<Registered>| builder.build().unwrap_err().to_string();
    assert!(error(world.guard().realm("a\"b")).starts_with("realm: "));
    assert!(error(world.guard().need(jwks_tower::Need::any(["a b"]))).starts_with("scope: `a b`"));
    assert!(error(world.guard().scope_implies("a", "")).starts_with("scope: "));
    assert!(error(world.guard().cookie("a;b")).starts_with("cookie: `a;b`"));
    assert!(error(world.guard().only_bound()).starts_with("only_bound: "));
}

/// Tokens that do not keep to RFC 7519, where that is allowed; and the issuer that the call names.
#[test]
fn odd_tokens_pass_where_they_are_allowed() {
    let mut world = World::new();
    let odd = |world: &World| world.token().without("iss").without("exp").claim("sub", 7).sign();
    let strict = world.guard().build().unwrap();
    assert_eq!(world.ask(&strict, bearer(&odd(&world))).status(), 401);
    let lenient = world.issuer.configured().without_iss().any_sub();
    let lenient = lenient.max_age_without_exp(Duration::from_secs(3600));
    world.verifier = world.memory.verifier([lenient]);
    let alone = world.guard().build().unwrap();
    assert_eq!(world.ask(&alone, bearer(&odd(&world))).status(), 200);
    let old = world.memory.clock().now() - Duration::from_secs(2 * 3600);
    let old = world.token().issued_at(old).without("exp").sign();
    assert_eq!(world.ask(&alone, bearer(&old)).status(), 401);
    for (iss, status) in [(ISS, 200), ("https://other.example.com", 401)] {
        let call = world.verifier.call().issuer(iss);
        let guard = Guard::<Registered>::builder(call).build().unwrap();
        assert_eq!(world.ask(&guard, bearer(&odd(&world))).status(), status, "{iss}");
    }
}
