//! What the driver reports: events to the observer, and the board to readers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::super::denied::Denied;
use super::super::discovery::shown;
use super::super::error::Outage;
use super::super::meter::Gauge;
use super::super::observe::{self, Span, Watch};
use super::super::shared::Shared;
use super::super::snapshot::{Snapshot, later};
use super::super::url::Url;
use super::super::{Error, Event, EventKind, FetchError, HydrateError, Observer, Source};
use crate::cache::sync::lock;
use crate::keys::text::escaped;
use crate::keys::{KeyDiff, KeySet};
use crate::refresh::{Deadline, FetchStart, Freshness, Machine, Reason, Time};

pub(super) struct Report {
    observer: Option<Observer>,
    scheduled: Option<Deadline>,
    freshness: Freshness,
    /// Events for the observer, kept until all callers have their answers. Each within the attempt
    /// that it is part of.
    events: Vec<(EventKind, Span)>,
    /// Of the attempt that runs.
    span: Span,
    watch: Watch,
    /// The last fetch that began.
    attempt: Attempt,
    failing: Option<Failing>,
    /// Since when no keys are held.
    since: Option<SystemTime>,
    fetches: u64,
    failures: u64,
    /// Uses of the snapshots before the current one.
    uses: u64,
    /// When keys came last that differ from those before them.
    changed_at: Option<SystemTime>,
    /// When they did so after the first, the last few times.
    changes: Vec<SystemTime>,
    /// That uses are spent too soon has been told.
    usage_told: bool,
    /// Why the fetch was made that has succeeded last.
    confirmed_by: Option<Reason>,
    /// When the confirmations before the last and the last came, with the uses until then.
    confirmed: [(SystemTime, u64); 2],
}

/// A fetch, as events report it.
struct Attempt {
    began: Time,
    reason: Reason,
}

impl Attempt {
    /// Why it was made, and how long it took.
    const fn reason_and_duration(&self, now: Time) -> (Reason, Duration) {
        (self.reason, now.saturating_since(self.began))
    }
}

/// Fetches that have failed since the last success.
struct Failing {
    since: SystemTime,
    failures: u32,
    last: FetchError,
}

impl Report {
    pub(super) fn new(observer: Option<Observer>, now: SystemTime) -> Self {
        Self {
            observer,
            scheduled: None,
            freshness: Freshness::Missing,
            events: Vec::new(),
            span: Span::default(),
            watch: Watch::default(),
            attempt: Attempt { began: Time::ZERO, reason: Reason::Load },
            failing: None,
            since: Some(now),
            fetches: 0,
            failures: 0,
            uses: 0,
            changed_at: None,
            changes: Vec::new(),
            usage_told: false,
            confirmed_by: None,
            confirmed: [(now, 0); 2],
        }
    }

    pub(super) fn name(&mut self, shared: &Shared, source: &Source) {
        self.place(shared, source, None);
        for hint in shared.policy.hints() {
            self.emit(|| EventKind::Hint { hint });
        }
        let mut board = lock(&shared.board);
        board.source = source.origin();
        board.since = self.since;
        board.relaxations = source.relaxations().into();
        drop(board);
        let relaxations = source.relaxations();
        if !relaxations.is_empty() {
            self.emit(|| EventKind::Relaxed { relaxations: relaxations.to_vec() });
        }
    }

    /// Where the keys are, according to the issuer.
    pub(super) fn place(&self, shared: &Shared, source: &Source, found: Option<&Url>) {
        lock(&shared.board).place = shown(source, found);
    }

    /// The failure of the last fetch, if it failed.
    pub(super) fn last_failure(&self) -> Option<&FetchError> {
        self.failing.as_ref().map(|failing| &failing.last)
    }

    /// `fetching`: since when a fetch has been running.
    pub(super) fn unavailable(
        &self,
        place: Box<str>,
        retry_at: Option<SystemTime>,
        fetching: Option<SystemTime>,
    ) -> Error {
        let failure = self.last_failure().cloned();
        let since = self.since;
        Error::unavailable(Outage { place, by_hand: false, since, retry_at, failure, fetching })
    }

    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    pub(super) fn started(&mut self, shared: &Shared, now: Time, start: &FetchStart) {
        self.span = Span::of_attempt(&shared.label, start.reason);
        self.fetches += 1;
        self.attempt = Attempt { began: now, reason: start.reason };
        self.scheduled = None;
        self.emit(|| EventKind::RefreshStarted {
            conditional: start.conditional,
            reason: start.reason,
        });
    }

    /// A fetch has brought keys.
    pub(super) fn completed(
        &mut self,
        now: Time,
        wall_now: SystemTime,
        keys: &KeySet,
        old: Option<&KeySet>,
    ) {
        for skipped in keys.newly_skipped(old) {
            self.emit(|| EventKind::KeySkipped { skipped: skipped.clone() });
        }
        if old.is_none_or(|old| old != keys) {
            self.changed_at = Some(wall_now);
        }
        if old.is_some_and(|old| old != keys) {
            if self.changes.len() == MOST_CHANGES {
                self.changes.remove(0);
            }
            self.changes.push(wall_now);
        }
        match old {
            None => {
                let (reason, took) = self.attempt.reason_and_duration(now);
                self.emit(|| EventKind::Loaded { keys: keys.len(), reason, took });
            }
            Some(old) if self.listens() => {
                let diff = keys.diff(old);
                for key in &diff.replaced {
                    self.emit(|| EventKind::KeyReplaced { key: key.clone() });
                }
                self.refreshed(now, diff, true);
            }
            Some(_) => {}
        }
        self.succeeded(wall_now);
    }

    /// A fetch has confirmed the held keys.
    pub(super) fn confirmed(&mut self, now: Time, wall_now: SystemTime) {
        self.refreshed(now, KeyDiff::default(), false);
        self.succeeded(wall_now);
    }

    pub(super) fn added(&mut self) {
        self.emit(|| EventKind::Added);
    }

    pub(super) fn hydrated(&mut self, keys: usize) {
        self.since = None;
        self.emit(|| EventKind::Hydrated { keys });
    }

    pub(super) fn hydrate_refused(&mut self, error: HydrateError) {
        self.emit(|| EventKind::HydrateRefused { error });
    }

    /// `trust_until`: that of the held keys, if keys are held.
    pub(super) fn failed(
        &mut self,
        (now, wall_now): (Time, SystemTime),
        machine: &Machine,
        failure: &FetchError,
        trust_until: Option<SystemTime>,
    ) {
        self.failures += 1;
        let before = self.failing.take();
        let since = before.as_ref().map_or(wall_now, |failing| failing.since);
        let failures = before.map_or(0, |failing| failing.failures).saturating_add(1);
        self.failing = Some(Failing { since, failures, last: failure.clone() });
        let next = machine.next_fetch();
        self.scheduled = next;
        let (reason, took) = self.attempt.reason_and_duration(now);
        self.emit(|| EventKind::RefreshFailed {
            failures,
            error: failure.clone(),
            next_in: next.map(|next| next.at.saturating_since(now)),
            trust_until,
            reason,
            took,
        });
        self.span = Span::default();
    }

    /// Discovery failed, and the attempt goes on with the known place.
    pub(super) fn discovery_failed(&mut self, error: FetchError) {
        self.emit(|| EventKind::DiscoveryFailed { error });
    }

    pub(super) fn denied(&mut self, before: &Denied, now: &Denied) {
        for kid in now.missing_in(before) {
            self.emit(|| EventKind::KidDenied { kid: escaped(kid) });
        }
        for kid in before.missing_in(now) {
            self.emit(|| EventKind::KidAllowed { kid: escaped(kid) });
        }
    }

    pub(super) fn warned(&mut self, warning: Box<str>) {
        self.emit(|| EventKind::TransportWarned { warning });
    }

    pub(super) fn outlived(&mut self) {
        self.emit(|| EventKind::ResponseOutlived);
        self.span = Span::default();
    }

    pub(super) fn unknown_kid(&mut self, kid: Option<&str>) {
        self.emit(|| EventKind::UnknownKid { kid: kid.map(escaped) });
    }

    pub(super) fn expired(&mut self, shared: &Shared) {
        self.since = Some(shared.wall_now());
        self.freshness = Freshness::Expired;
        self.emit(|| EventKind::Expired);
    }

    pub(super) fn invalidated(&mut self, shared: &Shared) {
        self.since.get_or_insert_with(|| shared.wall_now());
        self.freshness = Freshness::Missing;
        // It gives up the attempt that runs.
        self.span = Span::default();
        self.emit(|| EventKind::Invalidated);
    }

    pub(super) fn stopped(&mut self, shared: &Shared) {
        let mut board = lock(&shared.board);
        board.stopped_at = Some(shared.wall_now());
        board.next_refresh = None;
        board.refreshing = false;
        board.fetching_since = None;
        drop(board);
        let withdrawn = shared.is_withdrawn();
        self.emit(|| if withdrawn { EventKind::Withdrawn } else { EventKind::Stopped });
    }

    /// A snapshot has been replaced that counted so many uses.
    pub(super) const fn add_past_uses(&mut self, uses: u64) {
        self.uses = self.uses.saturating_add(uses);
    }

    /// Writes the board, and reports a new plan or a new age.
    pub(super) fn write(
        &mut self,
        shared: &Shared,
        machine: &Machine,
        now: Time,
        current: (&Snapshot, Gauge),
        fetching_since: Option<SystemTime>,
    ) {
        let (snapshot, gauge) = (current.0, (current.0.generation, current.1));
        let freshness = machine.freshness(now);
        if std::mem::replace(&mut self.freshness, freshness) != freshness
            && freshness == Freshness::Stale
        {
            let trust_until = snapshot.held.as_ref().map(|held| held.trust_until);
            self.emit(|| EventKind::Stale { trust_until });
        }
        let next = machine.next_fetch();
        if let Some(next) = next.filter(|_| next != self.scheduled) {
            let after = next.at.saturating_since(now);
            self.emit(|| EventKind::RefreshScheduled { after, reason: next.reason });
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
        let failing = self.failing.as_ref();
        board.failures_in_a_row = failing.map_or(0, |failing| failing.failures);
        board.failing_since = failing.map(|failing| failing.since);
        // The old one is dropped without the lock: it holds an error of the adapter's.
        let old = std::mem::replace(&mut board.last_failure, self.last_failure().cloned());
        board.fetching_since = fetching_since;
        board.since = self.since;
        board.retry_at = Some(wall(next_try_at(machine)));
        board.gauge = Some(gauge);
        board.uses = self.uses;
        board.paced_from = Some(self.confirmed[0]);
        board.changed_at = self.changed_at;
        board.unknown_kids_left = machine.unknown_kids_left();
        if board.changes.last() != self.changes.last() {
            board.changes.clone_from(&self.changes);
        }
        let rate = if self.may_be_spent() { board.rate(snapshot, wall_now) } else { None };
        drop(board);
        drop(old);
        self.look_at_usage(shared, snapshot, rate);
    }

    /// Whether the last fetch was one by usage, and has succeeded.
    fn may_be_spent(&self) -> bool {
        !self.usage_told && self.confirmed_by == Some(Reason::AheadByUsage)
    }

    /// Tells once that uses are spent as soon as `min_refresh_interval` allows.
    fn look_at_usage(&mut self, shared: &Shared, snapshot: &Snapshot, rate: Option<f64>) {
        let (Some(rate), Some(held)) = (rate, &snapshot.held) else { return };
        let lifetime = shared.policy.lifetime_for(held.lifetime);
        let pace = shared.policy.pace(lifetime, rate);
        if let Some(hint) = shared.policy.hint_of(pace, rate) {
            self.usage_told = true;
            self.emit(|| EventKind::Hint { hint });
        }
    }

    /// The driver has been polled.
    pub(super) fn polled(&mut self, shared: &Shared) {
        self.watch.polled(shared);
        self.notify_observer(shared);
    }

    /// Calls the observer with what has happened since the last call.
    pub(super) fn notify_observer(&mut self, shared: &Shared) {
        for (kind, span) in std::mem::take(&mut self.events) {
            self.watch.event(shared, &kind, &span);
            let Some(observer) = &self.observer else { continue };
            let event = Event::new(Arc::clone(&shared.label), kind);
            // Logins depend on the driver, but must not depend on its observer: a panic is caught.
            let _panicked = catch_unwind(AssertUnwindSafe(|| observer(&event)));
        }
        self.watch.round(shared);
    }

    fn refreshed(&mut self, now: Time, diff: KeyDiff, modified: bool) {
        let (reason, took) = self.attempt.reason_and_duration(now);
        self.emit(|| EventKind::RefreshCompleted { diff, modified, reason, took });
    }

    fn succeeded(&mut self, wall_now: SystemTime) {
        self.span = Span::default();
        self.confirmed_by = Some(self.attempt.reason);
        self.since = None;
        self.confirmed = [self.confirmed[1], (wall_now, self.uses)];
        let Some(Failing { since, failures, .. }) = self.failing.take() else { return };
        let after = wall_now.duration_since(since).unwrap_or_default();
        self.emit(|| EventKind::Recovered { failures, after });
    }

    fn emit(&mut self, kind: impl FnOnce() -> EventKind) {
        if self.listens() {
            self.events.push((kind(), self.span.clone()));
        }
    }

    /// Whether anybody wants to know what happens.
    const fn listens(&self) -> bool {
        self.observer.is_some() || observe::LISTENS
    }
}

/// Changes of the keys that are remembered.
const MOST_CHANGES: usize = 16;

/// When a caller without keys should try again: when the running fetch has ended, or when the next
/// one may begin.
pub(super) fn next_try_at(machine: &Machine) -> Time {
    machine.in_flight_until().unwrap_or_else(|| machine.next_attempt_at())
}

impl std::fmt::Debug for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Report")
            .field("observer", &self.observer.as_ref().map(Arc::as_ptr))
            .field("scheduled", &self.scheduled)
            .field("last_failure", &self.last_failure())
            .finish_non_exhaustive()
    }
}
