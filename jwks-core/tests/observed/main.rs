//! What an operator is told of an outage, a rotation and a flood: each line of the log, each span and
//! each value that is not zero.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "../support/built.rs"]
mod built;
mod durations;
mod listen;
mod page;
mod resolver;
mod stories;
mod tenants;
mod world;
