//! Issuers come, and go at once: for tokens, for callers who wait, for fetches and handles.

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, UNIX_EPOCH};

use jwks_core::adapter::{Action, Time};
use jwks_core::cache::{self, Health, Trouble};
use jwks_core::verify::{ErrorKind, Issuers, Registered, Verifier};

use crate::world::{Caller, World, iss, url};

#[test]
fn an_issuer_that_is_added_is_asked_for_its_keys_and_serves() {
    let mut world = World::new(&["a", "z"]);
    assert_eq!(world.try_verify("b"), Err(ErrorKind::WrongIssuer));
    let (clone, call) = (world.verifier.clone(), world.verifier.call());
    world.add("b");
    assert_eq!(world.asked, [url("a"), url("z"), url("b")]);
    assert_eq!((world.try_verify("a"), world.try_verify("b")), (Ok(()), Ok(())));
    let token = world.token("b");
    assert_eq!(clone.try_verify::<Registered>(&token).unwrap().issuer(), iss("b"));
    call.try_verify::<Registered>(&token).unwrap();
    assert_eq!(world.told("issuer added"), ["b: issuer added"]);
    let labels: Vec<_> = world.verifier.status().into_iter().map(|it| it.label).collect();
    assert_eq!(labels, ["a", "z", "b"], "in the order in which they came");
    // It is kept fresh as any other.
    world.pass(Duration::from_secs(17 * 60));
    assert_eq!(world.asked.iter().filter(|asked| **asked == url("b")).count(), 2);
}

/// An observer may use the verifier: nothing that it would wait for is held while it runs.
#[test]
#[expect(clippy::disallowed_methods, reason = "a deadlock is to be a failure")]
fn an_observer_of_keys_at_hand_may_change_the_issuers() {
    let world = World::new(&["a", "z"]);
    let set = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k",
        "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    let (issuers, (done, told)) = (world.verifier.issuers(), std::sync::mpsc::channel());
    let inner = issuers.clone();
    let issuer = jwks_core::verify::Issuer::new(iss("b")).keys(set).audience("api");
    let issuer = issuer.observer(move |_| _ = inner.remove(&iss("z")));
    std::thread::spawn(move || done.send(issuers.add(issuer).is_ok()));
    assert_eq!(told.recv_timeout(Duration::from_secs(60)), Ok(true));
    assert!(world.verifier.issuers().contains(&iss("b")));
    assert!(!world.verifier.issuers().contains(&iss("z")));
    world.verifier.cache(&iss("b")).unwrap().try_with_keys("k", |_| ()).unwrap();
}

#[test]
fn who_comes_for_a_new_issuer_waits_for_its_keys() {
    let mut world = World::new(&["a"]);
    world.hold(&url("b"));
    world.add("b");
    let mut caller = world.call("b");
    assert_eq!(caller.poll(), None);
    assert_eq!(world.try_verify("b"), Err(ErrorKind::Unavailable));
    world.let_go();
    assert_eq!(caller.poll(), Some(Ok(())));
}

/// Whoever has been answered, but has not looked yet, when the keys are taken back.
#[test]
fn keys_that_come_and_are_taken_back_are_waited_for_again() {
    let mut world = World::built(Verifier::builder(), &["a"], &["a"]);
    let mut caller = world.call("a");
    assert_eq!(caller.poll(), None);
    world.poll();
    for _ in 0..3 {
        world.let_go();
        let woken = caller.woken.count();
        assert!(woken > 0, "it is answered");
        world.hold(&url("a"));
        world.verifier.cache(&iss("a")).unwrap().invalidate();
        assert_eq!(caller.poll(), None);
        world.poll();
        // Reloads are a second apart.
        world.pass(Duration::from_secs(1));
    }
    world.let_go();
    assert_eq!(caller.poll(), Some(Ok(())));
}

#[test]
fn no_later_look_up_succeeds_whoever_makes_it() {
    let mut world = World::new(&["a", "b"]);
    let (clone, call) = (world.verifier.clone(), world.verifier.call().required_claim("exp"));
    let cache = world.verifier.cache(&iss("b")).unwrap();
    let token = world.token("b");
    let mut buffer = jwks_core::verify::TokenBuffer::new();
    call.try_verify::<Registered>(&token).unwrap();
    cache.try_with_keys("a", |_| ()).unwrap();

    world.told("");
    assert!(world.verifier.issuers().remove(&iss("b")));
    // The driver has not been polled since.
    let kind = |error: jwks_core::verify::Error| error.kind();
    let wrong = Some(ErrorKind::WrongIssuer);
    for verifier in [&world.verifier, &clone] {
        assert_eq!(verifier.try_verify::<Registered>(&token).err().map(kind), wrong);
        assert_eq!(verifier.verify_held::<Registered>(&token).err().map(kind), wrong);
        assert_eq!(verifier.verify_blocking::<Registered>(&token).err().map(kind), wrong);
        let inside = verifier.try_verify_in::<Registered>(&token, &mut buffer);
        assert_eq!(inside.err().map(kind), wrong);
    }
    assert_eq!(call.try_verify::<Registered>(&token).err().map(kind), wrong);
    assert_eq!(call.verify_blocking::<Registered>(&token).err().map(kind), wrong);
    // Who has kept its cache has no keys any more, and cannot fetch them.
    let withdrawn = cache::ErrorKind::Withdrawn;
    let error = cache.try_with_keys("a", |_| ()).unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (withdrawn, false));
    let error = pollster::block_on(cache.with_keys("a", |_| ())).unwrap_err();
    assert_eq!(error.kind(), withdrawn);
    assert_eq!(pollster::block_on(cache.refresh()).unwrap_err().kind(), withdrawn);
    let status = cache.status();
    assert!(!status.healthy && status.keys.is_empty(), "{status:?}");
    assert!(matches!(cache.health(), Health::Down { why: Trouble::Withdrawn, .. }));
    // The other one does not notice.
    assert_eq!(world.try_verify("a"), Ok(()));
    assert_eq!(world.verifier.status().len(), 1);
    assert!(!world.verifier.issuers().remove(&iss("b")));
    world.poll();
    assert_eq!(world.running.len(), 1, "its driver has ended");
    assert_eq!(world.told("b: "), ["b: issuer withdrawn: nothing is fetched for it any more"]);
}

#[test]
fn those_who_wait_are_told_at_once() {
    let mut world = World::new(&["a", "c"]);
    world.hold(&url("b"));
    world.add("b");
    let mut callers: Vec<_> = (0..3).map(|_| world.call("b")).collect();
    let verifier = world.verifier.clone();
    let token = world.token("b");
    callers.push(Caller::new(async move {
        let mut buffer = jwks_core::verify::TokenBuffer::new();
        verifier.verify_in(&token, &mut buffer).await
    }));
    let call = world.verifier.call();
    let token = world.token("b");
    callers.push(Caller::new(async move { call.verify(&token).await }));
    for caller in &mut callers[..4] {
        assert_eq!(caller.poll(), None);
    }
    // The driver sees those who have come, and not the last one.
    world.poll();
    assert_eq!(callers[4].poll(), None);
    let cache = world.verifier.cache(&iss("b")).unwrap();
    assert!(world.verifier.issuers().remove(&iss("b")));
    // Without any poll of the driver.
    for caller in &mut callers {
        assert!(caller.woken.count() > 0);
        assert_eq!(caller.poll(), Some(Err(ErrorKind::WrongIssuer)));
    }
    assert_eq!(cache.status().waiting, 0);
}

#[test]
fn a_fetch_of_an_issuer_that_goes_brings_nothing_any_more() {
    let mut world = World::new(&["a"]);
    world.hold(&url("b"));
    world.add("b");
    let cache = world.verifier.cache(&iss("b")).unwrap();
    assert_eq!(world.open.len(), 1);
    assert!(world.verifier.issuers().remove(&iss("b")));
    // Its answer comes before the driver is polled, or after.
    world.let_go();
    assert_eq!(cache.try_with_keys("a", |_| ()).unwrap_err().kind(), cache::ErrorKind::Withdrawn);
    assert_eq!(world.running.len(), 1);
    assert_eq!(world.try_verify("b"), Err(ErrorKind::WrongIssuer));
}

#[test]
fn keys_that_the_driver_takes_while_their_issuer_goes_are_not_published() {
    let goes: Arc<Mutex<Option<Issuers>>> = Arc::default();
    let hand = Arc::clone(&goes);
    // The clock is foreign code: what it does happens in the midst of a poll.
    let builder = Verifier::builder().wall_clock(move || {
        let issuers = hand.lock().unwrap().take();
        if let Some(issuers) = issuers {
            assert!(issuers.remove(&iss("b")));
        }
        UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    });
    let mut world = World::built(builder, &["b"], &["b"]);
    let cache = world.verifier.cache(&iss("b")).unwrap();
    let fetch = world.open.remove(0);
    world.answer(fetch);
    *goes.lock().unwrap() = Some(world.verifier.issuers());
    world.poll();
    assert!(goes.lock().unwrap().is_none() && world.verifier.issuers().is_empty());
    assert_eq!(cache.try_with_keys("a", |_| ()).unwrap_err().kind(), cache::ErrorKind::Withdrawn);
    world.poll();
    assert!(world.running.is_empty());
}

#[test]
fn the_driver_is_woken_and_stops_although_others_hold_its_cache() {
    let mut world = World::new(&["a", "b"]);
    let _kept = world.verifier.cache(&iss("b")).unwrap();
    let woken: Arc<crate::world::Woken> = Arc::default();
    let waker = Waker::from(Arc::clone(&woken));
    let mut driver = world.running.remove(1);
    {
        let mut wait = std::pin::pin!(driver.woken());
        let polled = wait.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(matches!(polled, Poll::Pending));
        world.verifier.issuers().remove(&iss("b"));
        assert!(woken.count() > 0);
    }
    assert!(matches!(driver.poll(Time::ZERO), Action::Stop));
}

#[test]
fn an_issuer_comes_back_with_nothing_of_the_old() {
    let mut world = World::new(&["a", "b"]);
    let old = world.verifier.cache(&iss("b")).unwrap();
    world.verifier.issuers().remove(&iss("b"));
    world.hold(&url("b"));
    world.add("b");
    assert_eq!(world.try_verify("b"), Err(ErrorKind::Unavailable), "the keys are fetched anew");
    world.let_go();
    assert_eq!(world.try_verify("b"), Ok(()));
    assert_eq!(old.try_with_keys("a", |_| ()).unwrap_err().kind(), cache::ErrorKind::Withdrawn);
    assert_eq!((world.running.len(), world.verifier.issuers().len()), (2, 2));
}

#[test]
fn an_issuer_that_goes_before_its_driver_was_taken_leaves_nothing() {
    let mut world = World::new(&["a"]);
    for _ in 0..100 {
        let issuer = world.issuer("b");
        world.verifier.issuers().add(issuer).unwrap();
        assert!(world.verifier.issuers().remove(&iss("b")));
    }
    world.poll();
    assert_eq!((world.running.len(), world.asked.len()), (1, 1));
    // Nobody has taken them, and they were not kept.
    assert_eq!(world.told("b: issuer added").len(), 100);
}

#[test]
fn the_drivers_end_with_the_last_handle_also_those_that_came_later() {
    let mut world = World::new(&["a"]);
    world.add("b");
    let issuers = world.verifier.issuers();
    world.verifier = World::new(&["x"]).verifier;
    world.poll();
    assert_eq!(world.running.len(), 2, "a handle for changes is a handle");
    let issuer = world.issuer("c");
    issuers.add(issuer).unwrap();
    world.poll();
    assert_eq!(world.running.len(), 3);
    drop(issuers);
    world.poll();
    assert_eq!(world.running.len(), 0);
}

#[test]
fn a_verifier_may_be_empty_if_it_was_allowed_to() {
    let mut world = World::built(Verifier::builder().may_be_empty(), &[], &[]);
    assert_eq!(world.try_verify("a"), Err(ErrorKind::WrongIssuer));
    let explained = world.verifier.explain(&world.token("a"));
    assert!(!explained.accepted);
    assert!(pollster::block_on(world.verifier.ready(Duration::ZERO)).is_ok());
    world.add("a");
    assert_eq!(world.try_verify("a"), Ok(()));
    assert!(world.verifier.issuers().apply(Vec::new()).is_ok());
    assert!(world.verifier.issuers().is_empty());
    assert_eq!(world.try_verify("a"), Err(ErrorKind::WrongIssuer));
}

#[test]
fn readiness_is_about_the_issuers_of_the_start() {
    let mut world = World::new(&["a"]);
    let ready = |world: &World| pollster::block_on(world.verifier.ready(Duration::ZERO)).is_ok();
    assert!(ready(&world));
    world.hold(&url("b"));
    world.add("b");
    assert!(ready(&world), "a tenant without keys does not make it unready");
    // One of the start whose keys come from elsewhere now: it was ready once.
    world.hold("https://a.example.com/elsewhere");
    let moved = world.issuer("a").jwks_uri("https://a.example.com/elsewhere");
    assert_eq!(world.verifier.issuers().set(moved).unwrap().moved, [iss("a")]);
    world.poll();
    assert!(ready(&world));
    assert_eq!(world.try_verify("a"), Err(ErrorKind::Unavailable));
}

#[test]
fn an_issuer_of_the_start_that_goes_is_not_waited_for() {
    let world = World::built(Verifier::builder(), &["a", "b"], &["b"]);
    let ready = || pollster::block_on(world.verifier.ready(Duration::ZERO)).is_ok();
    assert!(!ready());
    assert!(world.verifier.issuers().remove(&iss("b")));
    assert!(ready());
}

#[test]
fn who_waits_for_readiness_does_not_wait_for_one_that_goes() {
    let world = World::built(Verifier::builder(), &["a", "b"], &["b"]);
    let verifier = world.verifier.clone();
    let mut ready = Box::pin(async move { verifier.ready(Duration::from_secs(9)).await });
    let mut context = Context::from_waker(Waker::noop());
    assert!(ready.as_mut().poll(&mut context).is_pending());
    assert!(world.verifier.issuers().remove(&iss("b")));
    assert!(matches!(ready.as_mut().poll(&mut context), Poll::Ready(Ok(()))));
}
