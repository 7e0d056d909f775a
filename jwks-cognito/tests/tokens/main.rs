//! Tokens signed with real keys, against verifiers whose keys are hydrated: no network, no runtime.

mod calls;
mod checks;
mod claims;
mod errors;
mod keys;
mod pools;
mod support;
