//! The end of trust in wall time: machines that sleep, and clocks that jump.

use jwks_core::cache::{ErrorKind, Event, EventKind, Policy};
use jwks_core::refresh::{Freshness, PolicyBuilder, Reason};

use crate::clocks::{ms, secs};
use crate::issuer::{Issuer, Mode};
use crate::world::World;

const DAY: u64 = 24 * 3600;

fn policy() -> PolicyBuilder {
    Policy::builder().jitter(0.0).fetch_timeout(secs(2))
}

fn loaded(background: bool) -> World {
    let policy = policy().background_refresh(background).build().unwrap();
    let mut world = World::new(policy, Issuer::new());
    world.read("a").unwrap_err();
    world.run_to(secs(1));
    world
}

#[test]
fn a_sleep_fails_closed_and_loads_as_if_cold() {
    for background in [true, false] {
        let mut world = loaded(background);
        // The monotonic clock stood still meanwhile.
        world.wall.forward(secs(25 * 3600));
        let error = world.read("a").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        let status = world.cache.status();
        assert!(!status.healthy && status.keys.is_empty());
        assert_eq!(status.freshness, Freshness::Expired);
        let callers: Vec<_> = (0..20).map(|_| world.call("a", secs(5))).collect();
        assert!(callers.iter().all(|caller| !world.done(*caller)));
        world.run_for(ms(200));
        for caller in callers {
            world.outcome(caller).as_ref().unwrap();
            assert_eq!(world.callers[caller].wakes(), 1);
        }
        assert_eq!(world.sent.len(), 2);
        assert_eq!((world.sent[1].reason, world.sent[1].conditional), (Reason::Load, false));
        let expired = |event: &&Event| matches!(event.kind(), EventKind::Expired { .. });
        assert_eq!(world.events.lock().unwrap().iter().filter(expired).count(), 1);
    }
}

#[test]
fn a_sleep_during_an_outage_serves_nothing() {
    let mut world = loaded(true);
    world.issuer.mode = Mode::Unreachable;
    world.wall.forward(secs(25 * 3600));
    let caller = world.call("a", secs(2));
    world.run_for(secs(2));
    let error = world.outcome(caller).as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.last_failure().unwrap().is_connect());
}

#[test]
fn trust_ends_at_the_same_instant_on_both_clocks() {
    let mut world = loaded(false);
    // 20 minutes and an hour, from when the keys were asked for.
    let end = secs(20 * 60 + 3600);
    world.run_to(end - ms(1));
    world.read("a").unwrap();
    world.now = end;
    world.wall.forward(ms(1));
    assert!(world.read("a").is_err(), "served though the driver has not come yet");
    world.run_for(ms(200));
    world.read("a").unwrap();
}

#[test]
fn a_wall_clock_that_goes_back_changes_nothing() {
    let mut world = loaded(true);
    world.wall.back(secs(400 * DAY));
    let sent = world.sent.len();
    for _ in 0..100 {
        world.run_for(secs(60));
        world.read("a").unwrap();
    }
    assert!(world.sent.len() - sent <= 7);
    // The monotonic clock ends the trust: nothing is served for longer than it allows.
    world.issuer.mode = Mode::Silent;
    world.run_for(secs(DAY));
    assert!(world.read("a").is_err());
}

#[test]
fn a_wall_clock_that_jumps_to_and_fro_loads_once_per_least_interval() {
    let mut world = loaded(true);
    let begin = world.now;
    for _ in 0..600 {
        world.wall.forward(secs(2 * DAY));
        let _ = world.read("a");
        let caller = world.call("a", ms(50));
        world.settle();
        world.wall.back(secs(2 * DAY));
        let _ = world.read("a");
        world.run_for(ms(100));
        assert!(world.done(caller));
    }
    let minute = world.now - begin;
    assert_eq!(minute, secs(60));
    assert!(world.sent.len() <= 1 + 7, "{} fetches in a minute", world.sent.len());
    world.run_for(secs(20));
    world.read("a").unwrap();
}

#[test]
fn a_caller_with_an_unknown_kid_waits_for_keys_when_trust_ends() {
    let mut world = loaded(true);
    world.issuer.mode = Mode::Silent;
    let caller = world.call("c", secs(5));
    world.run_for(ms(100));
    world.wall.forward(secs(2 * DAY));
    world.read("a").unwrap_err();
    world.issuer.mode = Mode::Up;
    world.issuer.kids.push("c");
    world.run_for(secs(4));
    assert_eq!(world.outcome(caller).as_ref().unwrap(), "c");
}
