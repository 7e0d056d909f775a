//! Tokens signed with real keys, against verifiers whose keys are hydrated: no network, no runtime.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod calls;
mod checks;
mod claims;
mod errors;
mod keys;
mod pools;
mod support;
