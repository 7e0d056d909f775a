//! Headers of load balancers and of Verified Access, against keys in memory.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod foreign;
mod keys;
mod refused;
mod settings;
mod world;
