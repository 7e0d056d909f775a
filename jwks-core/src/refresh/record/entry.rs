//! What is recorded: an input that changed something, after inputs that did not.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::operation::Did;
use super::{Operation, seconds};
use crate::refresh::{Miss, Time};

/// Quiet inputs, and then one that changed the machine.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    #[serde(default, skip_serializing_if = "Quiet::is_empty")]
    pub(super) quiet: Quiet,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) step: Option<Step>,
}

/// One input.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    #[serde(with = "seconds::time")]
    pub(super) at: Time,
    pub(super) input: Operation,
    /// None: it is not known, and not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) did: Option<Did>,
}

/// A run of inputs that changed nothing but the clocks, the number of uses, and whether somebody
/// waits. They are counted, and only those are kept that the machine's state depends on.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Quiet {
    /// When the first of them came that is worth telling, in whole milliseconds.
    #[serde(with = "seconds::time", skip_serializing_if = "is_origin")]
    pub(super) first: Time,
    #[serde(skip_serializing_if = "Counts::is_empty")]
    pub(super) counts: Counts,
    /// The most callers who waited.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) most_waiting: u64,
    /// What the wall clock showed before the last `Timeout`.
    #[serde(skip_serializing_if = "Walls::is_empty")]
    pub(super) walls: Walls,
    /// The last `Timeout`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) timeout: Option<Timeout>,
    /// And after it.
    #[serde(skip_serializing_if = "Walls::is_empty")]
    pub(super) walls_after: Walls,
    /// Whether somebody waits in the end; none if nobody has said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) waiting: Option<bool>,
    /// The largest time; the origin if a step follows.
    #[serde(with = "seconds::time", skip_serializing_if = "is_origin")]
    pub(super) last: Time,
}

/// The time of a `Timeout`, and whether somebody waited then.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Timeout {
    #[serde(with = "seconds::time")]
    pub(super) at: Time,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) waiting: Option<bool>,
}

/// Readings of the wall clock.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Walls {
    /// The one that was furthest ahead of all before it, if that was not the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) peak: Option<Wall>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last: Option<Wall>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wall {
    #[serde(with = "seconds::time")]
    pub(super) at: Time,
    #[serde(with = "seconds")]
    pub(super) wall: Duration,
}

/// What can be counted.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Ask,
    /// Reports of how many wait, if any do.
    Demand,
    Distrust,
    /// Answers that came too late, and keys that could not be used.
    Ignored,
    Invalidate,
    MissKid,
    MissKidless,
    MissSignature,
    MissSkipped,
    Refresh,
    StaleGiven,
    Timeout,
    /// The sum of the uses.
    Use,
}

/// How often each came.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(from = "BTreeMap<Kind, u64>", into = "BTreeMap<Kind, u64>")]
pub(super) struct Counts(pub(super) [u64; Kind::ALL.len()]);

impl Entry {
    /// The calls that lead from the state before it to the state after it, each with what the
    /// machine did.
    pub(super) fn calls(&self) -> impl Iterator<Item = Step> + use<> {
        let (quiet, step) = (self.quiet, self.step);
        quiet.calls().chain(step)
    }

    /// The same calls in three entries, the `Timeout` among the quiet ones as a step: the only one of
    /// them that a machine could do something with.
    pub(super) fn opened(&self) -> [Self; 3] {
        let Self { quiet, step } = *self;
        let before = quiet.timeout.and_then(|timeout| timeout.waiting);
        let (mut used, mut counts) = (Counts::default(), quiet.counts);
        used.add(Kind::Use, counts.take(Kind::Use, u64::MAX));
        counts.take(Kind::Timeout, 1);
        counts.take(Kind::Demand, u64::from(before == Some(true)));
        let call = |input| move |Timeout { at, .. }| Step { at, input, did: None };
        let demand = before.map(|waiting| Operation::Demand(u64::from(waiting)));
        let demand = demand.and_then(|demand| quiet.timeout.map(call(demand)));
        let begin = Quiet {
            first: quiet.first,
            counts,
            most_waiting: quiet.most_waiting,
            walls: quiet.walls,
            ..Quiet::default()
        };
        let end = Quiet {
            first: quiet.first,
            counts: used,
            walls: quiet.walls_after,
            waiting: quiet.waiting.filter(|_| quiet.waiting != before),
            last: quiet.last,
            ..Quiet::default()
        };
        [
            Self { quiet: begin, step: demand },
            Self { quiet: Quiet::default(), step: quiet.timeout.map(call(Operation::Timeout)) },
            Self { quiet: end, step },
        ]
    }

    /// How many inputs it stands for, as far as they were counted; uses as one.
    pub(super) fn inputs(&self) -> u64 {
        let count = |kind| {
            let count = self.quiet.counts.get(kind);
            if kind == Kind::Use { count.min(1) } else { count }
        };
        let quiet = Kind::ALL.into_iter().map(count).fold(0_u64, u64::saturating_add);
        quiet.saturating_add(u64::from(self.step.is_some()))
    }
}

impl Quiet {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether there is more in it than a driver's polls.
    pub(super) fn is_noteworthy(&self) -> bool {
        Kind::ALL.into_iter().any(|kind| kind != Kind::Timeout && self.counts.get(kind) > 0)
    }

    /// Without what is in it twice.
    pub(super) fn once(self) -> Self {
        Self { walls: self.walls.once(), walls_after: self.walls_after.once(), ..self }
    }

    /// The `Timeout` comes before the uses: with fewer of them nothing more is due.
    pub(super) fn calls(self) -> impl Iterator<Item = Step> {
        let quietly = |at, input| Step { at, input, did: Some(Did::Nothing) };
        let demand = move |at, waiting: bool| quietly(at, Operation::Demand(u64::from(waiting)));
        let before = self.timeout.and_then(|timeout| timeout.waiting);
        let waiting = self
            .timeout
            .into_iter()
            .filter_map(move |timeout| Some(demand(timeout.at, timeout.waiting?)));
        let timeout = self.timeout.map(|timeout| quietly(timeout.at, Operation::Timeout));
        let after = self.waiting.filter(|_| self.waiting != before);
        let used = Some(self.counts.get(Kind::Use)).filter(|used| *used > 0);
        let last = Some(self.last).filter(|last| *last > Time::ZERO);
        self.walls
            .calls()
            .chain(waiting)
            .chain(timeout)
            .chain(self.walls_after.calls())
            .chain(used.map(|used| quietly(Time::ZERO, Operation::Usage(used))))
            .chain(after.map(|waiting| demand(Time::ZERO, waiting)))
            .chain(last.map(|last| quietly(last, Operation::Usage(0))))
    }
}

impl Walls {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Takes in a reading. `ahead`: further than all before it.
    pub(super) fn read(&mut self, wall: Wall, ahead: bool) {
        if ahead {
            self.peak = Some(wall);
        }
        self.last = Some(wall);
    }

    /// These readings and then those.
    pub(super) fn followed_by(self, later: Self) -> Self {
        Self { peak: later.peak.or(self.peak), last: later.last.or(self.last) }
    }

    fn once(self) -> Self {
        Self { peak: self.peak.filter(|_| self.peak != self.last), last: self.last }
    }

    fn calls(self) -> impl Iterator<Item = Step> {
        self.peak.into_iter().chain(self.last).map(|Wall { at, wall }| Step {
            at,
            input: Operation::WallClock(wall),
            did: Some(Did::Nothing),
        })
    }
}

impl Kind {
    pub(super) const ALL: [Self; 13] = [
        Self::Ask,
        Self::Demand,
        Self::Distrust,
        Self::Ignored,
        Self::Invalidate,
        Self::MissKid,
        Self::MissKidless,
        Self::MissSignature,
        Self::MissSkipped,
        Self::Refresh,
        Self::StaleGiven,
        Self::Timeout,
        Self::Use,
    ];

    /// How this input is counted, if it is.
    pub(super) const fn of(input: Operation) -> Option<(Self, u64)> {
        Some(match input {
            Operation::Ask => (Self::Ask, 1),
            Operation::Demand(0) | Operation::WallClock(_) | Operation::Usage(0) => return None,
            Operation::Demand(_) => (Self::Demand, 1),
            Operation::Distrust => (Self::Distrust, 1),
            Operation::Failure { .. }
            | Operation::Hydrate { .. }
            | Operation::NotModified { .. }
            | Operation::Seed(_)
            | Operation::Success { .. } => (Self::Ignored, 1),
            Operation::Invalidate => (Self::Invalidate, 1),
            Operation::Miss(Miss::Kid) => (Self::MissKid, 1),
            Operation::Miss(Miss::Kidless) => (Self::MissKidless, 1),
            Operation::Miss(Miss::Signature) => (Self::MissSignature, 1),
            Operation::Miss(Miss::Skipped) => (Self::MissSkipped, 1),
            Operation::Refresh => (Self::Refresh, 1),
            Operation::StaleGiven => (Self::StaleGiven, 1),
            Operation::Timeout => (Self::Timeout, 1),
            Operation::Usage(used) => (Self::Use, used),
        })
    }

    pub(super) const fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl Counts {
    pub(super) fn get(&self, kind: Kind) -> u64 {
        self.0.get(kind as usize).copied().unwrap_or_default()
    }

    pub(super) fn add(&mut self, kind: Kind, count: u64) {
        if let Some(counted) = self.0.get_mut(kind as usize) {
            *counted = counted.saturating_add(count);
        }
    }

    /// Takes out so many, or all that there are.
    fn take(&mut self, kind: Kind, most: u64) -> u64 {
        let taken = self.get(kind).min(most);
        if let Some(counted) = self.0.get_mut(kind as usize) {
            *counted -= taken;
        }
        taken
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl From<BTreeMap<Kind, u64>> for Counts {
    fn from(map: BTreeMap<Kind, u64>) -> Self {
        let mut counts = Self::default();
        map.into_iter().for_each(|(kind, count)| counts.add(kind, count));
        counts
    }
}

impl From<Counts> for BTreeMap<Kind, u64> {
    fn from(counts: Counts) -> Self {
        Kind::ALL.into_iter().zip(counts.0).filter(|(_, count)| *count > 0).collect()
    }
}

fn is_origin(time: &Time) -> bool {
    *time == Time::ZERO
}

const fn is_zero(count: &u64) -> bool {
    *count == 0
}
