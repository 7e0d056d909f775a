//! Unknown kids while the budget for them is spent: who waits, who is told at once, what is
//! remembered.

use std::time::Duration;

use jwks_core::cache::{ErrorKind, Policy};
use jwks_core::refresh::{PolicyBuilder, Reason};

use crate::clocks::{ms, secs};
use crate::issuer::{Issuer, Mode};
use crate::world::World;

/// One fetch each 10 s.
fn policy() -> PolicyBuilder {
    Policy::builder()
        .jitter(0.0)
        .unknown_kid_cooldown(secs(10))
        .unknown_kid_burst(1)
        .fetch_timeout(secs(3))
}

/// The kid `x` has spent the budget until 11 s, and is known to be absent until 11.2 s.
fn spent(policy: PolicyBuilder) -> World {
    let mut world = World::new(policy.build().unwrap(), Issuer::new());
    world.run_to(secs(1));
    let stranger = world.call("x", secs(5));
    world.run_for(ms(200));
    assert!(!world.outcome(stranger).as_ref().unwrap_err().is_retryable());
    world
}

fn undecided(world: &World, caller: usize, retry_at: Duration) {
    let error = world.outcome(caller).as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownKid);
    assert!(error.is_undecided() && error.is_retryable());
    assert_eq!(error.retry_at(), Some(world.wall.now() + retry_at));
    assert_eq!(world.waited(caller), Duration::ZERO);
}

#[test]
fn an_absent_kid_is_told_at_once_and_causes_no_other_fetch() {
    let mut world = spent(policy());
    let wakes = world.driver_wakes();
    for _ in 0..100 {
        let caller = world.call("x", secs(60));
        undecided(&world, caller, ms(9800));
        assert!(world.read("x").unwrap_err().is_undecided());
    }
    assert_eq!(world.driver_wakes(), wakes, "a reader knows it by itself");
    world.run_to(secs(60));
    assert_eq!(world.count(Reason::UnknownKid), 1);
    // It is not remembered for ever.
    let caller = world.call("x", secs(5));
    world.run_for(ms(200));
    assert!(!world.outcome(caller).as_ref().unwrap_err().is_retryable());
    assert_eq!(world.count(Reason::UnknownKid), 2);
}

/// Whoever never waits learns nothing final, but its kid is looked for once, and remembered too.
#[test]
fn a_kid_that_a_reader_missed_is_known_to_be_absent_after_the_fetch() {
    let mut world = World::new(policy().build().unwrap(), Issuer::new());
    world.run_to(secs(1));
    assert!(world.read("x").unwrap_err().is_undecided());
    world.run_to(secs(2));
    assert_eq!(world.count(Reason::UnknownKid), 1);
    (0..10).for_each(|_| assert!(world.read("x").unwrap_err().is_undecided()));
    world.run_to(secs(60));
    assert_eq!(world.count(Reason::UnknownKid), 1);
}

#[test]
fn any_other_kid_is_remembered_and_found_when_the_budget_allows() {
    for waits in [true, false] {
        let mut world = spent(policy());
        world.issuer.kids.push("c");
        if waits {
            let caller = world.call("c", secs(1));
            undecided(&world, caller, ms(9800));
        } else {
            assert!(world.read("c").unwrap_err().is_undecided());
        }
        world.settle();
        // One wish is enough: nobody is woken for more of them.
        let wakes = world.driver_wakes();
        for n in 0..1000 {
            world.read(&format!("y{n}")).unwrap_err();
            let caller = world.call(&format!("z{n}"), secs(1));
            undecided(&world, caller, ms(9800));
        }
        assert_eq!(world.driver_wakes(), wakes);
        world.run_to(ms(10_999));
        assert_eq!(world.count(Reason::UnknownKid), 1);
        world.run_to(ms(11_200));
        world.read("c").unwrap();
        assert_eq!(world.count(Reason::UnknownKid), 2);
        assert!(world.sent.last().unwrap().no_cache);
    }
}

#[test]
fn who_can_wait_for_the_next_fetch_does_and_its_answer_is_final() {
    let mut world = spent(policy());
    let callers = [("c", ms(9801)), ("y", secs(30)), ("c", ms(9800))];
    let callers = callers.map(|(kid, budget)| world.call(kid, budget));
    world.settle();
    assert!(!world.done(callers[0]) && !world.done(callers[1]));
    // Its budget ends as that fetch begins.
    undecided(&world, callers[2], ms(9800));
    let wakes = world.driver_wakes();
    let short = world.call("c", ms(9800));
    undecided(&world, short, ms(9800));
    assert_eq!(world.driver_wakes(), wakes, "a reader knows it by itself");
    world.issuer.kids.push("c");
    world.run_to(secs(12));
    // Its budget ends before the answer comes.
    let short = world.outcome(callers[0]).as_ref().unwrap_err();
    assert!(short.is_undecided());
    assert_eq!(world.waited(callers[0]), ms(9801));
    assert!(!world.outcome(callers[1]).as_ref().unwrap_err().is_retryable());
    assert_eq!(world.waited(callers[1]), secs(10));
    world.read("c").unwrap();
}

/// Our own pause is not for those whose kid may still be asked for.
#[test]
fn who_can_wait_for_the_next_fetch_does_though_planned_refreshes_pause() {
    let policy = policy().interval(secs(60)).retry(secs(300), secs(300)).stale_if_error(secs(900));
    let mut world = World::new(policy.build().unwrap(), Issuer::new());
    world.run_to(secs(1));
    world.issuer.mode = Mode::Unreachable;
    world.run_to(secs(60));
    world.issuer.mode = Mode::Up;
    world.call("x", secs(5));
    world.run_for(secs(5));
    let caller = world.call("c", secs(30));
    world.issuer.kids.push("c");
    world.run_for(secs(1));
    assert!(!world.done(caller));
    world.run_for(secs(10));
    assert_eq!(world.told(caller), "c");
    assert_eq!(world.waited(caller), ms(5200));
}

#[test]
fn only_so_many_wait_for_a_fetch_that_has_not_begun() {
    let mut world = spent(policy().max_waiting_undecided(64));
    world.issuer.kids.push("c");
    world.call("y", secs(30));
    world.settle();
    // The rest come at once, and the driver has not published yet that all places are taken.
    let flood: Vec<_> = (0..200).map(|n| world.call(&format!("x{n}"), secs(30))).collect();
    world.settle();
    let waiting = flood.iter().filter(|caller| !world.done(**caller)).count();
    assert_eq!(waiting, 63);
    let refused = *flood.last().unwrap();
    undecided(&world, refused, ms(9800));
    let wakes = world.driver_wakes();
    let good = world.call("c", secs(30));
    undecided(&world, good, ms(9800));
    assert_eq!(world.driver_wakes(), wakes, "a reader knows it by itself");
}

#[test]
fn who_leaves_makes_room() {
    let mut world = spent(policy().max_waiting_undecided(1));
    world.issuer.kids.push("c");
    let first = world.call("y", secs(30));
    world.settle();
    world.cancel(first);
    // The driver hears of it when it is next polled, here for somebody else.
    world.refresh();
    world.run_for(ms(200));
    let good = world.call("c", secs(30));
    assert!(world.done(good), "the refresh has brought it");
    let second = world.call("y", secs(30));
    world.settle();
    assert!(!world.done(second));
    assert_eq!(world.cache.status().waiting, 1);
}

/// Between two polls no more kids are noted than a set can have, and no lock is taken for more.
#[test]
fn a_flood_of_reads_is_remembered_in_part() {
    let mut world = spent(policy());
    for n in 0..10_000 {
        assert!(world.read(&format!("x{n}")).unwrap_err().is_undecided());
    }
    world.run_to(secs(12));
    assert_eq!(world.count(Reason::UnknownKid), 2);
    let fetches = world.sent.len();
    // Those that were noted are known to be absent; the rest have been missed, and are forgotten.
    for n in 0..64 {
        world.read(&format!("x{n}")).unwrap_err();
    }
    world.run_to(secs(60));
    assert_eq!(world.sent.len(), fetches);
}

/// Makes the driver run, which readers do not.
fn run_driver(world: &mut World) {
    let caller = world.call("y", secs(30));
    world.settle();
    world.cancel(caller);
}

#[test]
fn a_kid_that_is_read_again_and_again_takes_one_place() {
    let mut world = spent(policy());
    for kid in std::iter::repeat_n("z", 300).chain(["last"]) {
        world.read(kid).unwrap_err();
        run_driver(&mut world);
    }
    world.run_to(secs(12));
    world.read("last").unwrap_err();
    world.run_to(secs(60));
    assert_eq!(world.count(Reason::UnknownKid), 2);
}

/// However often the driver has heard of more: the first 256 are kept.
#[test]
fn a_slow_flood_of_reads_is_remembered_in_part() {
    for (again, fetches) in [("x0", 2), ("x255", 2), ("x256", 3)] {
        let mut world = spent(policy());
        for n in 0..320 {
            world.read(&format!("x{n}")).unwrap_err();
            if n % 64 == 63 {
                run_driver(&mut world);
            }
        }
        world.run_to(secs(12));
        assert_eq!(world.count(Reason::UnknownKid), 2);
        world.read(again).unwrap_err();
        world.run_to(secs(60));
        assert_eq!(world.count(Reason::UnknownKid), fetches, "{again}");
    }
}

#[test]
fn a_miss_waits_for_the_fetch_in_flight_before_it_is_told() {
    let mut world = spent(policy());
    world.run_to(secs(2));
    world.refresh();
    world.run_for(ms(100));
    let callers = [world.call("c", secs(5)), world.call("y", secs(5))];
    assert!(!world.done(callers[0]));
    world.issuer.kids.push("c");
    let again = world.refresh();
    world.run_for(secs(5));
    world.outcome(again).as_ref().unwrap();
    // The first refresh was sent before the key was there, and the second is a second later.
    for caller in callers {
        let error = world.outcome(caller).as_ref().unwrap_err();
        assert!(error.is_undecided());
        assert_eq!(world.waited(caller), ms(100));
    }
    world.read("c").unwrap();
    assert_eq!(world.sent.len(), 4);
}

/// What readers know is not published while a fetch runs: the driver tells who has waited for one
/// that was not its own.
#[test]
fn after_a_fetch_that_came_too_early_only_those_wait_who_have_time_and_a_chance() {
    let mut world = spent(policy());
    world.run_to(secs(2));
    world.refresh();
    world.run_for(ms(100));
    let absent = world.call("x", secs(30));
    let [short, long] = [ms(8900), ms(8901)].map(|budget| world.call("c", budget));
    world.run_to(secs(3));
    for caller in [absent, short] {
        assert!(world.outcome(caller).as_ref().unwrap_err().is_undecided());
        assert_eq!(world.waited(caller), ms(100));
    }
    assert!(!world.done(long));
    world.cancel(long);
    world.run_to(secs(60));
    assert_eq!(world.count(Reason::UnknownKid), 2);
}

/// A remembered miss goes along with the next fetch, whatever that is for, and is settled by it.
#[test]
fn another_fetch_settles_a_remembered_miss() {
    let mut world = spent(policy());
    let caller = world.call("c", secs(30));
    world.run_to(secs(3));
    world.issuer.kids.push("c");
    world.refresh();
    world.run_for(ms(200));
    assert_eq!(world.outcome(caller).as_ref().unwrap(), "c");
    world.run_to(secs(60));
    assert_eq!(world.count(Reason::UnknownKid), 1);
}

/// Whoever gives up during a fetch that began before it came has missed its key all the same.
#[test]
fn a_miss_is_remembered_though_its_caller_had_no_time_for_the_fetch_in_flight() {
    let mut world = World::new(policy().build().unwrap(), Issuer::new());
    world.run_to(secs(1));
    world.issuer.latency = secs(1);
    world.refresh();
    world.run_for(ms(500));
    let caller = world.call("c", ms(100));
    world.run_for(ms(100));
    assert!(world.outcome(caller).as_ref().unwrap_err().is_undecided());
    world.issuer.kids.push("c");
    world.run_for(secs(2));
    world.read("c").unwrap();
    assert_eq!(world.count(Reason::UnknownKid), 1);
    // Who gives up during its own fetch causes no other.
    world.run_for(secs(20));
    let caller = world.call("y", ms(100));
    world.run_for(secs(60));
    assert!(world.outcome(caller).as_ref().unwrap_err().is_undecided());
    assert_eq!(world.waited(caller), ms(100));
    assert_eq!(world.count(Reason::UnknownKid), 2);
}

/// A reader has missed it in a set that another has replaced meanwhile, without that key.
#[test]
fn a_kid_that_was_missed_in_an_older_set_is_looked_for() {
    let mut world = World::new(policy().build().unwrap(), Issuer::new());
    world.run_to(secs(1));
    world.issuer.latency = secs(1);
    world.refresh();
    world.run_for(ms(500));
    assert!(world.read("c").unwrap_err().is_undecided());
    world.issuer.kids.push("d");
    world.run_for(secs(20));
    world.read("d").unwrap();
    assert_eq!(world.count(Reason::UnknownKid), 1);
}

/// Some caches on the way ignore `no-cache`: what they hold can show a key, but not that there is
/// none.
#[test]
fn the_answer_of_a_cache_on_the_way_finds_but_refuses_nobody_for_good() {
    let mut world = World::new(policy().unknown_kid_burst(3).build().unwrap(), Issuer::new());
    world.run_to(secs(1));
    world.issuer.age = 30;
    let callers = [(); 3].map(|()| world.call("x", secs(5)));
    world.run_for(secs(1));
    for caller in callers {
        let error = world.outcome(caller).as_ref().unwrap_err();
        assert!(error.is_undecided());
        assert_eq!(world.waited(caller), ms(200), "one fetch for each caller");
    }
    assert_eq!(world.count(Reason::UnknownKid), 1);
    // Nor is the kid remembered as absent.
    let again = world.call("x", secs(5));
    world.issuer.kids.push("c");
    let found = world.call("c", secs(5));
    world.run_for(secs(1));
    assert!(world.outcome(again).as_ref().unwrap_err().is_undecided());
    assert_eq!(world.outcome(found).as_ref().unwrap(), "c");
    assert_eq!(world.count(Reason::UnknownKid), 2);
    world.issuer.age = 0;
    let last = world.call("x", secs(5));
    world.run_for(secs(1));
    assert!(!world.outcome(last).as_ref().unwrap_err().is_retryable());
}
