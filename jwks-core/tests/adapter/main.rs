//! The kit for adapters, on an executor and a clock of the tests' own.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod drive;
mod world;
