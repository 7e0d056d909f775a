//! What goes into a machine, and what comes out.

use std::num::NonZeroU64;
use std::time::Duration;

use jwks_core::refresh::{Answered, Deadline, FetchId, FetchStart, Freshness, Gate, Machine, Time};

use crate::moments::just_before;

/// One call to the machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Call {
    Ask,
    Demand(u64),
    Distrust,
    Failure { id: FetchId, retry_after: Option<Duration> },
    Invalidate,
    NotModified { id: FetchId, lifetime: Option<Duration> },
    Refresh,
    Success { id: FetchId, lifetime: Option<Duration>, validators: bool },
    Timeout,
    Usage { used: u64, missed: u64 },
}

/// What the machine returned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Outcome {
    Answered(Answered),
    None,
    Refresh(Result<(), Time>),
    Start(Option<FetchStart>),
}

/// All that the machine shows at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Look {
    pub(crate) deadline: Option<Deadline>,
    pub(crate) failures: u32,
    pub(crate) freshness: Freshness,
    pub(crate) gate: Gate,
    /// The gate just before the next deadline.
    pub(crate) gate_later: Gate,
    pub(crate) in_flight: Option<FetchId>,
    pub(crate) next_fetch: Option<Deadline>,
    pub(crate) retry_at: Time,
    pub(crate) serving: bool,
    pub(crate) trust_until: Option<Time>,
    pub(crate) unknown_kid_opens_at: Option<Time>,
    pub(crate) usage: Option<NonZeroU64>,
}

pub(crate) fn put(machine: &mut Machine, now: Time, call: Call) -> Outcome {
    match call {
        Call::Ask => machine.handle_ask(now),
        Call::Demand(waiting) => machine.handle_demand(now, waiting),
        Call::Distrust => machine.handle_distrust(now),
        Call::Failure { id, retry_after } => {
            return Outcome::Answered(machine.handle_failure(now, id, retry_after));
        }
        Call::Invalidate => machine.handle_invalidate(now),
        Call::NotModified { id, lifetime } => {
            return Outcome::Answered(machine.handle_not_modified(now, id, lifetime));
        }
        Call::Refresh => return Outcome::Refresh(machine.handle_refresh(now)),
        Call::Success { id, lifetime, validators } => {
            return Outcome::Answered(machine.handle_success(now, id, lifetime, validators));
        }
        Call::Timeout => return Outcome::Start(machine.handle_timeout(now)),
        Call::Usage { used, missed } => machine.handle_usage(now, used, missed),
    }
    Outcome::None
}

pub(crate) fn look(machine: &Machine, now: Time) -> Look {
    let deadline = machine.poll_timeout();
    let later = just_before(deadline.map_or(Time::MAX, |deadline| deadline.at)).max(now);
    Look {
        deadline,
        failures: machine.failures(),
        freshness: machine.freshness(now),
        gate: machine.gate(now),
        gate_later: machine.gate(later),
        in_flight: machine.in_flight(),
        next_fetch: machine.next_fetch(),
        retry_at: machine.retry_at(),
        serving: machine.is_serving(now),
        trust_until: machine.trust_until(),
        unknown_kid_opens_at: machine.unknown_kid_opens_at(now),
        usage: machine.poll_usage(),
    }
}
