//! The HTTP face: what is asked, and how the answer is judged. Pure functions; adapters move the
//! bytes.

pub(crate) use judge::{Answer, Refused, judge};
pub(crate) use request::{discovery_request, request};
pub(crate) use validators::Validators;

mod freshness;
mod judge;
mod request;
mod retry_after;
mod validators;

#[cfg(test)]
mod tests;
