//! Each rule of the gate alone.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use jwks_core::verify::{ErrorKind, Issuer, Step};
use serde_json::Value;

use crate::clocks::{ms, secs};
use crate::gate::{Say, tenant, yes};
use crate::keys::token;
use crate::world::World;

#[test]
fn a_tenant_is_found_and_its_keys_are_fetched_once() {
    let mut world = World::new();
    let iss = world.knows("a");
    let callers = [world.call(&iss), world.call(&iss)];
    assert_eq!(world.sent.len(), 1, "the gate has said yes at once");
    world.run_for(ms(50));
    for caller in callers {
        assert_eq!(world.told(caller), Some(Ok(())));
    }
    assert_eq!((world.gate().asked.len(), world.sent.len(), world.issuers()), (1, 1, 1));
    // From now on nothing waits.
    assert!(world.now(&iss).is_ok());
}

#[test]
fn before_the_gate_says_yes_there_is_no_fetch_and_no_issuer() {
    let mut world = World::new();
    world.gate().latency = ms(200);
    let iss = world.knows("a");
    let caller = world.call(&iss);
    world.run_for(ms(199));
    assert_eq!((world.told(caller), world.sent.len(), world.issuers()), (None, 0, 0));
    assert_eq!(world.running(), 1, "only the calls");
    world.run_for(ms(1));
    assert_eq!((world.sent.len(), world.issuers()), (1, 1));
    world.run_for(ms(50));
    assert_eq!(world.told(caller), Some(Ok(())));
    assert_eq!(world.waited(caller), ms(250));
}

#[test]
fn refused_is_the_wrong_issuer_and_is_remembered() {
    let mut world = World::new();
    world.gate().latency = ms(10);
    let caller = world.call("https://evil.example.com");
    world.run_for(ms(10));
    assert_eq!(world.told(caller), Some(Err(ErrorKind::WrongIssuer)));
    let error = world.error(caller);
    assert!(!error.is_retryable() && error.status_code().as_u16() == 401);
    assert!(!format!("{error:?} {error:#?}").contains("evil"));
    let again = world.call("https://evil.example.com");
    assert_eq!(world.told(again), Some(Err(ErrorKind::WrongIssuer)));
    let error = world.now("https://evil.example.com").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongIssuer);
    assert_eq!(world.gate().asked.len(), 1);
    world.run_for(secs(30));
    let _waits = world.call("https://evil.example.com");
    assert_eq!((world.gate().asked.len(), world.sent.len()), (2, 0));
}

#[test]
fn one_who_does_not_wait_is_told_to_come_again_and_asks() {
    let mut world = World::new();
    world.gate().latency = ms(10);
    let iss = world.knows("a");
    let error = world.now(&iss).unwrap_err();
    assert!(error.kind() == ErrorKind::Unavailable && error.is_retryable());
    assert_eq!(error.retry_at(), Some(world.wall.now() + ms(250)));
    assert_eq!(error.status_code().as_u16(), 503);
    world.run_for(ms(100));
    assert!(world.now(&iss).is_ok());
    // A budget of zero is the same.
    let other = world.knows("b");
    let token = world.token(&other);
    let verifier = world.verifier.clone();
    let caller =
        world.spawn(async move { verifier.verify_within::<Value>(&token, ms(0)).await.map(drop) });
    assert_eq!(world.told(caller), Some(Err(ErrorKind::Unavailable)));
    world.run_for(ms(100));
    assert!(world.now(&other).is_ok());
}

#[test]
fn a_look_that_leaves_no_trace_does_not_ask() {
    let mut world = World::new();
    let iss = world.knows("a");
    assert!(world.verifier.verify_held::<Value>(&world.token(&iss)).unwrap().is_none());
    world.settle();
    assert!(world.gate().asked.is_empty());
    world.ready("a");
    assert!(world.verifier.verify_held::<Value>(&world.token(&iss)).unwrap().is_some());
    let evil = "https://evil.example.com";
    let _refused = world.now(evil);
    let held = world.verifier.verify_held::<Value>(&world.token(evil));
    assert_eq!(held.unwrap_err().kind(), ErrorKind::WrongIssuer);
}

#[test]
fn what_is_wrong_with_a_token_of_a_known_tenant_is_said_at_once() {
    let mut world = World::new();
    let iss = world.ready("a");
    world.run_for(secs(1));
    let expired = token(&iss, "a", "a", 1);
    // Its header is `{"alg":"none"}`.
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}", expired.split_once('.').unwrap().1);
    let kinds = [(&expired, ErrorKind::Expired), (&unsigned, ErrorKind::AlgorithmNotAllowed)];
    for (token, kind) in kinds {
        let held = world.verifier.verify_held::<Value>(token);
        assert_eq!(held.unwrap_err().kind(), kind);
    }
    let verifier = world.verifier.clone();
    let caller = world.spawn(async move { verifier.verify::<Value>(&expired).await.map(drop) });
    assert_eq!(world.told(caller), Some(Err(ErrorKind::Expired)));
    assert_eq!(world.gate().asked.len(), 1);
}

/// However the table changes between the gate's yes and the caller's next look.
#[test]
fn a_caller_asks_three_times_at_most_and_for_what_it_has_asked_for() {
    let mut world = World::new();
    let iss = world.knows("a");
    let call = world.verifier.call().audience("other");
    let token = world.token(&iss);
    let mut future = pin!(async move { call.verify::<Value>(&token).await.map(drop) });
    let mut context = Context::from_waker(Waker::noop());
    for asked in 1..=3 {
        assert!(future.as_mut().poll(&mut context).is_pending(), "{asked}");
        world.settle();
        assert_eq!(world.gate().asked.len(), asked);
        assert!(world.verifier.issuers().remove(&iss));
        world.settle();
    }
    let Poll::Ready(Err(error)) = future.as_mut().poll(&mut context) else { panic!("a refusal") };
    assert!(error.kind() == ErrorKind::Unavailable && error.retry_at().is_some(), "{error:?}");
    let call = world.verifier.call().audience("other");
    let token = world.token(&iss);
    let caller = world.spawn(async move { call.verify::<Value>(&token).await.map(drop) });
    world.run_for(secs(1));
    assert_eq!(world.told(caller), Some(Err(ErrorKind::WrongAudience)));
}

#[test]
fn an_explanation_does_not_ask_and_says_what_is_known() {
    let mut world = World::new();
    let iss = world.knows("a");
    let explained = world.verifier.explain(&world.token(&iss));
    assert_eq!(explained.refused_by, Some(Step::Issuer));
    let text = explained.to_string();
    assert!(text.contains("it is not known yet whether the token's issuer is accepted"), "{text}");
    assert!(text.contains("send such a token to the service"), "{text}");
    world.settle();
    assert!(world.gate().asked.is_empty());
    world.ready("a");
    assert!(world.verifier.explain(&world.token(&iss)).accepted);
    let evil = "https://evil.example.com";
    let _refused = world.now(evil);
    let error = world.verifier.explain(&world.token(evil)).error;
    assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::WrongIssuer));
}

#[test]
fn a_gate_that_is_slow_is_busy_after_250_ms() {
    let mut world = World::new();
    let iss = world.knows("a");
    world.gate().latency = ms(400);
    let caller = world.call(&iss);
    world.run_for(ms(249));
    assert_eq!(world.told(caller), None);
    world.run_for(ms(1));
    assert_eq!(world.told(caller), Some(Err(ErrorKind::Unavailable)));
    assert!(world.error(caller).is_retryable());
    assert!(world.error(caller).retry_at().is_some());
    world.run_for(secs(1));
    assert_eq!((world.sent.len(), world.issuers()), (0, 0), "its answer came too late");
    assert_eq!(world.gate().running, 0, "it was dropped");
}

#[test]
fn a_caller_waits_within_its_budget() {
    let mut world = World::new();
    let iss = world.knows("a");
    world.gate().latency = ms(100);
    world.latency = ms(100);
    let (token, verifier) = (world.token(&iss), world.verifier.clone());
    let call = |budget| {
        let (token, verifier) = (token.clone(), verifier.clone());
        async move { verifier.verify_within::<Value>(&token, budget).await.map(drop) }
    };
    // Over before the gate answers, and before the keys come.
    let callers = [world.spawn(call(ms(40))), world.spawn(call(ms(150)))];
    let patient = world.spawn(call(secs(1)));
    world.run_for(secs(1));
    for (caller, waited) in callers.into_iter().zip([40, 150]) {
        assert_eq!(world.told(caller), Some(Err(ErrorKind::Unavailable)));
        assert_eq!(world.waited(caller), ms(waited));
    }
    assert_eq!(world.told(patient), Some(Ok(())));
    assert_eq!(world.waited(patient), ms(200));
}

#[test]
fn a_gate_that_fails_or_panics_is_busy() {
    for say in [Say::Fail, Say::Panic, Say::Silent] {
        let mut world = World::new();
        world.says("https://a.example.com", say);
        let caller = world.call("https://a.example.com");
        world.run_for(ms(250));
        assert_eq!(world.told(caller), Some(Err(ErrorKind::Unavailable)));
        world.knows("a");
        let caller = world.call("https://a.example.com");
        world.run_for(ms(50));
        assert_eq!(world.told(caller), Some(Ok(())));
    }
}

#[test]
fn what_the_gate_returns_must_be_the_same_iss_byte_for_byte() {
    for variant in [
        "https://A.example.com",
        "https://a.example.com/",
        "https://a.example.com:443",
        "https://a.example.com%2f",
        "https://a.example.com/%61",
        "https://а.example.com", // Cyrillic
        "https://a.example.com\u{200b}",
        " https://a.example.com",
        "HTTPS://a.example.com",
        "https://user@a.example.com",
    ] {
        let mut world = World::new();
        let iss = world.ready("a");
        // A careless gate, which finds the tenant for all of them.
        world.says(variant, tenant("a"));
        let caller = world.call(variant);
        world.run_for(secs(1));
        assert_eq!(world.told(caller), Some(Err(ErrorKind::Unavailable)), "{variant}");
        assert_eq!((world.issuers(), world.sent.len()), (1, 1), "{variant}");
        assert!(world.now(&iss).is_ok());
        // A careful one.
        world.says(variant, Say::No);
        let caller = world.call(variant);
        world.run_for(secs(1));
        assert_eq!(world.told(caller), Some(Err(ErrorKind::WrongIssuer)), "{variant}");
    }
}

#[test]
fn what_cannot_work_is_busy_and_no_issuer() {
    let mut world = World::new();
    let iss = "https://a.example.com";
    world.says(iss, yes("a", Issuer::new(iss).jwks_uri("ftp://x").audience("api")));
    let caller = world.call(iss);
    world.run_for(secs(1));
    assert_eq!(world.told(caller), Some(Err(ErrorKind::Unavailable)));
    assert_eq!((world.issuers(), world.sent.len()), (0, 0));
}

#[test]
fn audience_and_url_come_from_the_gate_alone() {
    let mut world = World::new();
    let iss = "https://a.example.com";
    let issuer = Issuer::new(iss).jwks_uri("https://keys.example.org/a").audience("other");
    world.says(iss, yes("a", issuer));
    let caller = world.call(iss);
    world.run_for(secs(1));
    assert_eq!(world.told(caller), Some(Err(ErrorKind::WrongAudience)));
    assert_eq!(world.sent[0].1, "https://keys.example.org/a");
}

#[test]
fn several_iss_share_one_cache() {
    let mut world = World::new();
    let names = ["https://accounts.google.com", "accounts.google.com"];
    for iss in names {
        let keys = "https://www.googleapis.com/oauth2/v3/certs";
        let issuer = Issuer::new(iss).jwks_uri(keys).audience("api");
        world.says(iss, yes("google", issuer));
        let caller = world.call(iss);
        world.run_for(secs(1));
        assert_eq!(world.told(caller), Some(Ok(())));
    }
    assert_eq!((world.sent.len(), world.gate().asked.len()), (1, 2));
    // One is taken back, and the other stays.
    world.says(names[0], Say::No);
    for _ in 0..301 {
        let _first = world.now(names[0]);
        assert!(world.now(names[1]).is_ok());
        world.run_for(secs(1));
    }
    assert_eq!(world.now(names[0]).unwrap_err().kind(), ErrorKind::WrongIssuer);
    assert!(world.now(names[1]).is_ok());
}

#[test]
fn a_changed_url_drops_the_keys_and_a_changed_audience_does_not() {
    let mut world = World::new();
    let iss = world.ready("a");
    let again = |world: &mut World, issuer: Issuer| {
        world.says("https://a.example.com", yes("a", issuer));
        for _ in 0..301 {
            let _any = world.now("https://a.example.com");
            world.run_for(secs(1));
        }
    };
    let keys = "https://a.example.com/keys";
    again(&mut world, Issuer::new(&iss).jwks_uri(keys).audience("other"));
    assert_eq!(world.sent.len(), 1);
    assert_eq!(world.now(&iss).unwrap_err().kind(), ErrorKind::WrongAudience);
    world.run_for(secs(300));
    again(&mut world, Issuer::new(&iss).jwks_uri("https://b.example.com/keys").audience("api"));
    let caller = world.call(&iss);
    world.run_for(ms(100));
    assert_eq!(world.told(caller), Some(Ok(())));
    assert_eq!(world.sent.last().unwrap().1, "https://b.example.com/keys");
    assert_eq!(world.running(), 2, "the old driver has ended");
}

#[test]
fn a_yes_is_asked_for_again_beside_the_callers() {
    let mut world = World::new();
    let iss = world.ready("a");
    world.gate().latency = ms(100);
    for _ in 0..3000 {
        world.run_for(ms(100));
        assert!(world.now(&iss).is_ok());
    }
    assert_eq!(world.gate().asked_about(&iss), 2);
}

#[test]
fn a_tenant_that_is_given_up_ends_when_its_yes_is_old() {
    let mut world = World::new();
    let iss = world.ready("a");
    world.says(&iss, Say::No);
    for second in 0..310 {
        world.run_for(secs(1));
        if second < 297 {
            assert!(world.now(&iss).is_ok(), "{second}");
        } else {
            let _any = world.now(&iss);
        }
    }
    assert_eq!(world.now(&iss).unwrap_err().kind(), ErrorKind::WrongIssuer);
    assert_eq!((world.issuers(), world.running()), (0, 1));
}

#[test]
fn during_an_outage_of_the_gate_tenants_serve_on_for_an_hour() {
    for say in [Say::Fail, Say::Silent] {
        let mut world = World::new();
        let iss = world.ready("a");
        let rare = world.ready("rare");
        world.gate().says.clear();
        world.gate().otherwise = Some(say.clone());
        for minute in 0..59 {
            for _ in 0..60 {
                assert!(world.now(&iss).is_ok(), "{say:?}, minute {minute}");
                world.run_for(secs(1));
            }
            // One that is seldom used waits for the gate in vain, and passes.
            if minute % 20 == 19 {
                let caller = world.call(&rare);
                world.run_for(ms(250));
                assert_eq!(world.told(caller), Some(Ok(())), "{say:?}, minute {minute}");
            }
        }
        for _ in 0..60 {
            let _any = world.now(&iss);
            world.run_for(secs(1));
        }
        // Whoever waits for the gate waits in vain, too.
        let caller = world.call(&iss);
        world.run_for(ms(250));
        assert_eq!(world.told(caller), Some(Err(ErrorKind::Unavailable)), "{say:?}");
        assert_eq!(world.now(&iss).unwrap_err().kind(), ErrorKind::Unavailable);
        // A new one is not known meanwhile.
        let caller = world.call("https://new.example.com");
        world.run_for(ms(250));
        assert_eq!(world.told(caller), Some(Err(ErrorKind::Unavailable)));
        // And when the gate is back, all is well.
        world.gate().otherwise = None;
        world.ready("a");
    }
}

#[test]
fn withdrawal_in_mid_fetch_ends_the_fetch_and_tells_those_who_wait() {
    let mut world = World::new();
    world.latency = secs(1);
    let iss = world.knows("a");
    let caller = world.call(&iss);
    world.run_for(ms(100));
    assert_eq!((world.told(caller), world.sent.len(), world.running()), (None, 1, 2));
    world.says(&iss, Say::No);
    assert!(world.verifier.issuers().remove(&iss));
    world.run_for(ms(0));
    assert_eq!(world.told(caller), Some(Err(ErrorKind::WrongIssuer)));
    assert_eq!((world.running(), world.stopped, world.issuers()), (1, 1, 0));
    // The next token asks.
    let caller = world.call(&iss);
    world.run_for(ms(100));
    assert_eq!(world.told(caller), Some(Err(ErrorKind::WrongIssuer)));
    assert_eq!(world.gate().asked_about(&iss), 2);
}

#[test]
fn an_issuer_that_is_not_used_goes_after_an_hour_and_its_driver_ends() {
    let mut world = World::new();
    let iss = world.ready("a");
    // It is looked at every 15 minutes, and by the second look nobody has used it.
    world.run_for(secs(31 * 60));
    let sent = world.sent.len();
    world.run_for(secs(27 * 60));
    assert_eq!(world.sent.len(), sent);
    assert_eq!(world.running(), 2);
    world.run_for(secs(3 * 60));
    assert_eq!(world.running(), 1);
    let caller = world.call(&iss);
    world.run_for(ms(100));
    assert_eq!(world.told(caller), Some(Ok(())));
}

#[test]
fn without_its_driver_nobody_waits() {
    let mut world = World::new();
    world.gate().latency = ms(100);
    let iss = world.knows("a");
    let caller = world.call(&iss);
    world.stop();
    assert_eq!(world.told(caller), Some(Err(ErrorKind::Stopped)));
    assert_eq!(world.now(&iss).unwrap_err().kind(), ErrorKind::Stopped);
    assert!(!world.now(&iss).unwrap_err().is_retryable());
}

#[test]
fn the_last_handle_ends_all_drivers() {
    let mut world = World::new();
    world.ready("a");
    assert_eq!(world.running(), 2);
    let spare = World::new();
    world.verifier = spare.verifier;
    world.run_for(secs(1));
    assert_eq!(world.running(), 0);
}
