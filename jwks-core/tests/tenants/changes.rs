//! An issuer with other settings: what is kept, and what is dropped.

use std::time::Duration;

use jwks_core::cache;
use jwks_core::keys::Algorithm;
use jwks_core::refresh::Policy;
use jwks_core::verify::{Changes, ErrorKind, Verifier};

use crate::world::{Caller, World, iss, url};

const OTHER: &str = "https://a.example.com/elsewhere";

fn changed(world: &World, issuer: jwks_core::verify::Issuer) -> Changes {
    world.verifier.issuers().set(issuer).unwrap()
}

#[test]
fn another_audience_counts_at_once_and_keys_and_driver_stay() {
    let mut world = World::new(&["a", "b"]);
    let cache = world.verifier.cache(&iss("a")).unwrap();
    let issuer = world.issuer("a");
    assert_eq!(changed(&world, issuer.clone()).unchanged, 1);
    let other = issuer.audience("other").leeway(Duration::from_secs(1));
    assert_eq!(changed(&world, other).changed, [iss("a")]);
    assert_eq!(world.try_verify("a"), Ok(()), "both audiences");
    let mine = jwks_core::verify::Issuer::new(iss("a")).jwks_uri(url("a")).label("a");
    let mine = mine.policy(Policy::builder().jitter(0.0).build().unwrap());
    assert_eq!(changed(&world, mine.clone().audience("other")).changed, [iss("a")]);
    assert_eq!(world.try_verify("a"), Err(ErrorKind::WrongAudience));
    // Fewer algorithms than there were.
    let rs256 = mine.clone().audience("api").algorithms([Algorithm::RS256]);
    assert_eq!(changed(&world, rs256).changed, [iss("a")]);
    assert_eq!(world.try_verify("a"), Err(ErrorKind::AlgorithmNotAllowed));
    // As many as there were.
    assert_eq!(changed(&world, mine.audience("api")).changed, [iss("a")]);
    assert_eq!(world.try_verify("a"), Ok(()));
    world.poll();
    assert_eq!((world.running.len(), world.asked.len()), (2, 2));
    cache.try_with_keys("a", |_| ()).unwrap();
    assert!(world.told("withdrawn").is_empty());
    assert_eq!(world.verifier.status()[0].label, "a", "its place is the same");
}

#[test]
fn another_check_takes_the_place_of_the_old_one() {
    let mut world = World::new(&["a"]);
    let strict = world.issuer("a").check(|_| Err("never".into()));
    assert_eq!(changed(&world, strict).unchanged, 1, "functions cannot be compared");
    assert_eq!(world.try_verify("a"), Err(ErrorKind::CheckFailed));
    let lax = world.issuer("a");
    changed(&world, lax.clone());
    assert_eq!(world.try_verify("a"), Ok(()));
    changed(&world, lax.optional());
    assert!(!world.verifier.health().issuers[0].required);
}

#[test]
fn keys_from_elsewhere_are_other_keys() {
    let mut world = World::new(&["a", "b"]);
    let old = world.verifier.cache(&iss("a")).unwrap();
    old.deny_kid("stolen").unwrap();
    world.hold(OTHER);
    let moved = world.issuer("a").jwks_uri(OTHER);
    world.publish(OTHER, "new");
    let changes = changed(&world, moved.clone());
    assert_eq!(changes.moved, [iss("a")]);
    assert_eq!(changes.to_string(), "0 added, 0 changed, 1 moved, 0 withdrawn, 0 unchanged");
    // Before any poll of a driver.
    assert_eq!(world.try_verify("a"), Err(ErrorKind::Unavailable));
    assert_eq!(old.try_with_keys("a", |_| ()).unwrap_err().kind(), cache::ErrorKind::Withdrawn);
    world.poll();
    assert_eq!(world.running.len(), 2);
    let token = world.token_with(&iss("a"), "new");
    let verifier = world.verifier.clone();
    let mut caller = Caller::new(async move { verifier.verify(&token).await });
    assert_eq!(caller.poll(), None);
    world.let_go();
    assert_eq!(caller.poll(), Some(Ok(())));
    // The old key is not theirs, although its kid is.
    assert_eq!(world.try_verify("a"), Err(ErrorKind::InvalidSignature));
    let status = world.verifier.status_of(&iss("a")).unwrap();
    assert_eq!((status.source.as_str(), status.denied.len()), (OTHER, 1));
    assert_eq!(changed(&world, moved).unchanged, 1);
}

#[test]
fn who_waits_while_an_issuer_moves_waits_for_the_other_keys() {
    for in_time in [true, false] {
        let mut world = World::new(&["a"]);
        world.hold(&url("b"));
        world.add("b");
        let (mut caller, mut other) = (world.call("b"), world.call("b"));
        assert_eq!((caller.poll(), other.poll()), (None, None));
        world.poll();
        world.pass(Duration::from_secs(3));
        world.hold(OTHER);
        world.publish(OTHER, "b");
        let moved = world.issuer("b").jwks_uri(OTHER);
        assert_eq!(changed(&world, moved).moved, [iss("b")]);
        assert!(caller.woken.count() > 0);
        assert_eq!((caller.poll(), other.poll()), (None, None), "as those who come now");
        world.poll();
        // Five seconds in all.
        world.pass(Duration::from_millis(if in_time { 1900 } else { 2100 }));
        if in_time {
            world.let_go();
        }
        let expected = if in_time { Ok(()) } else { Err(ErrorKind::Unavailable) };
        assert_eq!(caller.poll(), Some(expected));
        drop(other);
        assert_eq!(world.verifier.status_of(&iss("b")).unwrap().waiting, 0);
    }
}

#[test]
fn an_issuer_that_has_been_ready_stays_so_wherever_its_keys_move() {
    for held in [true, false] {
        let silent: &[&str] = if held { &[] } else { &["a"] };
        let mut world = World::built(Verifier::builder(), &["a"], silent);
        world.hold(OTHER);
        let moved = world.issuer("a").jwks_uri(OTHER);
        assert_eq!(changed(&world, moved).moved, [iss("a")]);
        world.poll();
        let ready = pollster::block_on(world.verifier.ready(Duration::ZERO));
        assert_eq!(ready.is_ok(), held);
    }
}

#[test]
fn another_policy_takes_another_driver_with_the_keys_that_are_held() {
    let mut world = World::new(&["a", "b"]);
    let old = world.verifier.cache(&iss("a")).unwrap();
    old.deny_kid("stolen").unwrap();
    let age = old.status().confirmed_at;
    let policy = Policy::builder().jitter(0.0).interval(Duration::from_secs(300)).build().unwrap();
    let issuer = world.issuer("a").policy(policy.clone());
    assert_eq!(changed(&world, issuer).changed, [iss("a")]);
    // Without a gap: before any poll of a driver.
    assert_eq!(world.try_verify("a"), Ok(()));
    let new = world.verifier.cache(&iss("a")).unwrap();
    assert_eq!(new.policy(), &policy);
    assert_eq!((new.status().confirmed_at, new.status().denied.len()), (age, 1));
    assert_eq!(old.try_with_keys("a", |_| ()).unwrap_err().kind(), cache::ErrorKind::Withdrawn);
    world.poll();
    assert_eq!((world.running.len(), world.asked.len()), (2, 2), "nothing was fetched for it");
    let told = world.told("a: ");
    let words = ["withdrawn", "added", "started with saved keys", "scheduled in 4m", "kid stolen"];
    for (line, words) in told[3..].iter().zip(words) {
        assert!(line.contains(words), "{told:?}");
    }
    assert_eq!(told.len(), 3 + words.len());
}

#[test]
fn another_label_and_a_new_algorithm_keep_the_keys_too() {
    let mut world = World::new(&["b"]);
    let only = world.issuer("a").algorithms([Algorithm::EdDSA]);
    world.verifier.issuers().add(only).unwrap();
    world.poll();
    let issuer = world.issuer("a");
    assert_eq!(changed(&world, issuer.clone()).changed, [iss("a")]);
    assert_eq!(world.try_verify("a"), Ok(()));
    assert_eq!(changed(&world, issuer.label("A")).changed, [iss("a")]);
    assert_eq!(world.try_verify("a"), Ok(()));
    assert_eq!(world.verifier.status_of(&iss("a")).unwrap().label, "A");
    world.poll();
    assert_eq!((world.running.len(), world.asked.len()), (2, 2));
}
