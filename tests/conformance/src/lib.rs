//! Conformance suite for adapters of [`jwks_core`]: one set of scenarios, over real sockets, for
//! every runtime.
//!
//! An adapter moves bytes and keeps time; what is to be fetched, and when, `jwks_core` decides.
//! So every adapter must behave the same, to the number of requests: each scenario asserts what
//! callers and operators see, and then how often the issuer was asked, exactly. A scripted issuer
//! on loopback ([`IssuerServer`](jwks_testkit::IssuerServer)) answers, slowly, wrongly or not at all, as the scenario says.
//!
//! # Running it on your own adapter
//!
//! A test without the usual harness, `tests/conformance.rs`:
//!
//! ```no_run
//! use std::{any::Any, process::ExitCode};
//!
//! use jwks_conformance::{Adapter, Roots};
//! use jwks_core::adapter::Drivers;
//!
//! # mod my_adapter {
//! #     pub struct Client;
//! #     impl Client {
//! #         pub fn with_roots(_: impl IntoIterator<Item = Vec<u8>>) -> Self { Self }
//! #     }
//! #     pub struct Tasks;
//! #     pub fn spawn(_: jwks_core::adapter::Drivers, _: Client) -> Tasks { Tasks }
//! # }
//! struct Mine;
//!
//! impl Adapter for Mine {
//!     fn name(&self) -> &str {
//!         "mine"
//!     }
//!
//!     fn start(&self, drivers: Drivers, roots: &Roots) -> Box<dyn Any + Send> {
//!         let client = my_adapter::Client::with_roots(roots.iter().map(<[u8]>::to_vec));
//!         // Dropping it stops the drivers, and ends their fetches.
//!         Box::new(my_adapter::spawn(drivers, client))
//!     }
//! }
//!
//! fn main() -> ExitCode {
//!     jwks_conformance::main([&Mine as &'static dyn Adapter])
//! }
//! ```
//!
//! and in `Cargo.toml`:
//!
//! ```toml
//! [dev-dependencies]
//! jwks-conformance = "0.1"
//!
//! [[test]]
//! name = "conformance"
//! harness = false
//! ```
//!
//! An adapter whose futures are not `Send` starts a thread in `start`, which runs them until it is
//! told to stop; what `start` returns tells it so when it is dropped, and waits for the thread.
//!
//! An adapter that cannot do what the comment says, as plain threads cannot, says so by
//! [`Adapter::stops_when_dropped`], [`Adapter::ends_fetches`] and [`Adapter::tells_phases`]; one
//! whose client can be told the addresses of a name runs more scenarios by
//! [`Adapter::takes_hosts`].
//!
//! `cargo test --test conformance` runs all scenarios and prints a table of them; a name, or a part
//! of one, runs those (`-- mine::outage`), `-- --list` lists them. A failure is named by adapter
//! and scenario; what hangs has failed after 30 s. A good adapter takes some 5 s.
//!
//! # Scenarios of one's own
//!
//! [`Stage`] and [`World`] are what the scenarios are made of: an issuer of `jwks-testkit`, a
//! verifier of its tokens whose drivers your adapter runs, and a log of the events.

mod adapter;
pub mod network;
#[expect(clippy::unwrap_used, reason = "scenarios are tests, although no `cfg` says so")]
mod scenarios;
mod suite;
pub mod world;

pub use adapter::{Adapter, Roots};
pub use suite::{main, scenarios};
pub use world::{Service, Stage, World};
