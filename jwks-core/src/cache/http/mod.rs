//! The HTTP face: what is asked, and how the answer is judged. Pure functions; adapters move the
//! bytes.

pub(crate) use etag::EntityTag;
pub use judge::SharedFor;
pub(crate) use judge::{Answer, Refused, Terms, judge};
pub(crate) use request::{discovery_request, request};

mod age;
mod etag;
mod freshness;
mod judge;
mod request;
mod retry_after;

#[cfg(test)]
mod tests;
