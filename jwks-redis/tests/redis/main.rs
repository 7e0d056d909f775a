//! Instances that share, over a fake of Redis in this process, and over a real one.
//!
//! The tests of `with_server` need a `redis-server`, and those of `with_proxy` an nginx: `cargo xtask
//! redis` brings both, and runs them.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod fake;
mod scenarios;
mod with_fake;
mod with_proxy;
mod with_server;
mod world;
