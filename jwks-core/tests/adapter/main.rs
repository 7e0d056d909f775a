//! The kit for adapters, on an executor and a clock of the tests' own.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "../support/built.rs"]
mod built;
mod drive;
mod drivers;
mod headers;
mod serve;
mod together;
mod world;
