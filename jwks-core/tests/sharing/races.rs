//! What happens between two instructions of the driver. Its wall clock is the test's, so the test
//! can act in the midst of a poll.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use jwks_core::cache::{ErrorKind, KeyCache, Policy, Source};

use crate::built::built;
use crate::clocks::{Wall, ms, secs};
use crate::issuer::Issuer;
use crate::world::{URL, World};

type Trap = Arc<dyn Fn(&KeyCache) + Send + Sync>;

/// A world whose next reading of the wall clock by anybody springs the trap.
fn trapped(policy: Policy, trap: Trap) -> (World, Arc<AtomicBool>) {
    let (armed, slot) = (Arc::new(AtomicBool::new(false)), Arc::new(OnceLock::<KeyCache>::new()));
    let wall = Wall::new();
    let (clock, set, inside) = (wall.clone(), Arc::clone(&armed), Arc::clone(&slot));
    let builder = KeyCache::builder(Source::jwks_uri(URL).unwrap())
        .wall_clock(move || {
            if set.swap(false, Ordering::Relaxed) {
                trap(inside.get().unwrap());
            }
            clock.now()
        })
        .policy(policy);
    let (cache, [driver]) = built(builder);
    let _ = slot.set(cache.clone());
    (World::with(cache, driver, wall, Issuer::new(), Arc::default()), armed)
}

fn policy(background: bool) -> Policy {
    Policy::builder().background_refresh(background).jitter(0.0).build().unwrap()
}

/// The driver reads the wall clock just before it publishes, when it has looked into its inbox.
#[test]
fn an_invalidation_while_the_driver_publishes_wins() {
    for background in [true, false] {
        let (mut world, armed) = trapped(policy(background), Arc::new(KeyCache::invalidate));
        world.call("a", secs(5));
        world.run_to(secs(2));
        let refresh = world.refresh();
        world.settle();
        let waiting = world.call("c", secs(5));
        world.run_for(ms(199));
        let flight = world.flight.take().unwrap();
        flight.answer_now();
        armed.store(true, Ordering::Relaxed);
        world.settle();
        assert!(!armed.load(Ordering::Relaxed));
        assert_eq!(world.read("a").unwrap_err().kind(), ErrorKind::Unavailable, "published");
        assert!(!world.cache.status().healthy);
        world.run_for(secs(3));
        world.read("a").unwrap();
        world.outcome(refresh).as_ref().unwrap();
        assert_eq!(world.outcome(waiting).as_ref().unwrap_err().kind(), ErrorKind::UnknownKid);
        assert_eq!(world.cache.status().fetches, 3);
    }
}

/// Uses that come while the driver publishes the next set are lost to nobody's harm: the new
/// countdown starts full.
#[test]
fn uses_while_the_driver_publishes() {
    let policy = Policy::builder()
        .background_refresh(false)
        .usages(10)
        .min_refresh_interval(ms(1))
        .build()
        .unwrap();
    let trap: Trap = Arc::new(|cache| {
        for _ in 0..5 {
            cache.try_with_keys("a", |_| ()).unwrap();
        }
    });
    let (mut world, armed) = trapped(policy, trap);
    world.call("a", secs(5));
    world.run_to(secs(2));
    world.refresh();
    world.run_for(ms(199));
    world.flight.take().unwrap().answer_now();
    armed.store(true, Ordering::Relaxed);
    world.settle();
    world.run_for(ms(100));
    let waited = (0..10).filter(|_| {
        let caller = world.call("a", secs(5));
        !world.done(caller)
    });
    assert_eq!(waited.count(), 0, "uses of the old set count for the new");
}

/// A caller who finds no keys, and whose waiting the driver sees only after it has published.
#[test]
fn a_caller_who_joins_just_before_the_publication_is_served_by_it() {
    let mut world = World::new(policy(true), Issuer::new());
    world.run_to(ms(199));
    let caller = world.call("a", ms(1));
    let stranger = world.call("x", secs(5));
    // The reply is there before the driver has seen the callers.
    world.flight.take().unwrap().answer_now();
    world.settle();
    assert_eq!(world.waited(caller), ms(0));
    world.outcome(caller).as_ref().unwrap();
    // The load began before the stranger came: the issuer is asked for it.
    assert!(!world.done(stranger));
    world.run_for(ms(200));
    let refused = world.outcome(stranger).as_ref().unwrap_err();
    assert!(refused.kind() == ErrorKind::UnknownKid && !refused.is_retryable());
    assert_eq!(world.sent.len(), 2);
}

/// He looked into the old set; the new one is published before the driver sees him.
#[test]
fn a_stranger_who_joins_just_before_his_key_comes_finds_it() {
    let mut world = World::new(policy(true), Issuer::new());
    world.run_to(secs(1));
    world.issuer.kids.push("c");
    world.refresh();
    world.settle();
    let caller = world.call("c", secs(5));
    world.flight.take().unwrap().answer_now();
    world.settle();
    assert_eq!(world.outcome(caller).as_ref().unwrap(), "c");
    assert_eq!(world.sent.len(), 2, "the driver did not look before it fetched");
}
