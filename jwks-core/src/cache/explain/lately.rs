//! What has happened lately, in short.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::super::shared::Shared;
use super::super::status::{Board, seconds_of};
use super::words::At;

/// Something that has happened to a cache: an outage, a run of fetches for unknown kids, a time in
/// which the process stood still.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Episode {
    /// When it began.
    #[serde(serialize_with = "seconds_of")]
    pub at: SystemTime,
    /// What it was. It holds no text of the issuer or of a token.
    pub text: String,
}

/// An episode as it is told at a time.
pub(super) struct Told<'a>(pub(super) &'a Episode, pub(super) SystemTime);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(Episode { at, text }, now) = *self;
        write!(f, "{}: {text}", At { at: *at, now })
    }
}

/// From what the recorder has of the refresh machine, and the last changes of the keys.
pub(super) fn episodes(shared: &Shared, board: &Board, now: SystemTime) -> Vec<Episode> {
    let lines = shared.recorded.recording(&shared.label, &shared.policy).episodes(MOST);
    let told = lines
        .iter()
        .filter_map(|line| Some(Episode { at: line.time()?, text: line.text().to_owned() }));
    let failing = board.failing_since.map(|at| {
        let text = format!("since then fetches fail: {} in a row", board.failures_in_a_row);
        Episode { at, text }
    });
    let known = changed(&board.changes, now).into_iter().chain(failing);
    let mut episodes: Vec<_> = told.chain(known).collect();
    episodes.sort_by_key(|episode| episode.at);
    let too_many = episodes.len().saturating_sub(MOST);
    episodes.split_off(too_many)
}

/// Keys that change once are nothing to tell.
fn changed(changes: &[SystemTime], now: SystemTime) -> Option<Episode> {
    let recent = |at: &&SystemTime| now.duration_since(**at).is_ok_and(|ago| ago <= HOUR);
    let mut recent = changes.iter().filter(recent);
    let at = *recent.next()?;
    let times = recent.count() + 1;
    (times > 1).then(|| Episode { at, text: format!("since then the keys changed {times} times") })
}

/// Shown.
const MOST: usize = 6;

const HOUR: Duration = Duration::from_secs(3600);
