//! Points in time, and the machine that all tables begin with.

use std::time::Duration;

use jwks_core::refresh::{Answered, FetchStart, Machine, Policy, Response, Time};

pub(crate) fn just_before(time: Time) -> Time {
    Time::from_origin(time.since_origin().saturating_sub(Duration::from_nanos(1)))
}

/// The time this many milliseconds after the origin.
pub(crate) fn at(millis: u64) -> Time {
    Time::from_origin(Duration::from_millis(millis))
}

/// A machine that has loaded a set with validators at the origin.
pub(crate) fn loaded(policy: Policy) -> Machine {
    loaded_by(policy, 0)
}

/// As [`loaded`], with this seed of the jitter.
pub(crate) fn loaded_by(policy: Policy, seed: u64) -> Machine {
    let mut machine = Machine::new(policy, seed, Time::ZERO);
    machine.handle_ask(Time::ZERO);
    let load = start(&mut machine, Time::ZERO);
    succeed(&mut machine, Time::ZERO, load);
    machine
}

/// The fetch that is due.
pub(crate) fn start(machine: &mut Machine, now: Time) -> FetchStart {
    machine.handle_timeout(now).expect("a fetch starts")
}

pub(crate) fn succeed(machine: &mut Machine, now: Time, start: FetchStart) {
    let answered = machine.handle_success(now, start.id, tagged());
    assert_eq!(answered, Answered::Confirmed);
}

/// A response with an `ETag`.
pub(crate) fn tagged() -> Response {
    Response { validators: true, ..Response::default() }
}
