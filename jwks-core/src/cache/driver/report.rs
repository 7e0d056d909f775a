//! What the driver tells those who run it: events as they come, and the board for readers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::SystemTime;

use http::Uri;

use super::super::discovery::shown;
use super::super::meter::Gauge;
use super::super::shared::Shared;
use super::super::snapshot::later;
use super::super::{Error, Event, FetchError, HydrateError, Observer, Source};
use crate::cache::sync::lock;
use crate::keys::text::escaped;
use crate::keys::{KeyDiff, KeySet};
use crate::refresh::{Deadline, FetchStart, Freshness, Machine, Time};

pub(super) struct Report {
    observer: Option<Observer>,
    scheduled: Option<Deadline>,
    freshness: Freshness,
    refused_until: Option<Time>,
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
            refused_until: None,
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
    pub(super) fn place(&self, shared: &Shared, source: &Source, found: Option<&Uri>) {
        lock(&shared.board).place = shown(source, found);
    }

    /// The failure of the last fetch, if it failed.
    pub(super) const fn last_failure(&self) -> Option<&FetchError> {
        self.last_failure.as_ref()
    }

    /// Whether the time until which unknown kids are refused has changed.
    pub(super) fn refusing(&mut self, until: Option<Time>) -> bool {
        std::mem::replace(&mut self.refused_until, until) != until
    }

    pub(super) fn unavailable(&self, retry_at: Option<SystemTime>) -> Error {
        Error::unavailable(self.since, retry_at, self.last_failure.clone())
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
        for skipped in keys.skipped() {
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

    pub(super) fn hydrate_refused(&self, error: HydrateError) {
        self.emit(|| Event::HydrateRefused { error });
    }

    pub(super) fn confirmed(&mut self) {
        self.succeeded();
        self.emit(|| Event::RefreshCompleted { diff: KeyDiff::default(), modified: false });
    }

    pub(super) fn failed(&mut self, now: Time, machine: &Machine, failure: &FetchError) {
        self.failures += 1;
        self.last_failure = Some(failure.clone());
        let next = machine.next_fetch();
        self.scheduled = next;
        self.emit(|| Event::RefreshFailed {
            attempt: machine.failures(),
            error: failure.clone(),
            next_in: next.map(|next| next.at.saturating_since(now)),
        });
    }

    pub(super) fn unknown_kid(&self, kid: Option<&str>) {
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

    pub(super) fn stopped(&self, shared: &Shared) {
        let mut board = lock(&shared.board);
        board.stopped = true;
        board.next_refresh = None;
        board.refreshing = false;
        board.waiting = 0;
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
        waiting: usize,
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
        let mut board = lock(&shared.board);
        board.freshness = Some(freshness);
        board.next_refresh = next.map(|next| (wall(next.at), next.reason));
        board.refreshing = machine.in_flight().is_some();
        board.fetches = self.fetches;
        board.failures = self.failures;
        board.failures_in_a_row = machine.failures();
        board.last_failure.clone_from(&self.last_failure);
        board.waiting = waiting;
        board.since = self.since;
        board.retry_at = Some(wall(machine.next_attempt_at()));
        board.gauge = Some(gauge);
        board.uses = self.uses;
    }

    fn succeeded(&mut self) {
        self.last_failure = None;
        self.since = None;
    }

    fn emit(&self, event: impl FnOnce() -> Event) {
        if let Some(observer) = &self.observer {
            // Logins depend on the driver; they must not on the one who watches it.
            let _panicked = catch_unwind(AssertUnwindSafe(|| observer(&event())));
        }
    }
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
