//! For authors of adapters: what a runtime and an HTTP client need to keep keys fresh.
//!
//! Users of an adapter need nothing of this: they start a verifier or a cache by the adapter's own
//! functions.
//!
#![doc = include_str!("guide.md")]

mod body;
mod drive;
mod sorted;
mod together;

pub use crate::cache::{
    Action, Driver, Fetch, FetchError, FetchErrorKind, Phase, Progress, Reply, Unreachable, Woken,
    reach,
};
pub use crate::refresh::Time;
pub use body::Body;
pub use drive::{Exchange, drive};
pub use sorted::sorted;
pub use together::{Together, together};
