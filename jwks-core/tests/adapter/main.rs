//! The kit for adapters, on an executor and a clock of the tests' own.

mod drive;
mod world;
