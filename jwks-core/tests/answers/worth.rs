//! What the guards of a fetch say of an answer before it is given: for exchanges that look elsewhere
//! first.

use jwks_core::adapter::Worth;

use crate::world::{World, keys, policy, secs, status};

#[test]
fn without_a_named_wish_any_set_that_would_be_taken_does() {
    let mut world = World::new(policy());
    let fetch = world.fetch();
    assert!(!fetch.guards.wants_keys());
    assert_eq!(fetch.guards.weigh(&keys(&["a"])), Worth::Accepted);
    assert_eq!(fetch.guards.weigh(&status(503)), Worth::Refused);
    assert_eq!(fetch.guards.weigh(&status(304)), Worth::Refused, "none was asked for");
}

/// Also of those who do not wait: the next token of that kid is judged by what this fetch brings.
#[test]
fn a_set_lacks_what_callers_have_missed() {
    let mut world = World::holding(policy(), &["a"]);
    assert!(world.read("x").is_err());
    world.pass(secs(1));
    let fetch = world.fetch();
    assert!(fetch.guards.wants_keys());
    assert_eq!(fetch.guards.weigh(&keys(&["a"])), Worth::Lacking);
    assert_eq!(fetch.guards.weigh(&keys(&["a", "x"])), Worth::Accepted);
    assert_eq!(fetch.guards.weigh(&status(503)), Worth::Refused);

    fetch.reply.send(Ok(keys(&["a", "x"])));
    world.waits();
    world.cache.invalidate();
    let fetch = world.fetch();
    assert!(!fetch.guards.wants_keys(), "it was found");
}

#[test]
fn a_set_lacks_what_a_caller_waits_for() {
    let mut world = World::holding(policy(), &["a"]);
    let mut caller = world.call("x");
    assert!(caller.poll().is_none());
    let fetch = world.fetch();
    assert!(fetch.guards.wants_keys());
    assert_eq!(fetch.guards.weigh(&keys(&["a"])), Worth::Lacking);
    assert_eq!(fetch.guards.weigh(&keys(&["x"])), Worth::Accepted);
    fetch.reply.send(Ok(keys(&["x"])));
    world.waits();
    assert!(caller.poll().is_some_and(|answer| answer.is_ok()));
}
