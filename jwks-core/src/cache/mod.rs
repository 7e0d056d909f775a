//! Floor 2: what many threads share.

mod fetch_error;
#[cfg_attr(
    not(test),
    expect(dead_code, unused_imports, reason = "the driver, its only user, is not there yet")
)]
mod http;
mod source;

pub use fetch_error::{FetchError, FetchErrorKind};
pub use source::{Source, SourceBuilder, SourceError};
