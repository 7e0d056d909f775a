//! The first load, and budgets.

use std::time::{Duration, UNIX_EPOCH};

use jwks_core::cache::{ErrorKind, Policy};
use jwks_core::refresh::{PolicyBuilder, Reason};

use crate::clocks::{EPOCH, ms, secs};
use crate::issuer::{Issuer, Mode};
use crate::world::World;

fn policy() -> PolicyBuilder {
    Policy::builder().jitter(0.0).fetch_timeout(secs(2)).retry(secs(1), secs(8))
}

#[test]
fn sixty_four_first_callers_share_one_fetch() {
    for background in [true, false] {
        let policy = policy().background_refresh(background).build().unwrap();
        let mut world = World::new(policy, Issuer::new());
        assert_eq!(world.sent.len(), usize::from(background));
        let callers: Vec<_> = (0..64).map(|_| world.call("a", secs(5))).collect();
        world.run_to(secs(5));
        for caller in callers {
            assert_eq!(world.outcome(caller).as_ref().unwrap(), "a");
            assert_eq!(world.waited(caller), ms(200));
            assert_eq!(world.callers[caller].wakes(), 1);
        }
        assert_eq!(world.sent.len(), 1);
        assert_eq!(world.cache.status().uses, 64);
    }
}

#[test]
fn without_background_the_first_validation_loads() {
    let policy = policy().background_refresh(false).build().unwrap();
    let mut world = World::new(policy, Issuer::new());
    world.run_to(secs(100));
    assert!(world.sent.is_empty());
    let error = world.read("a").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    world.run_for(ms(200));
    assert_eq!(world.read("a").unwrap(), "a");
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn callers_wait_through_retries() {
    for background in [true, false] {
        let policy = policy().background_refresh(background).build().unwrap();
        let mut issuer = Issuer::new();
        issuer.mode = Mode::Unreachable;
        let mut world = World::new(policy, issuer);
        let caller = world.call("a", secs(60));
        world.run_to(secs(3));
        world.issuer.mode = Mode::Up;
        world.run_to(secs(60));
        assert_eq!(world.outcome(caller).as_ref().unwrap(), "a");
        assert!(world.sent.len() > 2);
    }
}

#[test]
fn a_hopeless_caller_is_told_at_once_when_to_come_again() {
    for background in [true, false] {
        let policy = policy().background_refresh(background).build().unwrap();
        let mut issuer = Issuer::new();
        issuer.mode = Mode::Status(500, None);
        let mut world = World::new(policy, issuer);
        let first = world.call("a", ms(400));
        world.run_to(ms(200));
        // The pause is 0.5 s at least, and he has 0.2 s left.
        let error = world.outcome(first).as_ref().unwrap_err().clone();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(error.last_failure().unwrap().status(), Some(500));
        assert_eq!(error.unavailable_since(), Some(UNIX_EPOCH + EPOCH));
        assert_eq!(world.waited(first), ms(200));
        let retry_at = error.retry_at().unwrap();
        let after = retry_at.duration_since(world.wall.now()).unwrap();
        assert!((ms(500)..=secs(1)).contains(&after));
        // One whose budget reaches that far waits, and gets his answer from that attempt.
        world.issuer.mode = Mode::Up;
        let second = world.call("a", after + ms(201));
        world.run_for(secs(2));
        assert_eq!(world.outcome(second).as_ref().unwrap(), "a");
        assert_eq!(world.sent[1].at, ms(200) + after);
    }
}

#[test]
fn without_background_retries_end_when_nobody_waits() {
    let policy = policy().background_refresh(false).build().unwrap();
    let mut issuer = Issuer::new();
    issuer.mode = Mode::Unreachable;
    let mut world = World::new(policy, issuer);
    let caller = world.call("a", secs(3600));
    world.run_to(ms(200));
    world.cancel(caller);
    world.run_to(secs(3600));
    assert_eq!(world.sent.len(), 1, "an attempt for a caller who has left");
}

#[test]
fn with_background_retries_go_on_without_callers() {
    let mut issuer = Issuer::new();
    issuer.mode = Mode::Unreachable;
    let mut world = World::new(policy().build().unwrap(), issuer);
    world.run_to(secs(100));
    assert!(world.sent.len() >= 13);
    for (n, pair) in world.sent.windows(2).enumerate() {
        let whole = secs(1 << n.min(3));
        let pause = pair[1].at - pair[0].at - ms(200);
        assert!((whole / 2..=whole).contains(&pause), "pause {n}: {pause:?}");
    }
}

#[test]
fn a_budget_shorter_than_the_fetch_ends_on_time() {
    let mut world = World::new(policy().build().unwrap(), Issuer::new());
    let budgets = [Duration::ZERO, ms(1), ms(199), ms(200), ms(201), Duration::MAX];
    let callers = budgets.map(|budget| world.call("a", budget));
    assert!(world.done(callers[0]), "a budget of zero waits for nothing");
    world.run_to(secs(10));
    for (caller, budget) in callers.into_iter().zip(budgets) {
        assert_eq!(world.waited(caller), budget.min(ms(200)));
        // What comes at the very instant at which the budget ends has come.
        assert_eq!(world.outcome(caller).is_ok(), budget >= ms(200), "{budget:?}");
    }
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn the_first_caller_may_leave() {
    for background in [true, false] {
        let policy = policy().background_refresh(background).build().unwrap();
        let mut world = World::new(policy, Issuer::new());
        let first = world.call("a", secs(5));
        world.settle();
        let second = world.call("a", secs(5));
        world.run_to(ms(100));
        world.cancel(first);
        world.run_to(secs(1));
        assert_eq!(world.waited(second), ms(200));
        assert_eq!(world.sent.len(), 1);
    }
}

#[test]
fn all_callers_may_leave_and_the_fetch_goes_on() {
    let policy = policy().background_refresh(false).build().unwrap();
    let mut world = World::new(policy, Issuer::new());
    let caller = world.call("a", secs(5));
    world.settle();
    world.cancel(caller);
    world.run_to(ms(200));
    assert_eq!(world.read("a").unwrap(), "a");
    assert_eq!(world.count(Reason::Load), 1);
}

#[test]
fn ready_waits_for_keys_and_is_no_use() {
    let mut world = World::new(policy().build().unwrap(), Issuer::new());
    let cache = world.cache.clone();
    let ready =
        world.spawn(secs(1), async move { cache.ready(secs(1)).await.map(|()| String::new()) });
    world.run_to(secs(1));
    assert_eq!(world.waited(ready), ms(200));
    assert!(world.outcome(ready).is_ok());
    assert_eq!(world.cache.status().uses, 0);
}
