//! One instance: the real machine, and what its driver and its callers would do.

use std::time::Duration;

use jwks_core::refresh::{FetchId, FetchStart, Freshness, Gate, Machine, Miss, Response, Time};

use super::arrivals::Arrivals;
use super::issuer::Outcome;
use super::metrics::Metrics;
use super::store::{Attempt, Look, Seen};
use super::world::Around;

#[derive(Debug)]
pub(super) struct Instance {
    machine: Machine,
    wait_budget: Duration,
    requests: Arrivals,
    /// Requests that are served, or refused.
    done: u64,
    strangers: Arrivals,
    /// Strangers' tokens that have come, in the present flood.
    junk: u64,
    /// Of these, those that wait for a fetch.
    junk_waiting: u64,
    /// The rotations that the held set has seen.
    version: u32,
    blocked: Option<Blocked>,
    flight: Option<Flight>,
    seen: Seen,
    pub(super) metrics: Option<Box<Metrics>>,
    /// Of the event that is queued for it; all others are void.
    pub(super) stamp: u32,
}

/// Requests wait, from the first that is not done on.
#[derive(Clone, Copy, Debug)]
struct Blocked {
    why: Why,
    /// Whether the machine knows.
    told: bool,
    /// When the first of them came.
    since: Option<Time>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Why {
    /// No keys are held.
    Cold,
    /// The lifetime is over, and nothing is refreshed ahead.
    Gate,
    /// The held set lacks the key that the issuer signs with.
    Kid,
}

#[derive(Clone, Copy, Debug)]
struct Flight {
    id: FetchId,
    start: FetchStart,
    begun: Time,
    /// When it is to be looked at next.
    at: Time,
    stage: Stage,
    attempt: Attempt,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    /// Looks into the shared store.
    Looks,
    /// Comes back with this.
    Lands { outcome: Outcome, age: Option<Duration> },
}

impl Instance {
    /// One that starts now.
    pub(super) fn new(
        machine: Machine,
        wait_budget: Duration,
        requests: Arrivals,
        strangers: Arrivals,
    ) -> Self {
        Self {
            machine,
            wait_budget,
            requests,
            done: 0,
            strangers,
            junk: 0,
            junk_waiting: 0,
            version: 0,
            blocked: None,
            flight: None,
            seen: Seen::default(),
            metrics: None,
            stamp: 0,
        }
    }

    /// Another process takes its place, which knows nothing; its counters start anew.
    pub(super) fn restart(&mut self, machine: Machine, now: Time) {
        let done = self.requests.until(now).max(self.done);
        let junk = self.strangers.until(now);
        let stamp = self.stamp;
        let metrics = self.metrics.is_some().then(|| Box::new(Metrics::new()));
        let (requests, strangers) = (self.requests, self.strangers);
        let fresh = Self::new(machine, self.wait_budget, requests, strangers);
        *self = Self { done, junk, stamp, metrics, ..fresh };
    }

    /// Does all that is due now. Returns when the next thing is.
    pub(super) fn step(&mut self, now: Time, around: &mut Around<'_>) -> Option<Time> {
        self.account(now, around);
        self.go_on(now, around);
        loop {
            if let Some(start) = self.machine.handle_timeout(now) {
                self.take_off(start, now, around);
            }
            self.give_up(now, around);
            self.block(now, around);
            if !self.tell(now, around) {
                break;
            }
        }
        self.next(now, around)
    }

    /// Counts what has come up to now.
    pub(super) fn account(&mut self, now: Time, around: &mut Around<'_>) {
        let come = self.requests.until(now);
        match self.blocked {
            None => self.serve(come.saturating_sub(self.done), 0, now, around),
            Some(blocked) => {
                // Those whose budget has ended.
                let since = now.since_origin().checked_sub(self.wait_budget);
                let over = since.map_or(0, |at| self.requests.until(Time::from_origin(at)));
                if over > self.done && blocked.why == Why::Gate {
                    self.machine.handle_stale_given(now);
                }
                self.refuse(over.saturating_sub(self.done), blocked.why, now, around);
            }
        }
        let strangers = self.strangers.until(now);
        let new = strangers.saturating_sub(self.junk);
        self.junk = strangers;
        if around.flood && new > 0 {
            if self.flight.is_some() {
                self.junk_waiting += new;
            } else if self.wants_junk() {
                self.machine.handle_miss(now, Miss::Kid);
                self.junk_waiting += 1;
                self.metric(|metrics| metrics.undecided += new - 1);
            } else {
                self.metric(|metrics| metrics.undecided += new);
            }
        }
    }

    /// What is still open at the end counts up to it.
    pub(super) fn finish(&mut self, now: Time, around: &mut Around<'_>) {
        self.account(now, around);
        if let Some(Blocked { why: Why::Kid, since: Some(since), .. }) = self.blocked {
            let unknown_for = now.saturating_since(since);
            around.tally.unknown_for = around.tally.unknown_for.max(unknown_for);
        }
    }

    pub(super) const fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Requests that wait at this moment.
    pub(super) fn waiting(&self, now: Time) -> u64 {
        self.blocked.map_or(0, |_| self.requests.until(now).saturating_sub(self.done))
    }

    fn next(&self, now: Time, around: &Around<'_>) -> Option<Time> {
        let deadline = self.machine.poll_timeout().map(|deadline| deadline.at);
        let flight = self.flight.map(|flight| flight.at);
        let next_request = self.requests.at(self.done.saturating_add(1));
        let by_caller = match self.blocked {
            None if self.machine.gate(now) == Gate::Asking => Some(next_request),
            None => self
                .machine
                .poll_usage()
                .map(|left| self.requests.at(self.done.saturating_add(left.get()))),
            // They are heard once it has landed.
            Some(Blocked { why: Why::Kid, .. }) if self.flight.is_some() => None,
            Some(blocked) if !blocked.told => Some(next_request),
            Some(Blocked { why: Why::Gate, .. }) => Some(next_request + self.wait_budget),
            Some(_) => None,
        };
        let listens = around.flood && self.wants_junk();
        let stranger = listens.then(|| self.strangers.at(self.junk.saturating_add(1)));
        let next = [deadline, flight, by_caller, stranger].into_iter().flatten().min()?;
        // Whatever is due now was done: a step forward, in any case.
        (next < Time::MAX).then(|| next.max(now + Duration::from_micros(1)))
    }

    fn wants_junk(&self) -> bool {
        self.flight.is_none() && !self.machine.wants_miss() && self.blocked.is_none()
    }

    /// The flight goes on: a look into the store, or its end.
    fn go_on(&mut self, now: Time, around: &mut Around<'_>) {
        let Some(mut flight) = self.flight.take_if(|flight| flight.at <= now) else { return };
        match flight.stage {
            Stage::Lands { outcome, age } => self.land(&flight, outcome, age, now, around),
            Stage::Looks => {
                self.look(&mut flight, now, around);
                self.flight = Some(flight);
            }
        }
    }

    fn take_off(&mut self, start: FetchStart, now: Time, around: &mut Around<'_>) {
        let limit = start.deadline.saturating_since(now);
        let mut attempt = Attempt::new(now, limit, start.no_cache);
        if start.unknown_kid {
            let junk = self.junk_waiting > 0;
            let rotated = self.blocked.is_some_and(|blocked| blocked.why == Why::Kid);
            attempt.wants_keys = junk || rotated;
            // What strangers make up, no set has.
            attempt.wanted = if junk { None } else { Some(around.issuer.version(now)) };
        }
        let stage = Stage::Looks;
        let mut flight = Flight { id: start.id, start, begun: now, at: now, stage, attempt };
        self.look(&mut flight, now, around);
        self.flight = Some(flight);
    }

    fn look(&mut self, flight: &mut Flight, now: Time, around: &mut Around<'_>) {
        let Some(store) = &mut around.store else {
            let (at, outcome) = around.issuer.ask(now);
            around.tally.fetched(now);
            (flight.at, flight.stage) = (at, Stage::Lands { outcome, age: None });
            return;
        };
        let (shortest, longest) = store.pauses();
        let pause = around.random.between(shortest, longest);
        match store.look(now, &mut flight.attempt, &mut self.seen, pause) {
            Look::Wait(at) => flight.at = at,
            Look::Fetch => {
                let (at, outcome) = around.issuer.ask(now);
                around.tally.fetched(now);
                store.hold(&flight.attempt, at);
                (flight.at, flight.stage) = (at, Stage::Lands { outcome, age: None });
            }
            Look::Take { outcome, age } => {
                if around.tally.counts(now) {
                    around.tally.taken += 1;
                }
                let stage = Stage::Lands { outcome, age: Some(age) };
                (flight.at, flight.stage) = (now + ROUND_TRIP, stage);
            }
        }
    }

    fn land(
        &mut self,
        flight: &Flight,
        outcome: Outcome,
        age: Option<Duration>,
        now: Time,
        around: &mut Around<'_>,
    ) {
        if let Some(store) = &mut around.store {
            store.publish(now, &flight.attempt, outcome, &mut self.seen);
        }
        let waiting_junk = std::mem::take(&mut self.junk_waiting);
        match outcome {
            Outcome::Keys(version) => {
                let mut response = Response::default();
                if let Some(age) = age {
                    response.shared_for = age;
                    // In whole seconds, and at least one.
                    let more = u64::from(age.subsec_nanos() > 0);
                    response.age = Duration::from_secs((age.as_secs() + more).max(1));
                }
                self.machine.handle_success(now, flight.id, response);
                let changed = self.version != version || !self.seen_any();
                self.version = version;
                let trust = self.machine.trust_until();
                self.metric(|metrics| {
                    metrics.fetched(flight.start.reason, changed, (now, trust));
                    metrics.absent += waiting_junk;
                });
            }
            Outcome::Away | Outcome::Told | Outcome::TooMany(_) => {
                let retry_after = match outcome {
                    Outcome::TooMany(pause) => Some(pause),
                    _ => None,
                };
                self.machine.handle_failure(now, flight.id, retry_after);
                self.metric(|metrics| {
                    metrics.failed(flight.start.reason, outcome);
                    metrics.junk_failed += waiting_junk;
                });
                self.refuse_all_for_kids(now, around);
            }
        }
        self.hear_again();
    }

    /// An attempt whose time is over: the machine has given it up.
    fn give_up(&mut self, now: Time, around: &mut Around<'_>) {
        let gone = self.flight.take_if(|flight| self.machine.in_flight() != Some(flight.id));
        if let Some(flight) = gone {
            let waiting_junk = std::mem::take(&mut self.junk_waiting);
            self.metric(|metrics| {
                metrics.timed_out(flight.start.reason);
                metrics.junk_failed += waiting_junk;
            });
            debug_assert!(now >= flight.begun, "time runs forward");
            self.refuse_all_for_kids(now, around);
            self.hear_again();
        }
    }

    fn seen_any(&self) -> bool {
        self.metrics.as_ref().is_none_or(|metrics| metrics.has_keys())
    }

    /// Whoever waited for that fetch because of a kid is told that it failed.
    fn refuse_all_for_kids(&mut self, now: Time, around: &mut Around<'_>) {
        if self.blocked.is_some_and(|blocked| blocked.why == Why::Kid) {
            let come = self.requests.until(now).saturating_sub(self.done);
            self.refuse(come, Why::Kid, now, around);
        }
    }

    /// Those who wait for a kid cause a fetch each time.
    fn hear_again(&mut self) {
        if let Some(blocked) = &mut self.blocked {
            blocked.told &= blocked.why != Why::Kid;
        }
    }

    /// Finds out whether requests have to wait from now on, or no longer.
    fn block(&mut self, now: Time, around: &mut Around<'_>) {
        let why = self.why(now, around);
        if self.blocked.map(|blocked| blocked.why) == why {
            return;
        }
        let before = std::mem::replace(
            &mut self.blocked,
            why.map(|why| Blocked { why, told: false, since: None }),
        );
        let Some(before) = before else { return };
        if before.told && before.why != Why::Kid {
            self.machine.handle_demand(now, 0);
        }
        if why.is_none() {
            let waited = self.requests.until(now).saturating_sub(self.done);
            if before.why == Why::Kid
                && let Some(since) = before.since
            {
                let unknown_for = now.saturating_since(since);
                if around.tally.counts(since) {
                    around.tally.unknown_for = around.tally.unknown_for.max(unknown_for);
                }
                self.metric(|metrics| metrics.found += waited);
            }
            self.serve(waited, waited, now, around);
        }
    }

    fn why(&self, now: Time, around: &Around<'_>) -> Option<Why> {
        if !self.machine.is_serving(now) {
            return Some(Why::Cold);
        }
        if self.version < around.issuer.version(now) {
            return Some(Why::Kid);
        }
        let spent = || self.machine.freshness(now) == Freshness::Stale;
        match self.machine.gate(now) {
            Gate::Closed => Some(Why::Gate),
            Gate::Counted if spent() => Some(Why::Gate),
            _ => None,
        }
    }

    /// Tells the machine of callers who have come. Whether there was anything to tell.
    fn tell(&mut self, now: Time, around: &Around<'_>) -> bool {
        let is_first = self.requests.until(now) == self.done;
        let Some(blocked) = &mut self.blocked else {
            if self.machine.gate(now) == Gate::Asking && self.requests.at(self.done) >= now {
                self.machine.handle_ask(now);
                return self.machine.gate(now) != Gate::Asking;
            }
            return false;
        };
        if blocked.told || is_first {
            return false;
        }
        debug_assert!(blocked.why != Why::Kid || around.issuer.version(now) > 0, "no rotation");
        blocked.since.get_or_insert(now);
        match blocked.why {
            Why::Kid if self.flight.is_some() => return false,
            Why::Kid => self.machine.handle_miss(now, Miss::Kid),
            Why::Cold | Why::Gate => self.machine.handle_demand(now, 1),
        }
        blocked.told = true;
        true
    }

    fn serve(&mut self, count: u64, waited: u64, now: Time, around: &mut Around<'_>) {
        self.done += count;
        self.machine.handle_usage(now, count);
        if around.tally.counts(now) {
            around.tally.requests += count;
            around.tally.waited += waited;
        }
        self.metric(|metrics| metrics.ok += count);
    }

    fn refuse(&mut self, count: u64, why: Why, now: Time, around: &mut Around<'_>) {
        if count == 0 {
            return;
        }
        if why == Why::Gate {
            // They get the stale set.
            return self.serve(count, count, now, around);
        }
        self.done += count;
        if around.tally.counts(now) {
            around.tally.requests += count;
            around.tally.failed += count;
        }
        self.metric(|metrics| metrics.refused(why, count));
    }

    fn metric(&mut self, change: impl FnOnce(&mut Metrics)) {
        if let Some(metrics) = &mut self.metrics {
            change(metrics);
        }
    }
}

/// To Redis and back.
const ROUND_TRIP: Duration = Duration::from_millis(1);
