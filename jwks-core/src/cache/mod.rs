//! Floor 2: what many threads share. Lock-free reads, one driver, callers who wait.
//!
//! [`KeyCache`] is the handle for those who read keys; [`Driver`] says what to fetch and when to
//! wake. Whoever runs the driver is an adapter: see [`adapter`](crate::adapter).

mod builder;
mod denied;
mod discovery;
mod driver;
mod error;
mod event;
mod fetch;
mod fetch_error;
mod handle;
mod health;
mod http;
mod judged;
mod label;
mod look;
mod mark;
mod meter;
mod misses;
mod progress;
mod reach;
mod room;
mod saved;
mod shared;
mod snapshot;
mod source;
mod status;
mod sync;
mod url;
mod wake;

pub use crate::refresh::Policy;
pub use builder::Builder;
pub use denied::DenyError;
pub use driver::{Action, Driver};
pub use error::{Error, ErrorKind};
pub use event::{Event, EventKind};
pub use fetch::{Fetch, Reply};
pub use fetch_error::{FetchError, FetchErrorKind};
pub use handle::{KeyCache, WeakKeyCache};
pub use health::{Health, HealthKind, Trouble};
pub use progress::{Phase, Progress};
pub use reach::{Unreachable, reach};
pub use saved::{HydrateError, HydrateErrorKind, SavedKeys};
pub use source::{Source, SourceBuilder, SourceError};
pub use status::Status;
pub use wake::Woken;

pub(crate) use event::Observer;
pub(crate) use look::{Judgement, Question};
