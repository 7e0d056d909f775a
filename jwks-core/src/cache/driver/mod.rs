//! The driver: the one owner of the machine, between it, the readers and the adapter.

mod flight;
mod hydrate;
mod report;
mod waiting;

use std::sync::Arc;
use std::time::Duration;

use http::Uri;

use super::fetch::{Fetch, Judged};
use super::http::{Refused, Validators};
use super::meter::Gauge;
use super::shared::Shared;
use super::snapshot::{Held, Snapshot, later};
use super::wake::Woken;
use super::{Error, FetchError, Observer, Source};
use crate::keys::KeySet;
use crate::refresh::{Answered, FetchId, Machine, Miss, Response, Time};
use flight::{Flight, Place};
use report::Report;
use waiting::{Answer, Waiting};

/// Rounds of one poll: uses and wishes can come while it looks at those before them.
const ROUNDS: usize = 8;

/// Says what to do next to keep a cache's keys. An adapter is a loop around [`poll`](Self::poll);
/// [how to write one](crate::adapter#writing-an-adapter) is told with the module.
///
/// Dropping the driver releases every waiting caller with
/// [`ErrorKind::Stopped`](super::ErrorKind::Stopped); keys that are held serve on until their
/// trust ends.
#[derive(Debug)]
#[must_use = "without a driver no key is ever fetched"]
pub struct Driver {
    shared: Arc<Shared>,
    source: Source,
    machine: Machine,
    now: Time,
    flight: Option<Flight>,
    /// Where the issuer said that its keys are.
    found: Option<Place>,
    /// Where the held keys, and their validators, came from.
    held_from: Option<Uri>,
    current: Arc<Snapshot>,
    gauge: Gauge,
    waiting: Vec<Waiting>,
    /// Given out at the end of a poll.
    answers: Vec<Answer>,
    report: Report,
}

/// What the adapter has to do: match on all of it.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "a new action would break an adapter either way")]
#[expect(clippy::large_enum_variant, reason = "one at a time, moved once, never stored")]
pub enum Action {
    /// Start this fetch in the background, ending the one before it if it still runs, and poll
    /// again at once. If it still runs it has been given up, and its answer is ignored.
    Fetch(Fetch),
    /// Every handle is gone: end the fetch that runs, and drop the driver.
    Stop,
    /// Poll again at this time, if any, or when [`Driver::woken`] completes, whichever is first.
    Wait(Option<Time>),
}

impl Driver {
    /// What to do now. `now` counts from an instant that the adapter chose, about when the driver
    /// was built. Polling too early or too often does no harm, and polling late only delays.
    pub fn poll(&mut self, now: Time) -> Action {
        self.shared.wake.lower();
        if self.shared.is_abandoned() {
            return Action::Stop;
        }
        self.now = self.now.max(now);
        let mut began = false;
        let mut settled = false;
        for _ in 0..ROUNDS {
            self.receive();
            // Before time acts: who asks by hand, or for a kid, must not join a fetch that is due
            // at this very instant for another cause, and nothing is fetched for who has left.
            self.answer_waiting();
            let flight = self.flight_id();
            began = self.advance();
            if began {
                break;
            }
            // What callers noted during a fetch that has run into its timeout is heard now.
            settled = self.flight_id() == flight && self.rearm();
            if settled {
                break;
            }
        }
        if !began && !settled {
            // Uses came as fast as they were counted: to be looked at again at once.
            self.shared.wake.raise();
        }
        self.tell_readers();
        self.give_answers();
        match self.next_fetch() {
            Some(fetch) => Action::Fetch(fetch),
            None => Action::Wait(self.next_deadline()),
        }
    }

    /// Completes when there is something to do before the time that [`Action::Wait`] named.
    /// Uses nothing but std wakers, so it runs on any executor, or on a [parked thread](Woken).
    pub fn woken(&self) -> Woken<'_> {
        Woken(&self.shared.wake)
    }

    pub(super) fn new(
        shared: &Arc<Shared>,
        gauge: Gauge,
        source: Source,
        observer: Option<Observer>,
        seed: u64,
    ) -> Self {
        let mut report = Report::new(observer, shared.wall_now());
        report.name(shared, &source);
        Self {
            current: Arc::clone(&shared.snapshot()),
            machine: Machine::new(shared.policy.clone(), seed, Time::ZERO),
            shared: Arc::clone(shared),
            source,
            now: Time::ZERO,
            flight: None,
            found: None,
            held_from: None,
            gauge,
            waiting: Vec::new(),
            answers: Vec::new(),
            report,
        }
    }

    /// Takes in what readers, callers and fetches have left.
    fn receive(&mut self) {
        let mail = self.shared.take_inbox();
        self.collect();
        if mail.invalidated {
            self.machine.handle_invalidate(self.now);
            self.flight = None;
            self.detach_waiting();
            self.publish(None);
            self.report.invalidated(&self.shared);
        }
        // Before the replies: no set that has expired may speak for an unknown kid.
        self.withdraw_expired();
        for (id, judged) in mail.replies {
            self.answered(id, judged);
        }
        self.hear();
        self.withdraw_expired();
        self.admit(mail.waiters);
    }

    fn withdraw_expired(&mut self) {
        if self.current.held.is_some() && !self.machine.is_serving(self.now) {
            self.publish(None);
            self.report.expired(&self.shared);
        }
    }

    /// Lets the machine act on the time: a fetch may have taken too long, one may be due. True: one
    /// begins.
    fn advance(&mut self) -> bool {
        let start = self.machine.handle_timeout(self.now);
        if let Some(id) = self.flight_id().filter(|id| self.machine.in_flight() != Some(*id)) {
            self.failed(id, self.timed_out());
        }
        let Some(start) = start else { return false };
        self.depart(start);
        self.join_waiting(start.id);
        self.report.started(&start);
        true
    }

    fn answered(&mut self, id: FetchId, judged: Judged) {
        let now = self.now;
        match judged {
            Judged::Found(uri) => self.found(id, uri),
            Judged::Keys { keys, validators, lifetime } => {
                let conditional = !validators.is_empty();
                let age = Duration::ZERO;
                if self.machine.handle_success(
                    now,
                    id,
                    Response { lifetime, age, validators: conditional },
                ) == Answered::Confirmed
                {
                    self.commit(id, keys, validators, lifetime);
                }
            }
            Judged::NotModified { validators, lifetime } => {
                match self.machine.handle_not_modified(
                    now,
                    id,
                    Response { lifetime, ..Response::default() },
                ) {
                    Answered::Confirmed => self.renew(id, validators, lifetime),
                    Answered::Failed => self.failed(id, FetchError::not_modified()),
                    Answered::Ignored | Answered::Outlived => {}
                }
            }
            Judged::Failed(Refused { error, retry_after }) => {
                if self.machine.handle_failure(now, id, retry_after) == Answered::Failed {
                    self.doubt_place(&error);
                    self.failed(id, error);
                }
            }
        }
    }

    fn commit(
        &mut self,
        id: FetchId,
        keys: KeySet,
        validators: Validators,
        lifetime: Option<Duration>,
    ) {
        let old = self.current.held.as_ref().map(|held| Arc::clone(&held.keys));
        let keys = Arc::new(keys);
        self.held_from = self.flight.take().and_then(Flight::keys_at);
        if self.hold(Arc::clone(&keys), validators, lifetime) {
            self.report.completed(&keys, old.as_deref());
            self.finish_waiting(id, None);
        }
    }

    fn renew(&mut self, id: FetchId, validators: Validators, lifetime: Option<Duration>) {
        let Some(held) = self.current.held.clone() else { return };
        if self.hold(held.keys, held.validators.confirmed_by(validators), lifetime) {
            self.report.confirmed();
            self.finish_waiting(id, None);
        }
    }

    /// Publishes the keys that the machine has just confirmed. False: they were invalidated while
    /// they came, and the inbox says so; who waited for them is told then.
    fn hold(
        &mut self,
        keys: Arc<KeySet>,
        validators: Validators,
        lifetime: Option<Duration>,
    ) -> bool {
        self.flight = None;
        let confirmed_at = self.shared.wall_now();
        let trust_until = self.machine.trust_until().unwrap_or(self.now);
        let trust = trust_until.saturating_since(self.now);
        self.publish(Some(Held {
            keys,
            validators,
            lifetime,
            confirmed_at,
            trust_until: later(confirmed_at, trust),
        }))
    }

    fn failed(&mut self, id: FetchId, failure: FetchError) {
        self.flight = None;
        self.report.failed(self.now, &self.machine, &failure);
        self.finish_waiting(id, Some(&failure));
    }

    fn publish(&mut self, held: Option<Held>) -> bool {
        let Some((snapshot, gauge)) = self.shared.publish(held, self.uses_to_arm()) else {
            return false;
        };
        // Uses since the last look belong to the old set: they are reported, but spend nothing of
        // the new one.
        self.report.retire(self.gauge.peek(self.current.meter()));
        (self.current, self.gauge) = (snapshot, gauge);
        true
    }

    fn collect(&mut self) {
        let used = self.gauge.collect(self.current.meter());
        if used > 0 {
            self.machine.handle_usage(self.now, used);
        }
    }

    /// What callers who do not wait have noted. While a fetch is in flight the notes stay where
    /// they are, so that repeating them wakes nobody.
    fn hear(&mut self) {
        let generation = self.current.generation;
        if self.shared.distrusted.take() == Some(generation) {
            let trust_until = self.current.held.as_ref().map(|held| held.trust_until);
            // A caller may have brought a time of his own; only our clock ends our trust.
            if trust_until.is_some_and(|until| self.shared.wall_now() >= until) {
                self.machine.handle_distrust(self.now);
            }
        }
        if self.machine.in_flight().is_none() {
            // Of whatever set: the machine knows whether the current one needs it.
            if self.shared.wanted.take().is_some() {
                // The wish may be newer than the uses collected so far, which are its cause.
                self.collect();
                self.machine.handle_ask(self.now);
            }
            if self.shared.missed.take() == Some(generation) {
                self.report_miss(None);
            }
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

    fn tell_readers(&mut self) {
        self.current.set_gate(self.machine.gate(self.now));
        let refused_until = match self.machine.in_flight() {
            None => self.machine.miss_opens_at(self.now, Miss::Kid),
            Some(_) => None,
        };
        if self.report.refusing(refused_until) {
            let refusal = refused_until.map(|until| {
                Error::unknown_kid(self.wall(until), self.report.last_failure().cloned())
            });
            self.shared.set_refusal(refusal);
        }
        self.report.write(
            &self.shared,
            &self.machine,
            self.now,
            (self.current.generation, self.gauge),
            self.waiting.len(),
        );
    }

    fn next_deadline(&self) -> Option<Time> {
        let machine = self.machine.poll_timeout().map(|deadline| deadline.at);
        let waiting = self.waiting.iter().filter_map(Waiting::until);
        waiting.chain(machine).min()
    }

    /// `at` on the wall clock.
    fn wall(&self, at: Time) -> Option<std::time::SystemTime> {
        self.shared.wall_now().checked_add(at.saturating_since(self.now))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let enlisted = self.shared.stop();
        self.report.stopped(&self.shared);
        self.shared.set_refusal(Some(Error::stopped()));
        self.release_waiting(enlisted);
    }
}
