//! The metrics of one cache. Their handles are taken once, at the end of the first poll that finds
//! a recorder: what is taken before one is installed does nothing for ever.

mod handles;
mod names;

use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::super::shared::Shared;
use super::super::{Error, EventKind};
use super::{About, words};
use crate::cache::sync::lock;
use handles::Handles;
pub(crate) use handles::Validations;

#[derive(Debug, Default)]
pub(super) struct Meters {
    about: About,
    handles: OnceLock<Handles>,
}

impl Meters {
    pub(super) const fn new(about: About) -> Self {
        Self { about, handles: OnceLock::new() }
    }

    pub(super) fn event(&self, shared: &Shared, event: &EventKind) {
        let Some(handles) = self.take(shared) else { return };
        let outcome = words::outcome(event).unwrap_or_default();
        match event {
            EventKind::Loaded { reason, took, .. } => {
                handles.fetched(words::reason(*reason), outcome, *took);
                handles.changed(epoch(shared.wall_now()));
            }
            EventKind::RefreshCompleted { diff, reason, took, .. } => {
                handles.fetched(words::reason(*reason), outcome, *took);
                if !diff.is_empty() {
                    handles.changed(epoch(shared.wall_now()));
                    let counts = [&diff.added, &diff.removed, &diff.replaced].map(Vec::len);
                    handles.keys_changed(counts);
                }
            }
            EventKind::RefreshFailed { error, reason, took, .. } => {
                handles.fetched(words::reason(*reason), outcome, *took);
                handles.fetch_failed(words::error_type(error.kind()));
            }
            _ => {}
        }
    }

    /// Writes what is true now.
    pub(super) fn gauges(&self, shared: &Shared) {
        if shared.is_withdrawn() {
            return self.withdrawn();
        }
        let Some(handles) = self.take(shared) else { return };
        let board = lock(&shared.board);
        let (freshness, failures) = (board.freshness, board.failures_in_a_row);
        let next = board.next_refresh.map(|(at, _)| epoch(at));
        let running = board.stopped_at.is_none();
        drop(board);
        let Some(_theirs) = handles.state(freshness.map(words::state)) else { return };
        let Some(gauges) = handles.gauges() else { return };
        gauges.running.set(f64::from(u8::from(running)));
        gauges.failures.set(f64::from(failures));
        gauges.next_fetch.set(next.unwrap_or_default());
        gauges.waiting.set(count(shared.room.len()));
        let snapshot = shared.snapshot();
        let Some(held) = &snapshot.held else {
            gauges.keys.set(0.0);
            gauges.skip([].into_iter());
            return;
        };
        gauges.keys.set(count(held.all.len()));
        gauges.skip(held.all.skipped().iter().map(|skipped| words::skip(skipped.reason())));
        gauges.confirmed.set(epoch(held.confirmed_at));
        gauges.trust_end.set(epoch(held.trust_until));
        gauges.lifetime.set(shared.policy.lifetime_for(held.lifetime).as_secs_f64());
    }

    pub(super) fn withdrawn(&self) {
        if let Some(handles) = self.handles.get() {
            handles.leave();
        }
    }

    pub(super) fn missed(&self, error: Option<&Error>, crowded: bool) {
        if let Some(handles) = self.handles.get() {
            handles.missed(if crowded { "no_room" } else { words::miss(error) });
        }
    }

    pub(super) fn waited(&self, took: Duration, answered: bool) {
        if let Some(handles) = self.handles.get() {
            handles.waited(words::wait(answered), took);
        }
    }

    pub(super) fn validations(&self) -> Option<&Validations> {
        self.handles.get().map(Handles::validations)
    }

    fn take(&self, shared: &Shared) -> Option<&Handles> {
        if self.handles.get().is_none() {
            let taken = handles::take(&shared.label, self.about)?;
            let _ours = self.handles.set(taken);
        }
        self.handles.get()
    }
}

/// Seconds since the Unix epoch.
fn epoch(at: SystemTime) -> f64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "no such count comes near 2^53")]
fn count(number: usize) -> f64 {
    number as f64
}
