//! Each bound is a setting.

use jwks_core::verify::ErrorKind;

use crate::clocks::{ms, secs};
use crate::gate::Say;
use crate::world::World;

#[test]
fn calls_and_their_time() {
    let mut world = World::with(|it| it.max_calls(2).call_timeout(secs(2)), |builder| builder);
    world.gate().otherwise = Some(Say::Silent);
    let callers: Vec<_> = (0..3).map(|n| world.call(&format!("https://{n}.example.com"))).collect();
    assert_eq!((world.gate().running, world.told(callers[1])), (2, None));
    assert_eq!(world.told(callers[2]), Some(Err(ErrorKind::Unavailable)));
    world.run_for(ms(1999));
    assert_eq!(world.told(callers[0]), None);
    world.run_for(ms(1));
    assert_eq!(world.told(callers[0]), Some(Err(ErrorKind::Unavailable)));
}

#[test]
fn how_long_answers_count() {
    let mut world = World::with(
        |it| {
            it.remember_refusals(secs(2))
                .ask_again_after(secs(10))
                .serve_on_error(secs(20))
                .max_remembered(4)
        },
        |builder| builder,
    );
    let evil = "https://evil.example.com";
    let _refused = (world.now(evil), world.now(evil));
    assert_eq!(world.gate().asked.len(), 1);
    world.run_for(secs(2));
    let _refused = world.now(evil);
    assert_eq!(world.gate().asked.len(), 2);
    let iss = world.ready("a");
    world.says(&iss, Say::Fail);
    for second in 0..18 {
        world.run_for(secs(1));
        assert!(world.now(&iss).is_ok(), "{second}");
    }
    world.run_for(secs(2));
    assert_eq!(world.now(&iss).unwrap_err().kind(), ErrorKind::Unavailable);
}

#[test]
fn how_long_the_unused_stay() {
    let mut world = World::with(
        |it| it.max_issuers(1).evict_unused(secs(5), secs(20)).pause_unused(secs(3)),
        |builder| builder,
    );
    world.ready("a");
    let b = world.knows("b");
    let error = world.now(&b).and_then(|()| world.now(&b));
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(world.requests("b.example.com"), 0);
    world.run_for(secs(5));
    world.ready("b");
    world.run_for(secs(60));
    assert_eq!((world.issuers(), world.running()), (0, 1));
}

#[test]
fn fetches_a_second() {
    let mut world = World::with(
        |it| it.max_fetches(2, 1).max_first_loads(1, 5).max_issuers(50),
        |builder| builder,
    );
    for n in 0..4 {
        let iss = world.knows(&format!("t{n}"));
        let _refused = world.now(&iss);
    }
    for expected in 1..=4 {
        assert_eq!(world.sent.len(), expected);
        world.run_for(secs(1));
    }
}

#[test]
fn what_is_no_use_does_not_keep_an_issuer() {
    let mut world = World::with(|it| it.evict_unused(secs(60), secs(240)), |builder| builder);
    let iss = world.ready("a");
    let token = world.token(&iss);
    for _ in 0..23 {
        world.run_for(secs(10));
        assert!(world.verifier.explain(&token).refused_by.is_none());
        let strict = world.verifier.call().required_claim("nothing");
        let refused = strict.try_verify::<serde_json::Value>(&token).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::MissingClaim);
    }
    assert_eq!(world.issuers(), 1);
    // Uses are looked at every 30 s.
    world.run_for(secs(50));
    assert_eq!(world.issuers(), 0);
}
