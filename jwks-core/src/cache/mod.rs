//! Floor 2: what many threads share. Lock-free reads, one driver, callers who wait.
//!
//! [`KeyCache`] is the handle for reading keys. [`Driver`] decides what to fetch and when to wake.
//! An adapter runs the driver: see [`adapter`](crate::adapter).

mod addresses;
mod builder;
mod denied;
mod discovery;
mod driver;
mod drivers;
mod error;
#[cfg(test)]
mod error_texts;
mod event;
mod explain;
mod fetch;
mod fetch_error;
mod guards;
mod handle;
mod headers;
mod health;
mod hosts;
mod http;
mod judged;
mod label;
mod look;
mod mark;
mod meter;
mod misses;
mod observe;
mod progress;
mod reach;
mod relaxation;
mod room;
mod saved;
mod shared;
mod snapshot;
mod source;
mod source_url;
mod start;
mod status;
pub(crate) mod sync;
mod tape;
mod turns;
mod url;
mod wake;

pub use crate::refresh::Policy;
pub use addresses::{Addresses, RefusedAddress};
pub use builder::KeyCacheBuilder;
pub use denied::DenyError;
pub use error::{Error, ErrorKind};
pub use event::{Event, EventKind};
pub use explain::{
    Episode, Explanation, HeldKey, KidExplanation, KidState, NextFetch, UnknownKids,
};
pub use fetch_error::{FetchError, FetchErrorKind};
pub use handle::{KeyCache, WeakKeyCache};
pub use health::{Health, HealthKind, Trouble};
pub use progress::Phase;
pub use relaxation::Relaxation;
pub use saved::{HydrateError, HydrateErrorKind, SavedKeys};
pub use source::{Source, SourceBuilder};
pub use source_url::SourceError;
pub use start::BuildError;
pub use status::Status;

pub(crate) use builder::{Basis, Fate};
pub(crate) use driver::{Aside, Later};
pub(crate) use event::Observer;
pub(crate) use explain::{At, line};
pub(crate) use for_adapters::*;
pub(crate) use headers::MakeHeaders;
pub(crate) use hosts::Hosts;
pub(crate) use look::{Judgement, Lacking, Look, Question};
#[cfg(feature = "metrics")]
pub(crate) use observe::{About, Validations};
pub(crate) use observe::{Span, refused_issuers, resolver_failed};

/// What only authors of adapters need: public as [`adapter`](crate::adapter), out of the way of
/// those who read keys.
pub(crate) mod for_adapters {
    pub use super::driver::{Action, Driver};
    pub use super::drivers::Drivers;
    pub use super::fetch::{Fetch, Reply};
    pub use super::guards::{Guards, Worth};
    pub use super::headers::Headers;
    pub use super::http::SharedFor;
    pub use super::progress::Progress;
    pub use super::reach::{Unreachable, reach};
    pub use super::start::{Env, Start};
    pub use super::wake::Woken;
}

pub(crate) use drivers::DriverSource;
pub(crate) use shared::WallClock;
pub(crate) use status::{seconds, seconds_of};
pub(crate) use turns::Turns;
pub(crate) use wake::WakeFlag;
