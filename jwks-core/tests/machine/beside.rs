//! Rule 3: a silent issuer makes callers wait once, not at each attempt.

use jwks_core::refresh::{Gate, Response};

use crate::world::{MINUTE, SECOND, World, on_demand};

fn over() -> World {
    let mut world = World::loaded(on_demand().retry(SECOND, SECOND));
    world.pass(20 * MINUTE);
    assert_eq!(world.start(), None);
    assert_eq!(world.machine.gate(world.time()), Gate::Closed);
    world.machine.handle_demand(world.time(), 1);
    world
}

#[test]
fn after_a_failed_attempt_nobody_waits_and_attempts_go_on_while_callers_ask() {
    let mut world = over();
    let start = world.start().unwrap();
    world.fail(start, None);
    world.machine.handle_demand(world.time(), 0);
    for _ in 0..10 {
        assert_eq!(world.machine.gate(world.time()), Gate::Asking);
        world.machine.handle_ask(world.time());
        assert_eq!(world.machine.gate(world.time()), Gate::Open, "has been asked for");
        let start = world.next_start();
        assert_eq!(world.machine.gate(world.time()), Gate::Open, "runs");
        world.fail(start, None);
    }
    // Nobody asks: nothing is fetched.
    world.pass(10 * MINUTE);
    assert_eq!(world.start(), None);
    assert_eq!(world.machine.gate(world.time()), Gate::Asking);
    // A success ends it.
    world.machine.handle_ask(world.time());
    let start = world.start().unwrap();
    world.succeed(start, Response::default());
    world.pass(20 * MINUTE);
    world.start();
    assert_eq!(world.machine.gate(world.time()), Gate::Closed);
}

#[test]
fn one_who_was_given_the_stale_set_waited_for_all() {
    let mut world = over();
    let start = world.start().unwrap();
    world.pass(SECOND);
    assert_eq!(world.machine.gate(world.time()), Gate::Closed);
    world.machine.handle_stale_given(world.time());
    assert_eq!(world.machine.gate(world.time()), Gate::Open);
    world.fail(start, None);
    world.machine.handle_demand(world.time(), 0);
    assert_eq!(world.machine.gate(world.time()), Gate::Asking);
}

#[test]
fn a_stranger_or_an_operator_does_not_open_the_gate() {
    let mut world = World::loaded(on_demand());
    world.pass(20 * MINUTE);
    world.start();
    world.machine.handle_refresh(world.time()).unwrap();
    let start = world.start().unwrap();
    world.fail(start, None);
    assert_eq!(world.machine.gate(world.time()), Gate::Closed);
}
