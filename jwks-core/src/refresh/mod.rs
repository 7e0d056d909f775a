//! Floor 1: the refresh machine. When to fetch, as a pure function of time, usage and answers.
//!
//! This floor has no clock, no thread, no lock and no bytes of HTTP: [`Machine`] is told what
//! happened and when, and answers with deadlines. [`Policy`] holds its settings.

mod answer;
mod clock;
mod cost;
mod deadline;
#[cfg(test)]
mod explore;
mod fetch;
mod hint;
mod hydrate;
mod idle;
mod lease;
mod machine;
mod misses;
mod policy;
pub mod record;
mod retry;
mod rng;
pub mod settings;
pub(crate) mod throttle;
mod time;

pub(crate) use cost::Pace;

pub use answer::{Answered, Response};
pub use deadline::{Deadline, Gate, Reason};
pub use fetch::{FetchId, FetchStart};
pub use hint::Hint;
pub use lease::Freshness;
pub use machine::Machine;
pub use misses::Miss;
pub use policy::{Kidless, Policy, PolicyBuilder, PolicyError, PolicySettings, Strategy};
pub use time::Time;
