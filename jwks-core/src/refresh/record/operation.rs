//! The inputs of the machine as values, and what came of them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::seconds;
use crate::refresh::rng::Rng;
use crate::refresh::{Answered, FetchId, FetchStart, Machine, Miss, Reason, Response, Time};

/// One input of a [`Machine`]: a call of one of its `handle_*` functions.
///
/// In JSON, durations are decimal seconds in text (`"0.25"`), so that they are exact.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operation {
    /// [`Machine::handle_ask`].
    Ask,
    /// [`Machine::handle_demand`], with the number of waiting callers.
    Demand(u64),
    /// [`Machine::handle_distrust`].
    Distrust,
    /// [`Machine::handle_failure`].
    Failure {
        /// Of the fetch that has failed.
        id: FetchId,
        /// The pause that the issuer has asked for.
        #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds::optional")]
        retry_after: Option<Duration>,
    },
    /// [`Machine::handle_hydrate`].
    Hydrate {
        /// How long ago the keys were confirmed.
        #[serde(with = "seconds")]
        age: Duration,
        /// The longest that they are trusted from now on.
        #[serde(with = "seconds")]
        trust: Duration,
        /// The lifetime that their response gave them.
        #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds::optional")]
        lifetime: Option<Duration>,
    },
    /// [`Machine::handle_invalidate`].
    Invalidate,
    /// [`Machine::handle_miss`].
    Miss(Miss),
    /// [`Machine::handle_not_modified`].
    NotModified {
        /// Of the fetch that is answered.
        id: FetchId,
        /// What the answer says.
        #[serde(flatten, with = "ResponseForm")]
        response: Response,
    },
    /// [`Machine::handle_refresh`].
    Refresh,
    /// The machine draws its jitter from this seed from now on. For tests that choose the jitter:
    /// no driver does this.
    Seed(u64),
    /// [`Machine::handle_stale_given`].
    StaleGiven,
    /// [`Machine::handle_success`].
    Success {
        /// Of the fetch that is answered.
        id: FetchId,
        /// What the answer says.
        #[serde(flatten, with = "ResponseForm")]
        response: Response,
    },
    /// [`Machine::handle_timeout`].
    Timeout,
    /// [`Machine::handle_usage`], with the number of uses.
    Usage(u64),
    /// [`Machine::handle_wall_clock`], with the time since the Unix epoch.
    WallClock(#[serde(with = "seconds")] Duration),
}

/// What a [`Machine`] returned for an [`Operation`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// What became of an answer.
    Answered(Answered),
    /// Nothing is returned, or nothing is due.
    Nothing,
    /// A refresh by hand is refused until then.
    Refused(Time),
    /// A fetch begins.
    Started(FetchStart),
}

/// The part of an [`Outcome`] that is recorded, and compared in a replay.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(super) enum Did {
    Confirmed,
    Failed,
    Ignored,
    Nothing,
    Outlived,
    Refused,
    Started { reason: Reason, conditional: bool, no_cache: bool, by_hand: bool, unknown_kid: bool },
}

#[derive(Deserialize, Serialize)]
#[serde(remote = "Response")]
struct ResponseForm {
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds::optional")]
    lifetime: Option<Duration>,
    #[serde(default, skip_serializing_if = "Duration::is_zero", with = "seconds")]
    age: Duration,
    #[serde(default, skip_serializing_if = "Duration::is_zero", with = "seconds")]
    shared_for: Duration,
    #[serde(default)]
    validators: bool,
}

impl Machine {
    /// Makes the call that this operation stands for.
    pub fn handle(&mut self, now: Time, operation: Operation) -> Outcome {
        match operation {
            Operation::Ask => self.handle_ask(now),
            Operation::Demand(waiting) => self.handle_demand(now, waiting),
            Operation::Distrust => self.handle_distrust(now),
            Operation::Failure { id, retry_after } => {
                return Outcome::Answered(self.handle_failure(now, id, retry_after));
            }
            Operation::Hydrate { age, trust, lifetime } => {
                return Outcome::Answered(self.handle_hydrate(now, age, trust, lifetime));
            }
            Operation::Invalidate => self.handle_invalidate(now),
            Operation::Miss(miss) => self.handle_miss(now, miss),
            Operation::NotModified { id, response } => {
                return Outcome::Answered(self.handle_not_modified(now, id, response));
            }
            Operation::Refresh => {
                let refused = self.handle_refresh(now).err();
                return refused.map_or(Outcome::Nothing, Outcome::Refused);
            }
            Operation::Seed(seed) => self.rng = Rng::new(seed),
            Operation::StaleGiven => self.handle_stale_given(now),
            Operation::Success { id, response } => {
                return Outcome::Answered(self.handle_success(now, id, response));
            }
            Operation::Timeout => {
                let started = self.handle_timeout(now);
                return started.map_or(Outcome::Nothing, Outcome::Started);
            }
            Operation::Usage(used) => self.handle_usage(now, used),
            Operation::WallClock(wall) => self.handle_wall_clock(now, wall),
        }
        Outcome::Nothing
    }
}

impl From<Outcome> for Did {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Answered(Answered::Confirmed) => Self::Confirmed,
            Outcome::Answered(Answered::Failed) => Self::Failed,
            Outcome::Answered(Answered::Ignored) => Self::Ignored,
            Outcome::Answered(Answered::Outlived) => Self::Outlived,
            Outcome::Nothing => Self::Nothing,
            Outcome::Refused(_) => Self::Refused,
            Outcome::Started(start) => Self::Started {
                reason: start.reason,
                conditional: start.conditional,
                no_cache: start.no_cache,
                by_hand: start.by_hand,
                unknown_kid: start.unknown_kid,
            },
        }
    }
}
