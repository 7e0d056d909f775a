//! The recorder itself.

use std::fmt;
use std::time::Duration;

use super::compact::{Base, LONGEST, Reader, Writer};
use super::entry::{Entry, Kind, Quiet, Step, Timeout, Wall};
use super::recording::{Recording, Start};
use super::ring::Ring;
use super::{Operation, Outcome};
use crate::refresh::fetch::Demand;
use crate::refresh::{Machine, Time};

/// The last inputs of one machine, in a fixed number of bytes. It allocates when it is made, and
/// not later, and reads no clock.
///
/// It holds a copy of the machine as it was before the oldest input that is still recorded. To make
/// room it gives that input to the copy.
pub(crate) struct Recorder {
    /// The machine before the first entry.
    before: Machine,
    /// It is as new: the seed and the time.
    fresh: Option<(u64, Time)>,
    ring: Ring,
    /// The state after the last entry in the ring.
    base: Base,
    /// What came since.
    quiet: Quiet,
    /// The kinds of quiet input since the last step.
    seen: u16,
}

impl Recorder {
    /// Records what is put into this machine, which is as new from that seed, in so many bytes: at
    /// least [`LEAST`](Self::LEAST), or none, to record nothing.
    pub(crate) fn new(machine: Machine, seed: u64, size: usize) -> Self {
        let size = if size < Self::LEAST { 0 } else { size };
        let fresh = Some((seed, machine.clock.adapter()));
        let base = machine.base();
        let (quiet, seen) = (Quiet::default(), 0);
        Self { before: machine, fresh, ring: Ring::new(size), base, quiet, seen }
    }

    /// The least size: a few entries of any kind.
    pub(crate) const LEAST: usize = 2 * LONGEST;

    /// Records that this input has led from one state to the other.
    pub(crate) fn note(
        &mut self,
        before: &Machine,
        after: &Machine,
        input: Operation,
        outcome: Outcome,
    ) {
        if self.ring.size() == 0 {
            return;
        }
        let at = after.clock.adapter();
        if is_news(before, after, input) {
            let step = Step { at, input, did: Some(outcome.into()) };
            self.close(Some(step));
            return;
        }
        if let Some((kind, count)) = Kind::of(input) {
            self.count(kind, count, at);
        }
        self.quiet.last = at;
        match input {
            Operation::Demand(waiting) => {
                self.quiet.waiting = Some(waiting > 0);
                self.quiet.most_waiting = self.quiet.most_waiting.max(waiting);
            }
            Operation::Timeout => {
                self.quiet.timeout = Some(Timeout { at, waiting: self.quiet.waiting });
                let later = std::mem::take(&mut self.quiet.walls_after);
                self.quiet.walls = self.quiet.walls.followed_by(later);
            }
            Operation::WallClock(wall) => {
                let ahead = after.clock.is_ahead_of(&before.clock);
                self.quiet.walls_after.read(Wall { at, wall }, ahead);
            }
            _ => {}
        }
    }

    /// What is recorded so far.
    pub(crate) fn recording(&self) -> Recording {
        let start = match self.fresh {
            Some((seed, at)) => Start::New { seed, at },
            None => Start::State(self.before.clone()),
        };
        let recorded: Vec<u8> = self.ring.iter().collect();
        let mut reader = Reader::new(self.before.base(), &recorded);
        let mut entries: Vec<_> = std::iter::from_fn(|| reader.entry()).collect();
        if !self.quiet.is_empty() {
            entries.push(Entry { quiet: self.quiet.once(), step: None });
        }
        Recording::new(self.before.policy.clone(), start, entries)
    }

    fn count(&mut self, kind: Kind, count: u64, at: Time) {
        if kind != Kind::Timeout {
            if self.quiet.is_noteworthy() && self.seen & kind.bit() == 0 {
                // Its beginning is worth an entry of its own; that it goes on is not.
                self.close(None);
            }
            if !self.quiet.is_noteworthy() {
                let millis = at.since_origin().as_millis();
                self.quiet.first = Time::from_origin(from_millis(millis));
            }
            self.seen |= kind.bit();
        }
        self.quiet.counts.add(kind, count);
    }

    fn close(&mut self, step: Option<Step>) {
        let mut quiet = std::mem::take(&mut self.quiet);
        if step.is_some() {
            quiet.last = Time::ZERO;
            self.seen = 0;
        }
        let mut writer = Writer::new(self.base);
        writer.entry(&Entry { quiet: quiet.once(), step });
        let written = writer.written();
        while self.ring.room() < written.len() {
            self.move_on();
        }
        self.ring.push(written);
        self.base = writer.base;
    }

    /// Gives the oldest entry to the machine that it began from.
    fn move_on(&mut self) {
        let mut buffer = [0; LONGEST];
        let mut reader = Reader::new(self.before.base(), self.ring.front(&mut buffer));
        let all = reader.left();
        let Some(entry) = reader.entry() else {
            // It was written whole.
            self.ring.drop_front(usize::MAX);
            return;
        };
        self.ring.drop_front(all - reader.left());
        for call in entry.calls() {
            self.before.handle(call.at, call.input);
        }
        self.fresh = None;
    }
}

/// Without what is recorded, which is long.
impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("ring", &self.ring).finish_non_exhaustive()
    }
}

impl Machine {
    /// Where the differences of the next entry count from.
    fn base(&self) -> Base {
        Base { at: self.clock.adapter(), ahead: self.clock.ahead() }
    }

    /// Whether they differ in nothing but the clocks, the number of uses, and whether somebody
    /// waits.
    fn is_nearly(&self, other: &Self) -> bool {
        let Self {
            policy: _,
            rng,
            clock: _,
            settled: _,
            lease,
            expired,
            flight,
            last_id,
            again,
            retry,
            idle,
            demand: Demand { asked, waiting: _ },
            beside,
            misses,
            manual,
            floor,
            distrusted,
            distrust_opens_at,
        } = self;
        let same_lease = match (lease, &other.lease) {
            (Some(lease), Some(other)) => lease.is_nearly(other),
            (None, None) => true,
            _ => false,
        };
        same_lease
            && *rng == other.rng
            && *expired == other.expired
            && *flight == other.flight
            && *last_id == other.last_id
            && *again == other.again
            && *retry == other.retry
            && *idle == other.idle
            && *asked == other.demand.asked
            && *beside == other.beside
            && *misses == other.misses
            && *manual == other.manual
            && *floor == other.floor
            && *distrusted == other.distrusted
            && *distrust_opens_at == other.distrust_opens_at
    }
}

/// Whether the input must be recorded by itself: it has changed the machine, or the wall clock has
/// gone on alone for long enough to be told.
fn is_news(before: &Machine, after: &Machine, input: Operation) -> bool {
    match input {
        Operation::WallClock(_) => {
            let frozen = after.clock.frozen().saturating_sub(before.clock.frozen());
            before.clock.is_unread() || frozen >= SECOND
        }
        _ => !after.is_nearly(before),
    }
}

fn from_millis(millis: u128) -> Duration {
    u64::try_from(millis).map_or(Duration::ZERO, Duration::from_millis)
}

const SECOND: Duration = Duration::from_secs(1);
