//! Conformance suite for adapters of [`jwks_core`]: one set of scenarios, over real sockets, for
//! every runtime.
//!
//! An adapter moves bytes and keeps time; `jwks_core` decides what to fetch, and when. So every
//! adapter must behave the same, to the number of requests. Each scenario asserts what callers and
//! operators see, and then the exact number of requests to the issuer. The issuer
//! ([`IssuerServer`](jwks_testkit::IssuerServer)) is a scripted server on loopback. It answers
//! slowly, wrongly or not at all, as the scenario says.
//!
//! # Running it on your own adapter
//!
//! Write a test without the usual harness, `tests/conformance.rs`:
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
//! If your adapter's futures are not `Send`, start a thread in `start` that runs them. When the
//! returned value is dropped, it must stop that thread and wait for it.
//!
//! If your adapter cannot do what the comment says, for example because it uses plain threads, say
//! so with [`Adapter::stops_when_dropped`], [`Adapter::ends_fetches`] and
//! [`Adapter::tells_phases`]. If its client can be given the addresses of a name, implement
//! [`Adapter::takes_hosts`] to run more scenarios.
//!
//! `cargo test --test conformance` runs all scenarios and prints a table of them. A name, or a part
//! of one, selects scenarios (`-- mine::outage`), and `-- --list` lists them. A failure names the
//! adapter and the scenario. A scenario that hangs fails after 30 s. A good adapter takes about 5
//! s.
//!
//! # Your own scenarios
//!
//! Build them from [`Stage`] and [`World`], as the suite does: an issuer of `jwks-testkit`, a
//! verifier of its tokens whose drivers your adapter runs, and a log of the events.

mod adapter;
pub mod network;
#[expect(clippy::unwrap_used, reason = "scenarios are tests, although no `cfg` says so")]
mod scenarios;
mod suite;
pub mod world;

pub use adapter::{Adapter, Roots};
pub use suite::{main, play, scenarios};
pub use world::{Service, Stage, World};
