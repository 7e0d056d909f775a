//! For authors of adapters: what a runtime and an HTTP client need to keep keys fresh.
//!
//! If you only use an adapter, you need nothing from this module: start a verifier or a cache with
//! the adapter's own `start`.
//!
#![doc = include_str!("guide.md")]

mod bearer;
mod begin;
mod body;
mod drive;
mod serve;
mod sorted;
mod together;

pub use crate::cache::for_adapters::{
    Action, Driver, Drivers, Env, Fetch, Guards, Headers, Progress, Reply, SharedFor, Start,
    Unreachable, Woken, Worth, reach,
};
pub use crate::cache::{Addresses, BuildError, FetchError, FetchErrorKind, Phase};
pub use crate::refresh::Time;
pub use bearer::{NotAToken, bearer};
pub use begin::begin;
pub use body::Body;
pub use drive::{Exchange, drive};
pub use serve::Serve;
pub use sorted::sorted;
pub use together::{Together, together};
