//! `refresh` and `invalidate`.

use jwks_core::cache::{ErrorKind, Policy};
use jwks_core::refresh::{PolicyBuilder, Reason};

use crate::clocks::{ms, secs};
use crate::issuer::{Issuer, Mode};
use crate::world::World;

fn policy() -> PolicyBuilder {
    Policy::builder()
        .jitter(0.0)
        .interval(secs(100))
        .fetch_timeout(secs(3))
        .retry(secs(20), secs(60))
}

fn loaded() -> World {
    let mut world = World::new(policy().build().unwrap(), Issuer::new());
    world.run_to(secs(1));
    world
}

#[test]
fn a_refresh_never_joins_a_fetch_begun_before_it() {
    let mut world = World::new(policy().build().unwrap(), Issuer::new());
    world.run_to(ms(100));
    let refresh = world.refresh();
    world.run_to(secs(1));
    assert_eq!(world.waited(refresh), ms(300));
    assert_eq!(world.sent.len(), 2);
    assert!(world.sent[1].no_cache);
}

#[test]
fn a_refresh_at_the_instant_of_a_refresh_ahead_passes_caches_by() {
    let mut world = loaded();
    world.run_to(ms(80_199));
    world.now = ms(80_200);
    world.wall.forward(ms(1));
    let refresh = world.refresh();
    world.settle();
    assert!(world.sent[1].no_cache, "joined a fetch that caches may answer");
    world.run_for(secs(5));
    world.outcome(refresh).as_ref().unwrap();
}

#[test]
fn refreshes_within_a_second_run_together_at_its_end() {
    let mut world = loaded();
    let first = world.refresh();
    world.run_for(ms(300));
    let rest: Vec<_> = (0..50).map(|_| world.refresh()).collect();
    world.run_for(ms(300));
    let last = world.refresh();
    world.run_for(secs(10));
    assert_eq!(world.waited(first), ms(200));
    assert!(rest.iter().all(|caller| world.waited(*caller) == ms(900)));
    assert_eq!(world.waited(last), ms(600));
    assert_eq!(world.sent.len(), 3);
}

#[test]
fn a_refresh_during_another_has_a_fetch_of_its_own() {
    let mut world = loaded();
    let first = world.refresh();
    world.run_for(ms(100));
    let second = world.refresh();
    world.run_for(secs(10));
    assert_eq!(world.waited(first), ms(200));
    // A second after the first began, its own begins.
    assert_eq!(world.waited(second), ms(1100));
    assert_eq!(world.sent.len(), 3);
}

#[test]
fn a_refresh_goes_before_our_own_pause() {
    let mut issuer = Issuer::new();
    issuer.mode = Mode::Unreachable;
    let mut world = World::new(policy().build().unwrap(), issuer);
    world.run_to(secs(1));
    world.issuer.mode = Mode::Up;
    let refresh = world.refresh();
    world.run_to(secs(2));
    world.outcome(refresh).as_ref().unwrap();
    world.read("a").unwrap();
}

#[test]
fn a_cancelled_refresh_is_made_all_the_same() {
    let mut world = loaded();
    let refresh = world.refresh();
    world.settle();
    world.cancel(refresh);
    world.run_for(secs(1));
    assert_eq!(world.count(Reason::Refresh), 1);
    assert_eq!(world.cache.status().fetches, 2);
}

#[test]
fn nothing_is_readable_after_an_invalidation() {
    let mut world = loaded();
    world.invalidate();
    assert_eq!(world.read("a").unwrap_err().kind(), ErrorKind::Unavailable);
    assert!(!world.cache.status().healthy);
    let caller = world.call("a", secs(5));
    assert!(!world.done(caller));
    world.run_for(ms(200));
    world.outcome(caller).as_ref().unwrap();
    assert!(world.sent[1].no_cache && !world.sent[1].conditional);
}

#[test]
fn a_fetch_begun_before_an_invalidation_publishes_nothing() {
    let mut world = loaded();
    world.refresh();
    world.run_for(ms(100));
    world.issuer.kids = vec!["b"];
    world.invalidate();
    let caller = world.call("a", secs(5));
    world.run_for(ms(100));
    assert!(world.read("b").is_err(), "the old fetch has published");
    world.run_for(secs(5));
    world.read("b").unwrap();
    assert_eq!(world.outcome(caller).as_ref().unwrap_err().kind(), ErrorKind::UnknownKid);
}

/// The reply is in the driver's inbox already when the invalidation comes, and the reverse.
#[test]
fn a_reply_that_the_driver_has_not_seen_yet_is_invalidated_too() {
    for invalidate_first in [true, false] {
        let mut world = loaded();
        world.refresh();
        world.settle();
        let flight = world.flight.take().unwrap();
        if invalidate_first {
            world.invalidate();
            flight.answer_now();
        } else {
            flight.answer_now();
            world.invalidate();
        }
        assert!(world.read("a").is_err());
        // The budget of the refresh by hand is spent: the next one is a second later.
        world.settle();
        assert!(world.read("a").is_err());
        world.run_for(ms(1199));
        assert!(world.read("a").is_err());
        world.run_for(ms(1));
        world.read("a").unwrap();
    }
}

#[test]
fn an_invalidation_storm_fetches_once_a_second() {
    let mut world = loaded();
    let caller = world.call("a", secs(60));
    for _ in 0..1000 {
        world.invalidate();
        assert!(world.read("a").is_err());
        world.run_for(ms(10));
    }
    assert!(world.sent.len() <= 2 + 10);
    world.run_for(secs(2));
    world.read("a").unwrap();
    world.outcome(caller).as_ref().unwrap();
}

#[test]
fn a_caller_waits_for_the_reload_though_our_own_pause_is_longer() {
    let mut issuer = Issuer::new();
    issuer.mode = Mode::Unreachable;
    let mut world = World::new(policy().build().unwrap(), issuer);
    // The automatic pause is 10 s at least from 0.2 s on.
    world.run_to(ms(300));
    world.invalidate();
    world.run_to(ms(600));
    world.invalidate();
    world.run_to(ms(700));
    world.issuer.mode = Mode::Up;
    let callers = [5, 2].map(|budget| world.call("a", secs(budget)));
    world.run_to(secs(8));
    // The reload is due a second after the one before it.
    for caller in callers {
        world.outcome(caller).as_ref().unwrap();
        assert_eq!(world.waited(caller), ms(800));
    }
}

#[test]
fn a_refresh_outlives_an_invalidation() {
    let mut world = loaded();
    let refresh = world.refresh();
    world.run_for(ms(100));
    world.invalidate();
    world.run_for(secs(3));
    world.outcome(refresh).as_ref().unwrap();
    assert_eq!(world.sent.len(), 3);
}

#[test]
fn a_refresh_during_which_the_trust_ends_is_made_once() {
    let policy = policy().stale_if_error(secs(20));
    let mut world = World::new(policy.build().unwrap(), Issuer::new());
    world.run_to(secs(1));
    world.issuer.mode = Mode::Unreachable;
    world.run_to(ms(118_500));
    world.issuer.mode = Mode::Up;
    world.issuer.latency = secs(2);
    let refresh = world.refresh();
    world.settle();
    let sent = world.sent.len();
    world.run_to(secs(120));
    assert!(world.read("a").is_err() && !world.done(refresh));
    world.run_to(secs(124));
    world.outcome(refresh).as_ref().unwrap();
    assert_eq!(world.sent.len(), sent);
}

#[test]
fn a_refresh_that_fails_says_that_it_was_one() {
    let mut world = loaded();
    world.issuer.mode = Mode::Unreachable;
    let refresh = world.refresh();
    world.run_for(secs(5));
    let error = world.outcome(refresh).as_ref().unwrap_err();
    assert!(error.to_string().starts_with("the keys could not be refreshed"), "{error}");
    assert!(error.to_string().contains("https://id.example.com/keys"), "{error}");
    assert_eq!(error.last_failure().unwrap().to_string(), "no connection to the key server");
    let failed_at = world.wall.now() - (secs(5) - ms(200));
    assert_eq!(error.retry_at(), Some(failed_at));
}

#[test]
fn a_refresh_during_one_that_fails_has_a_fetch_of_its_own() {
    let mut world = loaded();
    world.issuer.latency = secs(2);
    world.issuer.mode = Mode::Unreachable;
    let first = world.refresh();
    world.run_for(ms(1500));
    let second = world.refresh();
    world.run_for(secs(1));
    assert!(world.done(first) && !world.done(second));
    assert_eq!(world.sent.len(), 3);
    world.run_for(secs(5));
    assert_eq!(world.outcome(second).as_ref().unwrap_err().kind(), ErrorKind::Unavailable);
}
