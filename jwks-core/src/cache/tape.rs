//! The machine of a driver, and what is recorded of it.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use super::Policy;
use crate::cache::sync::{AtomicUsize, Mutex, Ordering, lock};
use crate::refresh::record::{Operation, Outcome, Recorder, Recording};
use crate::refresh::{Answered, FetchId, FetchStart, Machine, Miss, Response, Time};

/// A machine whose every input is recorded: it can be looked at, and be changed by nothing but the
/// functions here.
#[derive(Debug)]
pub(super) struct Tape {
    machine: Machine,
    recorded: Arc<Recorded>,
}

/// What is recorded, shared with the handles.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// None: nothing is recorded.
    recorder: Option<Box<Mutex<Recorder>>>,
    seed: u64,
    _share: Share,
}

impl Tape {
    pub(super) fn new(policy: Policy, seed: u64, size: usize) -> Self {
        let machine = Machine::new(policy, seed, Time::ZERO);
        let share = Share::take(size);
        let new = || Mutex::new(Recorder::new(machine.clone(), seed, share.0));
        let recorder = (share.0 > 0).then(|| Box::new(new()));
        Self { machine, recorded: Arc::new(Recorded { recorder, seed, _share: share }) }
    }

    pub(super) fn recorded(&self) -> Arc<Recorded> {
        Arc::clone(&self.recorded)
    }

    pub(super) fn handle_ask(&mut self, now: Time) {
        self.put(now, Operation::Ask);
    }

    pub(super) fn handle_demand(&mut self, now: Time, waiting: u64) {
        self.put(now, Operation::Demand(waiting));
    }

    pub(super) fn handle_distrust(&mut self, now: Time) {
        self.put(now, Operation::Distrust);
    }

    pub(super) fn handle_failure(
        &mut self,
        now: Time,
        id: FetchId,
        retry_after: Option<Duration>,
    ) -> Answered {
        answered(self.put(now, Operation::Failure { id, retry_after }))
    }

    pub(super) fn handle_hydrate(
        &mut self,
        now: Time,
        age: Duration,
        trust: Duration,
        lifetime: Option<Duration>,
    ) -> Answered {
        answered(self.put(now, Operation::Hydrate { age, trust, lifetime }))
    }

    pub(super) fn handle_invalidate(&mut self, now: Time) {
        self.put(now, Operation::Invalidate);
    }

    pub(super) fn handle_miss(&mut self, now: Time, miss: Miss) {
        self.put(now, Operation::Miss(miss));
    }

    pub(super) fn handle_not_modified(
        &mut self,
        now: Time,
        id: FetchId,
        response: Response,
    ) -> Answered {
        answered(self.put(now, Operation::NotModified { id, response }))
    }

    pub(super) fn handle_refresh(&mut self, now: Time) -> Result<(), Time> {
        match self.put(now, Operation::Refresh) {
            Outcome::Refused(until) => Err(until),
            _ => Ok(()),
        }
    }

    pub(super) fn handle_stale_given(&mut self, now: Time) {
        self.put(now, Operation::StaleGiven);
    }

    pub(super) fn handle_success(
        &mut self,
        now: Time,
        id: FetchId,
        response: Response,
    ) -> Answered {
        answered(self.put(now, Operation::Success { id, response }))
    }

    pub(super) fn handle_timeout(&mut self, now: Time) -> Option<FetchStart> {
        match self.put(now, Operation::Timeout) {
            Outcome::Started(start) => Some(start),
            _ => None,
        }
    }

    pub(super) fn handle_usage(&mut self, now: Time, used: u64) {
        self.put(now, Operation::Usage(used));
    }

    pub(super) fn handle_wall_clock(&mut self, now: Time, wall: Duration) {
        self.put(now, Operation::WallClock(wall));
    }

    fn put(&mut self, now: Time, input: Operation) -> Outcome {
        let Some(recorder) = &self.recorded.recorder else {
            return self.machine.handle(now, input);
        };
        let before = self.machine.clone();
        let outcome = self.machine.handle(now, input);
        lock(recorder).note(&before, &self.machine, input, outcome);
        outcome
    }
}

impl Recorded {
    /// What is recorded of a machine with this policy.
    pub(crate) fn recording(&self, label: &str, policy: &Policy) -> Recording {
        let recording = match &self.recorder {
            Some(recorder) => lock(recorder).recording(),
            None => {
                let machine = Machine::new(policy.clone(), self.seed, Time::ZERO);
                Recorder::new(machine, self.seed, 0).recording()
            }
        };
        recording.with_label(label)
    }
}

impl Deref for Tape {
    type Target = Machine;

    fn deref(&self) -> &Machine {
        &self.machine
    }
}

/// A share of what all recorders of the process have together.
#[derive(Debug)]
struct Share(usize);

impl Share {
    /// What is left, if that is less than what is wanted; nothing, if that is too little to record
    /// in.
    fn take(wanted: usize) -> Self {
        let share = |taken: usize| {
            let left = MOST_OF_ALL.saturating_sub(taken).min(wanted);
            if left < Recorder::LEAST { 0 } else { left }
        };
        let mut taken = TAKEN.load(Ordering::Relaxed);
        loop {
            let own = share(taken);
            let all = taken.saturating_add(own);
            match TAKEN.compare_exchange_weak(taken, all, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Self(own),
                Err(now) => taken = now,
            }
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        TAKEN.fetch_sub(self.0, Ordering::Relaxed);
    }
}

/// What all recorders have taken. Ordering: `Relaxed`, no data goes with it.
static TAKEN: AtomicUsize = AtomicUsize::new(0);

/// What an issuer's recorder has by default.
pub(super) const SIZE: usize = 2 << 10;

/// What all of them have at most.
const MOST_OF_ALL: usize = 4 << 20;

const fn answered(outcome: Outcome) -> Answered {
    match outcome {
        Outcome::Answered(answered) => answered,
        // No answer leads to any other outcome.
        _ => Answered::Ignored,
    }
}
