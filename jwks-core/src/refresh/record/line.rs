//! One event of a story, and when it happened.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde::ser::Serializer;

use super::seconds;
use crate::refresh::{Machine, Time};

/// One event of a story.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Line {
    /// When, in the adapter's time.
    #[serde(with = "seconds::time")]
    at: Time,
    /// The same on the wall clock.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    time: Option<SystemTime>,
    text: String,
}

impl Line {
    pub(super) fn new(machine: &Machine, at: Time, text: String) -> Self {
        Self { at, time: wall_time(machine, at), text }
    }

    pub(super) fn saying(self, text: String) -> Self {
        Self { text, ..self }
    }

    /// When, in the adapter's time.
    #[must_use]
    pub const fn at(&self) -> Time {
        self.at
    }

    /// When, on the wall clock; none if that was not read.
    #[must_use]
    pub const fn time(&self) -> Option<SystemTime> {
        self.time
    }

    /// What happened.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// On the wall clock, or else since the origin.
pub(super) struct When(pub(super) Time, pub(super) Option<SystemTime>);

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(time) => write!(f, "{}", humantime::format_rfc3339_millis(time)),
            None => write!(f, "+{:.3}s", self.0.since_origin().as_secs_f64()),
        }
    }
}

/// What the wall clock shows at `at`, as far as the machine knows; none past the year 9999.
fn wall_time(machine: &Machine, at: Time) -> Option<SystemTime> {
    if machine.clock.is_unread() {
        return None;
    }
    let wall = at.since_origin().as_nanos().cast_signed().checked_add(machine.clock.ahead())?;
    let millis = u64::try_from(wall / 1_000_000).ok()?;
    let since = Some(Duration::from_millis(millis)).filter(|since| since.as_secs() < YEAR_10000)?;
    UNIX_EPOCH.checked_add(since)
}

fn as_text<S: Serializer>(time: &Option<SystemTime>, to: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => to.collect_str(&humantime::format_rfc3339_millis(*time)),
        None => to.serialize_none(),
    }
}

/// In seconds since the Unix epoch.
const YEAR_10000: u64 = 253_402_300_800;
