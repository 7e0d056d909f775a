//! The driver: it owns the machine, and connects it to the readers and the adapter.

mod answered;
mod any;
mod denied;
mod flight;
mod hydrate;
mod missing;
mod place;
mod report;
mod turn;
mod waiting;

use std::sync::{Arc, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

use http::Response;

use super::denied::Denied;
use super::fetch::Fetch;
use super::meter::Gauge;
use super::room::Answers;
use super::shared::Shared;
use super::snapshot::{Held, Reading, Snapshot};
use super::start::Able;
use super::tape::Tape;
use super::turns::Member;
use super::url::Url;
use super::{FetchError, Observer, Source};
use crate::refresh::{FetchStart, Gate, Time};
pub use any::Driver;
pub(crate) use any::{Aside, Later};
use flight::Flight;
use missing::Missing;
use place::Place;
use report::Report;

/// Rounds of one poll. Uses and requests can come while the driver looks at earlier ones.
const ROUNDS: usize = 8;

/// The driver of one cache. When it is dropped, every waiting caller is told.
#[derive(Debug)]
pub(crate) struct IssuerDriver {
    shared: Arc<Shared>,
    source: Source,
    /// Whether the adapter does.
    able: Able,
    machine: Tape,
    now: Time,
    /// The wall clock at the start of this poll.
    wall_now: SystemTime,
    flight: Option<Flight>,
    /// The last fetch that began.
    begun: Begun,
    /// Where the issuer said that its keys are.
    place: Place,
    /// Where the held keys, and their tag, came from.
    held_from: Option<Url>,
    current: Arc<Snapshot>,
    /// The denied kids that were reported.
    denied: Arc<Denied>,
    gauge: Gauge,
    missing: Missing,
    /// How many callers wait for keys, as the machine knows it.
    demand: usize,
    /// Given to the callers at the end of a poll.
    answers: Answers,
    report: Report,
    /// Its turns, if it shares them with others, and when to ask for the next one.
    turns: Option<Member>,
    turn_at: Option<Time>,
    waits_for_turn: bool,
}

/// A fetch, as the callers know it who wait for it.
#[derive(Clone, Copy, Debug)]
struct Begun {
    /// Counted by their beginnings.
    number: u64,
    by_hand: bool,
    at: SystemTime,
}

/// What the adapter has to do. Match on all variants.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "a new action would break an adapter either way")]
#[expect(clippy::large_enum_variant, reason = "one at a time, moved once, never stored")]
pub enum Action {
    /// Start this fetch in the background, and poll again at once. If the previous fetch still
    /// runs, end it: it has been given up, and its answer is ignored.
    Fetch(Fetch),
    /// Every handle is gone: end the running fetch, and drop the driver.
    Stop,
    /// Poll again at this time, if any, or when [`Driver::woken`] completes, whichever is first.
    Wait(Option<Time>),
}

impl IssuerDriver {
    pub(crate) fn poll(&mut self, now: Time) -> Action {
        self.shared.wake.lower();
        if self.shared.is_abandoned() {
            return Action::Stop;
        }
        self.shared.set_polled();
        self.read_clocks(now);
        // What is at hand is answered here, and taken in the next round.
        for _ in 0..ROUNDS {
            if !self.run_until_stable() {
                // Uses came as fast as they were counted: to be looked at again at once.
                self.shared.wake.raise();
            }
            self.publish_state();
            self.answers.give();
            // The next poll, which follows at once, reports what has happened. So a slow observer
            // does not delay a fetch that is due.
            match self.next_fetch().map(|fetch| self.answered_here(fetch)) {
                None => break,
                Some(None) => {}
                Some(Some(fetch)) => return Action::Fetch(fetch),
            }
        }
        // Last, so that the observer does not delay callers either.
        self.report.polled(&self.shared);
        Action::Wait(self.next_deadline())
    }

    /// The fetch, unless it needs no adapter, or one that reads files.
    fn answered_here(&self, fetch: Fetch) -> Option<Fetch> {
        let outcome = match self.source.document() {
            Some(document) => Ok(Response::new(Arc::clone(document))),
            None if fetch.file.is_some() && !self.able.reads_files => {
                Err(FetchError::file("this adapter reads no files"))
            }
            None if !fetch.addresses.are_any() && !self.able.checks_addresses => {
                Err(FetchError::connect(
                    "this adapter does not check addresses, and public ones alone are allowed",
                ))
            }
            None => return Some(fetch),
        };
        fetch.reply.send(outcome);
        None
    }

    /// Takes keys that are at hand.
    fn take_at_hand(&mut self) {
        if self.source.document().is_some() {
            _ = self.poll(Time::ZERO);
        }
    }

    /// Its issuer comes to a verifier that runs already.
    pub(crate) fn comes_later(&mut self) {
        self.report.added();
    }

    /// Tells the observer what has happened before the first poll.
    pub(crate) fn tell(&mut self) {
        self.report.notify_observer(&self.shared);
    }

    /// Whether there is nothing left for it to do.
    fn is_over(&self) -> bool {
        self.shared.is_abandoned()
    }

    /// What the driver works for, as long as it lives.
    pub(super) fn weak(&self) -> Weak<Shared> {
        Arc::downgrade(&self.shared)
    }

    pub(super) fn new(
        shared: &Arc<Shared>,
        gauge: Gauge,
        source: Source,
        observer: Option<Observer>,
        machine: Tape,
        able: Able,
    ) -> Self {
        let wall_now = shared.wall_now();
        let mut report = Report::new(observer, wall_now);
        report.name(shared, &source);
        Self {
            current: Arc::clone(&shared.snapshot()),
            machine,
            shared: Arc::clone(shared),
            source,
            able,
            now: Time::ZERO,
            wall_now,
            flight: None,
            begun: Begun { number: 0, by_hand: false, at: wall_now },
            place: Place::default(),
            held_from: None,
            denied: Arc::default(),
            gauge,
            missing: Missing::default(),
            demand: 0,
            answers: Answers::default(),
            report,
            turns: None,
            turn_at: None,
            waits_for_turn: false,
        }
    }

    /// Takes the wall clock's word too: time may have passed while the adapter's clock stood still.
    fn read_clocks(&mut self, now: Time) {
        self.now = self.now.max(now);
        self.wall_now = self.shared.wall_now();
        let since_1970 = self.wall_now.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.machine.handle_wall_clock(self.now, since_1970);
        let trust_until = self.current.held.as_ref().map(|held| held.trust_until);
        if trust_until.is_some_and(|until| self.wall_now >= until) {
            self.machine.handle_distrust(self.now);
        }
        // The note of a reader who saw the same has only woken the driver.
        self.shared.distrusted.take();
    }

    /// Does everything that is due now, in rounds, because one step can lead to another. False:
    /// there may be more to do.
    fn run_until_stable(&mut self) -> bool {
        for _ in 0..ROUNDS {
            self.receive();
            // Before time acts: who asks by hand, or for a kid, must not join a fetch that is due
            // at this very instant for another cause, and nothing is fetched for callers who left.
            self.receive_callers();
            let flight = self.machine.in_flight();
            let began = self.advance();
            // After time has acted: at one instant the end of an attempt comes before that of a
            // budget, so that the caller hears why there are no keys.
            self.end_budgets();
            if began {
                return true;
            }
            // What callers noted during a fetch that has run into its timeout is heard now.
            let same = self.machine.in_flight() == flight && self.demand == self.room_demand();
            if same && self.rearm() {
                return true;
            }
        }
        false
    }

    /// Takes what readers and fetches have left in the inbox.
    fn receive(&mut self) {
        let mut mail = self.shared.take_inbox();
        self.tell_warnings();
        self.take_denials(&mut mail);
        self.collect();
        if mail.invalidated {
            self.machine.handle_invalidate(self.now);
            self.flight = None;
            self.withdraw();
            self.report.invalidated(&self.shared);
        }
        // Before the replies: no set that has expired may speak for an unknown kid.
        self.withdraw_expired();
        for (id, judged) in mail.replies {
            self.answered(id, judged);
        }
        if self.machine.in_flight().is_none() {
            self.receive_notes();
        }
        self.withdraw_expired();
    }

    fn withdraw_expired(&mut self) {
        if self.current.held.is_some() && !self.machine.is_serving(self.now) {
            self.withdraw();
            self.report.expired(&self.shared);
        }
    }

    fn withdraw(&mut self) {
        self.publish(None);
        self.decide_for_all();
    }

    /// Lets the machine act on the time: a fetch may have taken too long, one may be due. True: one
    /// begins.
    fn advance(&mut self) -> bool {
        if self.waits_for_turn() {
            self.withdraw_expired();
            return false;
        }
        let start = self.machine.handle_timeout(self.now);
        self.withdraw_expired();
        if self.flight_id().is_some_and(|id| self.machine.in_flight() != Some(id)) {
            self.failed(self.timed_out());
        }
        let Some(start) = start else { return false };
        self.begin(start);
        true
    }

    fn begin(&mut self, start: FetchStart) {
        let number = self.shared.room.begin_fetch();
        if let Some(turns) = &mut self.turns {
            turns.begins(start.id);
        }
        self.begun = Begun { number, by_hand: start.by_hand, at: self.wall_now };
        self.report.started(&self.shared, self.now, &start);
        self.start_flight(start);
    }

    fn publish(&mut self, held: Option<(Held, Reading)>) -> bool {
        let Some((snapshot, gauge)) = self.shared.publish(held, self.uses_to_arm()) else {
            return false;
        };
        // Uses since the last look belong to the old set: they are reported, but spend nothing of
        // the new one.
        self.report.add_past_uses(self.gauge.peek(self.current.meter()));
        (self.current, self.gauge) = (snapshot, gauge);
        true
    }

    fn collect(&mut self) {
        let used = self.gauge.collect(self.current.meter());
        if used > 0 {
            self.machine.handle_usage(self.now, used);
        }
    }

    /// Without background refresh the countdown of a snapshot is armed once: what is spent gates.
    fn rearm(&mut self) -> bool {
        let background = self.shared.policy.background_refresh();
        !background || self.gauge.rearm(self.current.meter(), self.uses_to_arm())
    }

    fn uses_to_arm(&self) -> Option<u64> {
        self.machine.poll_usage().map(std::num::NonZeroU64::get)
    }

    /// Publishes what readers see: the gate, the standing answer to misses, and the board.
    fn publish_state(&mut self) {
        self.current.set_gate(self.machine.gate(self.now));
        self.publish_standing();
        self.report.write(
            &self.shared,
            &self.machine,
            self.now,
            (&self.current, self.gauge),
            self.machine.in_flight().map(|_| self.begun.at),
        );
    }

    fn next_deadline(&self) -> Option<Time> {
        let machine = self.machine_deadline();
        let discovery = self.flight.as_ref().and_then(Flight::discovery_until);
        self.shared.room.next_deadline().into_iter().chain(machine).chain(discovery).min()
    }

    /// `at` on the wall clock.
    fn wall(&self, at: Time) -> Option<SystemTime> {
        self.wall_now.checked_add(at.saturating_since(self.now))
    }
}

impl Drop for IssuerDriver {
    fn drop(&mut self) {
        self.shared.stop();
        self.current.set_gate(Gate::Open);
        self.release_callers();
        self.report.stopped(&self.shared);
        self.report.notify_observer(&self.shared);
    }
}
