//! What readers share: the keys, and until when and how often they may be used.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, SystemTime};

use super::denied::Denied;
use super::http::EntityTag;
use super::meter::{Gauge, Meter};
use crate::keys::KeySet;
use crate::refresh::Gate;

const ASKING: u8 = 3;
const CLOSED: u8 = 2;
const COUNTED: u8 = 1;
const OPEN: u8 = 0;

/// One publication. A confirmation by 304 is a new one too, with the keys of the old: uses of the
/// old snapshot do not count for the new.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// Differs between publications.
    pub(crate) generation: u64,
    /// The publication that the set came with: an earlier one if kids were denied or allowed since.
    pub(crate) since: u64,
    /// None: nothing may be used.
    pub(crate) held: Option<Held>,
    /// Kids that were taken out of `held` by hand.
    pub(crate) denied: Arc<Denied>,
    pub(crate) reading: Reading,
    meter: Meter,
    /// Ordering: release and acquire, so that a reader who acts on a gate sees the marks that the
    /// driver took before it set that gate. Nothing hangs on seeing the newest: a reader who sees
    /// an old gate is as one who came a moment earlier: it uses keys that are still trusted, or
    /// comes to wait, and then the driver sees that it need not.
    gate: AtomicU8,
}

/// The fetch that the keys were read by.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Reading {
    /// Counted by their beginnings; 0 if there was none.
    pub(crate) fetch: u64,
    /// Whether the issuer itself has sent the whole set.
    pub(crate) full: bool,
}

/// What it means to a caller that a set lacks its key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Word {
    /// The issuer has said so since the caller came: there is no such key.
    Final,
    /// A fetch began after the caller came, but proves nothing: a cache on the way has answered.
    /// The caller causes no other.
    Inconclusive,
    /// Nothing: the set was read, or was about to be, before the caller came.
    Older,
}

impl Reading {
    /// What the set says to a caller who came when so many fetches had begun.
    pub(crate) const fn word(self, came: u64) -> Word {
        match (self.fetch > came, self.full) {
            (false, _) => Word::Older,
            (true, false) => Word::Inconclusive,
            (true, true) => Word::Final,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// As the issuer published them.
    pub(crate) all: Arc<KeySet>,
    /// Those that readers may use: without the denied ones, once it is published.
    pub(crate) keys: Arc<KeySet>,
    /// What to ask with whether they are still the same.
    pub(crate) etag: Option<EntityTag>,
    /// The response's own.
    pub(crate) lifetime: Option<Duration>,
    pub(crate) confirmed_at: SystemTime,
    /// The end of the trust in wall time: the driver may be starved and the monotonic clock may
    /// have stood still, but a validation has wall time anyway.
    pub(crate) trust_until: SystemTime,
}

impl Snapshot {
    pub(crate) fn new(
        generation: u64,
        held: Option<(Held, Reading)>,
        (meter, gauge): (Meter, Gauge),
        denied: Arc<Denied>,
    ) -> (Self, Gauge) {
        let (held, reading) = held.unzip();
        let held = held.map(|held| Held { keys: denied.without_denied(&held.all), ..held });
        let reading = reading.unwrap_or_default();
        let gate = AtomicU8::new(OPEN);
        (Self { generation, since: generation, held, denied, reading, meter, gate }, gauge)
    }

    /// The same, with other kids denied: what is left of its uses and its gate go on.
    pub(crate) fn denying(&self, generation: u64, denied: Arc<Denied>) -> (Self, Gauge) {
        let left = self.meter.with_what_is_left();
        let held = self.held.clone().map(|held| (held, self.reading));
        let (snapshot, gauge) = Self::new(generation, held, left, denied);
        snapshot.set_gate(self.gate());
        (Self { since: self.since, ..snapshot }, gauge)
    }

    /// Whether its lifetime is over, so that uses wait, or ask for another set.
    pub(crate) fn is_over(&self) -> bool {
        match self.gate() {
            Gate::Asking | Gate::Open => false,
            Gate::Closed => true,
            Gate::Counted => self.meter.is_spent(),
        }
    }

    pub(crate) const fn meter(&self) -> &Meter {
        &self.meter
    }

    pub(crate) fn gate(&self) -> Gate {
        match self.gate.load(Ordering::Acquire) {
            ASKING => Gate::Asking,
            CLOSED => Gate::Closed,
            COUNTED => Gate::Counted,
            _ => Gate::Open,
        }
    }

    pub(crate) fn set_gate(&self, gate: Gate) {
        let gate = match gate {
            Gate::Asking => ASKING,
            Gate::Closed => CLOSED,
            Gate::Counted => COUNTED,
            Gate::Open => OPEN,
        };
        self.gate.store(gate, Ordering::Release);
    }
}

/// Wall time that far ahead; as late as the clock can say where that is too far.
pub(crate) fn later(at: SystemTime, by: Duration) -> SystemTime {
    let mut by = by;
    loop {
        match at.checked_add(by) {
            Some(later) => return later,
            None => by /= 2,
        }
    }
}
