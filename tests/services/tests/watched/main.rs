//! The service to watch, as its users start it: the built program, asked over sockets.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod metrics;
mod page;
mod provider;
mod routes;
mod service;
