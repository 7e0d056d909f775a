//! Rule 13: a process that was frozen, and the answers that it gets.

use jwks_core::cache::ErrorKind;
use jwks_core::refresh::Freshness;

use crate::world::{World, hours, keys, mins, policy, secs};

#[test]
fn an_answer_that_slept_counts_from_the_sending() {
    let mut world = World::holding(policy(), &["a"]);
    world.pass(mins(16));
    let fetch = world.fetch();
    world.freeze(mins(30));
    world.pass(secs(1));
    fetch.reply.send(Ok(keys(&["a"])));
    world.waits();
    assert_eq!(world.trust_left(), mins(50) - secs(1));
    world.pass(mins(50) - secs(2));
    world.read("a").unwrap();
    world.pass(secs(1));
    world.read("a").unwrap_err();
}

#[test]
fn an_answer_that_slept_past_its_trust_confirms_nothing() {
    let mut world = World::holding(policy(), &["a"]);
    world.pass(mins(16));
    let fetch = world.fetch();
    world.told();
    world.freeze(hours(3));
    world.pass(secs(1));
    fetch.reply.send(Ok(keys(&["revoked"])));
    // The same fetch, at once, and nothing to serve until then.
    let again = world.fetch();
    assert_eq!(world.read("a").unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(world.read("revoked").unwrap_err().kind(), ErrorKind::Unavailable);
    world.waits();
    let told = world.told();
    assert!(
        told.contains(&"a response came after its trust had ended: fetching again".to_owned()),
        "{told:?}"
    );
    assert_eq!(world.status().failures, 0);
    assert_eq!(world.status().last_error, None);
    again.reply.send(Ok(keys(&["b"])));
    world.waits();
    world.read("b").unwrap();
    assert_eq!(world.trust_left(), mins(80));
}

#[test]
fn callers_wait_through_it() {
    // Cold, and for an unknown kid, and by hand.
    let mut world = World::new(policy());
    let mut cold = world.call("a");
    assert!(cold.poll().is_none());
    let fetch = world.fetch();
    world.freeze(hours(3));
    fetch.reply.send(Ok(keys(&["a"])));
    let again = world.fetch();
    assert!(cold.poll().is_none());
    again.reply.send(Ok(keys(&["a"])));
    world.waits();
    assert!(cold.poll().unwrap().is_ok());

    let mut by_hand = world.refresh();
    assert!(by_hand.poll().is_none());
    let fetch = world.fetch();
    world.freeze(hours(3));
    fetch.reply.send(Ok(keys(&["a"])));
    let again = world.fetch();
    assert!(by_hand.poll().is_none());
    again.reply.send(Ok(keys(&["a"])));
    world.waits();
    assert!(by_hand.poll().unwrap().is_ok());

    world.pass(mins(1));
    let mut unknown = world.call("new");
    assert!(unknown.poll().is_none());
    let fetch = world.fetch();
    world.freeze(hours(3));
    fetch.reply.send(Ok(keys(&["a"])));
    let again = world.fetch();
    assert!(unknown.poll().is_none());
    again.reply.send(Ok(keys(&["a", "new"])));
    world.waits();
    assert!(unknown.poll().unwrap().is_ok());
}

/// An NTP step at boot must not fail the first load.
#[test]
fn a_clock_that_is_set_right_during_the_first_fetch() {
    for step in [secs(5), mins(5)] {
        let mut world = World::new(policy());
        let fetch = world.fetch();
        world.freeze(step);
        world.pass(secs(1));
        fetch.reply.send(Ok(keys(&["a"])));
        world.waits();
        world.read("a").unwrap();
        assert_eq!(world.trust_left(), mins(80) - step - secs(1));
    }
    // From 1970 to now: the answer is older than any trust, and is asked for once more.
    let mut world = World::new(policy());
    let fetch = world.fetch();
    world.freeze(hours(500_000));
    fetch.reply.send(Ok(keys(&["a"])));
    world.load(keys(&["a"]));
    world.read("a").unwrap();
    assert_eq!(world.asked.len(), 2);
}

#[test]
fn a_clock_that_steps_back_during_a_fetch_extends_nothing() {
    let mut world = World::new(policy());
    let fetch = world.fetch();
    let sent = world.wall();
    world.set_back(hours(1));
    world.pass(secs(1));
    fetch.reply.send(Ok(keys(&["a"])));
    world.waits();
    assert_eq!(world.trust_left(), mins(80) - secs(1));
    assert!(world.status().trust_until.unwrap() < sent + mins(80));
}

#[test]
fn less_than_a_second_counts_for_readers() {
    let mut world = World::new(policy());
    let fetch = world.fetch();
    world.freeze(std::time::Duration::from_millis(900));
    fetch.reply.send(Ok(keys(&["a"])));
    world.waits();
    assert_eq!(world.trust_left(), mins(80) - std::time::Duration::from_millis(900));
}

#[test]
fn after_the_thaw_the_driver_refreshes_at_once() {
    let mut world = World::holding(policy(), &["a"]);
    world.freeze(mins(30));
    assert_eq!(world.status().freshness, Freshness::Stale);
    world.read("a").unwrap();
    let fetch = world.fetch();
    fetch.reply.send(Ok(keys(&["a"])));
    world.waits();
    assert_eq!(world.status().freshness, Freshness::Fresh);
}
