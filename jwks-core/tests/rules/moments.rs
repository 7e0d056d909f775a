//! Points in time, and the machine that all tables begin with.

use std::time::Duration;

use jwks_core::refresh::{Machine, Policy, Time};

pub(crate) fn just_before(time: Time) -> Time {
    Time::from_origin(time.since_origin().saturating_sub(Duration::from_nanos(1)))
}

/// The time this many milliseconds after the origin.
pub(crate) fn at(millis: u64) -> Time {
    Time::from_origin(Duration::from_millis(millis))
}

/// A machine that has loaded a set with validators at the origin.
pub(crate) fn loaded(policy: Policy) -> Machine {
    let mut machine = Machine::new(policy, 0, Time::ZERO);
    machine.handle_ask(Time::ZERO);
    if let Some(load) = machine.handle_timeout(Time::ZERO) {
        machine.handle_success(Time::ZERO, load.id, None, true);
    }
    machine
}
