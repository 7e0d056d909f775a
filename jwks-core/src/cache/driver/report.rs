//! What the driver tells those who run it: events as they come, and the board for readers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::SystemTime;

use super::super::denied::Denied;
use super::super::discovery::shown;
use super::super::error::Outage;
use super::super::meter::Gauge;
use super::super::shared::Shared;
use super::super::snapshot::later;
use super::super::url::Url;
use super::super::{Error, Event, FetchError, HydrateError, Observer, Source};
use crate::cache::sync::lock;
use crate::keys::text::escaped;
use crate::keys::{KeyDiff, KeySet};
use crate::refresh::{Deadline, FetchStart, Freshness, Machine, Time};

pub(super) struct Report {
    observer: Option<Observer>,
    scheduled: Option<Deadline>,
    freshness: Freshness,
    /// To be told when all callers have their answers.
    events: Vec<Event>,
    last_failure: Option<FetchError>,
    /// Since when no keys are held.
    since: Option<SystemTime>,
    fetches: u64,
    failures: u64,
    /// Uses of the snapshots before the current one.
    uses: u64,
}

impl Report {
    pub(super) fn new(observer: Option<Observer>, now: SystemTime) -> Self {
        Self {
            observer,
            scheduled: None,
            freshness: Freshness::Missing,
            events: Vec::new(),
            last_failure: None,
            since: Some(now),
            fetches: 0,
            failures: 0,
            uses: 0,
        }
    }

    pub(super) fn name(&mut self, shared: &Shared, source: &Source) {
        self.place(shared, source, None);
        let mut board = lock(&shared.board);
        board.source = source.origin();
        board.since = self.since;
    }

    /// Where the keys are, by the issuer's own word.
    pub(super) fn place(&self, shared: &Shared, source: &Source, found: Option<&Url>) {
        lock(&shared.board).place = shown(source, found);
    }

    /// The failure of the last fetch, if it failed.
    pub(super) const fn last_failure(&self) -> Option<&FetchError> {
        self.last_failure.as_ref()
    }

    /// `fetching`: since when a fetch has been running.
    pub(super) fn unavailable(
        &self,
        place: Box<str>,
        retry_at: Option<SystemTime>,
        fetching: Option<SystemTime>,
    ) -> Error {
        let failure = self.last_failure.clone();
        let since = self.since;
        Error::unavailable(Outage { place, by_hand: false, since, retry_at, failure, fetching })
    }

    pub(super) fn started(&mut self, start: &FetchStart) {
        self.fetches += 1;
        self.scheduled = None;
        self.emit(|| Event::RefreshStarted {
            conditional: start.conditional,
            reason: start.reason,
        });
    }

    pub(super) fn completed(&mut self, keys: &KeySet, old: Option<&KeySet>) {
        self.succeeded();
        for skipped in keys.newly_skipped(old) {
            self.emit(|| Event::KeySkipped(skipped.clone()));
        }
        let Some(old) = old else {
            return self.emit(|| Event::Loaded { keys: keys.len() });
        };
        if self.observer.is_none() {
            return;
        }
        let diff = keys.diff(old);
        for key in &diff.replaced {
            self.emit(|| Event::KeyReplaced { key: key.clone() });
        }
        self.emit(|| Event::RefreshCompleted { diff, modified: true });
    }

    pub(super) fn hydrated(&mut self, keys: usize) {
        self.succeeded();
        self.emit(|| Event::Loaded { keys });
    }

    pub(super) fn hydrate_refused(&mut self, error: HydrateError) {
        self.emit(|| Event::HydrateRefused { error });
    }

    pub(super) fn confirmed(&mut self) {
        self.succeeded();
        self.emit(|| Event::RefreshCompleted { diff: KeyDiff::default(), modified: false });
    }

    /// `trust_until`: that of the held keys, if keys are held.
    pub(super) fn failed(
        &mut self,
        now: Time,
        machine: &Machine,
        failure: &FetchError,
        trust_until: Option<SystemTime>,
    ) {
        self.failures += 1;
        self.last_failure = Some(failure.clone());
        let next = machine.next_fetch();
        self.scheduled = next;
        self.emit(|| Event::RefreshFailed {
            attempt: machine.failures(),
            error: failure.clone(),
            next_in: next.map(|next| next.at.saturating_since(now)),
            trust_until,
        });
    }

    /// The issuer did not say where its keys are, and the attempt goes on without its word.
    pub(super) fn discovery_failed(&mut self, error: FetchError) {
        self.emit(|| Event::DiscoveryFailed { error });
    }

    pub(super) fn denied(&mut self, before: &Denied, now: &Denied) {
        for kid in now.missing_in(before) {
            self.emit(|| Event::KidDenied { kid: escaped(kid) });
        }
        for kid in before.missing_in(now) {
            self.emit(|| Event::KidAllowed { kid: escaped(kid) });
        }
    }

    pub(super) fn outlived(&mut self) {
        self.emit(|| Event::ResponseOutlived);
    }

    pub(super) fn unknown_kid(&mut self, kid: Option<&str>) {
        self.emit(|| Event::UnknownKid { kid: kid.map(escaped) });
    }

    pub(super) fn expired(&mut self, shared: &Shared) {
        self.since = Some(shared.wall_now());
        self.freshness = Freshness::Expired;
        self.emit(|| Event::Expired);
    }

    pub(super) fn invalidated(&mut self, shared: &Shared) {
        self.since.get_or_insert_with(|| shared.wall_now());
        self.freshness = Freshness::Missing;
        self.emit(|| Event::Invalidated);
    }

    pub(super) fn stopped(&mut self, shared: &Shared) {
        let mut board = lock(&shared.board);
        board.stopped = true;
        board.next_refresh = None;
        board.refreshing = false;
        board.fetching_since = None;
        drop(board);
        self.emit(|| Event::Stopped);
    }

    /// A snapshot has been replaced that saw so many uses.
    pub(super) const fn retire(&mut self, uses: u64) {
        self.uses = self.uses.saturating_add(uses);
    }

    /// Writes the board, and tells of a new plan or a new age.
    pub(super) fn write(
        &mut self,
        shared: &Shared,
        machine: &Machine,
        now: Time,
        gauge: (u64, Gauge),
        fetching_since: Option<SystemTime>,
    ) {
        let freshness = machine.freshness(now);
        if std::mem::replace(&mut self.freshness, freshness) != freshness
            && freshness == Freshness::Stale
        {
            self.emit(|| Event::Stale);
        }
        let next = machine.next_fetch();
        if let Some(next) = next.filter(|_| next != self.scheduled) {
            let after = next.at.saturating_since(now);
            self.emit(|| Event::RefreshScheduled { after, reason: next.reason });
        }
        self.scheduled = next;
        let wall_now = shared.wall_now();
        let wall = |at: Time| later(wall_now, at.saturating_since(now));
        let ages = machine.ages_at().map(|(due_at, stale_at)| (wall(due_at), wall(stale_at)));
        let mut board = lock(&shared.board);
        board.freshness = Some(freshness);
        board.ages = ages;
        board.next_refresh = next.map(|next| (wall(next.at), next.reason));
        board.refreshing = machine.in_flight().is_some();
        board.fetches = self.fetches;
        board.failures = self.failures;
        board.failures_in_a_row = machine.failures();
        // The old one is dropped without the lock: it holds an error of the adapter's.
        let old = std::mem::replace(&mut board.last_failure, self.last_failure.clone());
        board.fetching_since = fetching_since;
        board.since = self.since;
        board.retry_at = Some(wall(worth_a_try_at(machine)));
        board.gauge = Some(gauge);
        board.uses = self.uses;
        drop(board);
        drop(old);
    }

    /// Tells the observer what has happened since the last call.
    pub(super) fn tell(&mut self) {
        let Some(observer) = &self.observer else { return };
        for event in self.events.drain(..) {
            // Logins depend on the driver; they must not on the one who watches it.
            let _panicked = catch_unwind(AssertUnwindSafe(|| observer(&event)));
        }
    }

    fn succeeded(&mut self) {
        self.last_failure = None;
        self.since = None;
    }

    fn emit(&mut self, event: impl FnOnce() -> Event) {
        if self.observer.is_some() {
            self.events.push(event());
        }
    }
}

/// When whoever lacks keys should come again: when the fetch that runs has ended, or the next one may
/// begin.
pub(super) fn worth_a_try_at(machine: &Machine) -> Time {
    machine.in_flight_until().unwrap_or_else(|| machine.next_attempt_at())
}

impl std::fmt::Debug for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Report")
            .field("observer", &self.observer.as_ref().map(Arc::as_ptr))
            .field("scheduled", &self.scheduled)
            .field("last_failure", &self.last_failure)
            .finish_non_exhaustive()
    }
}
