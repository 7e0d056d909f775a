//! jwks-tokio over real sockets: behaviour, and how often the issuer is asked.
//!
//! The scenarios name no runtime: callers are plain threads and futures polled by hand, and
//! [`runner`] alone knows what runs the drivers. What only tokio can do is in [`client`],
//! [`doomed`], [`run`] and [`shutdown`].

mod ahead;
mod bad_answers;
mod by_hand;
mod callers;
mod client;
mod cold;
mod confirm;
mod discovery;
mod doomed;
mod issuers;
mod log;
mod on_demand;
mod outage;
mod retry_after;
mod run;
mod runner;
mod secrets;
mod settings;
mod shutdown;
mod tokens;
mod unknown_kid;
mod world;
