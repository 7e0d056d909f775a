//! OpenID Connect Discovery through the cache's public face: simulated time, no sockets.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod again;
mod at_hand;
mod attempt;
#[path = "../support/built.rs"]
mod built;
mod elsewhere;
mod fallback;
mod headers;
mod progress;
mod provider;
mod refused;
mod world;
