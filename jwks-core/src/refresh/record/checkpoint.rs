//! The whole state of a machine, written down.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::refresh::clock::{Clock, Moment};
use crate::refresh::fetch::{Again, Demand, Flight, Manual};
use crate::refresh::idle::Idle;
use crate::refresh::lease::Lease;
use crate::refresh::misses::Misses;
use crate::refresh::retry::Retry;
use crate::refresh::rng::Rng;
use crate::refresh::{Machine, Policy, Time};

/// All fields of a machine but its policy, which stands by itself. A field that is forgotten here
/// does not compile.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, remote = "Machine")]
pub(super) struct State {
    #[serde(skip)]
    policy: Policy,
    rng: Rng,
    clock: Clock,
    settled: Option<Moment>,
    lease: Option<Lease>,
    expired: bool,
    flight: Option<Flight>,
    last_id: u64,
    again: Option<Again>,
    retry: Retry,
    idle: Idle,
    demand: Demand,
    beside: Option<Duration>,
    misses: Misses,
    manual: Manual,
    floor: Option<Time>,
    distrusted: bool,
    distrust_opens_at: Option<Time>,
}
