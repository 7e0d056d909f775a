//! What the fuzzer runs, as functions of bytes: each panics where a rule is broken.
//!
//! `libfuzzer` beside this folder holds the programs, three lines each; `cargo xtask fuzz` builds them
//! with the nightly tool chain and runs them. `tests/short.rs` runs the same functions over the
//! `corpora`, and over a counted number of mutations of them, as a part of `cargo test`.

mod bounds;
mod claims;
mod crypto;
mod http;
mod key_set;
mod machine;
mod saved;
mod service;
mod settings;
mod token;

/// Key sets, compiled a second time: with both crypto backends side by side.
#[expect(dead_code, unreachable_pub, unused_imports, reason = "the targets use a part of it")]
#[path = "../../../jwks-core/src/keys/mod.rs"]
mod keys;
#[path = "../../../jwks-core/tests/model/play.rs"]
mod play;
#[path = "../../../jwks-core/tests/model/policies.rs"]
mod policies;
#[path = "../../../jwks-core/tests/model/reference/mod.rs"]
mod reference;
#[path = "../../../jwks-core/tests/model/script.rs"]
mod script;
#[path = "../../../jwks-core/tests/support/traces.rs"]
mod traces;
#[path = "../../../jwks-core/tests/model/window.rs"]
mod window;

use bounds::bounded;

/// One of the things that are attacked.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Target {
    /// Its name, as in `cargo xtask fuzz NAME`, and its folder in `corpora`.
    pub name: &'static str,
    /// Runs it once.
    pub run: fn(&[u8]),
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target { name: "claims", run: claims },
    Target { name: "crypto", run: crypto },
    Target { name: "http", run: http },
    Target { name: "key_set", run: key_set },
    Target { name: "machine", run: machine },
    Target { name: "saved", run: saved },
    Target { name: "settings", run: settings },
    Target { name: "token", run: token },
];

/// Header and payload, divided by the first line break, and signed by a key of the issuer: what
/// passes is what a second reading of the rules allows.
pub fn claims(data: &[u8]) {
    bounded(data, 1 << 18, 600, claims::run);
}

/// A key set and a signature for both crypto backends, which must agree.
pub fn crypto(data: &[u8]) {
    bounded(data, 1 << 20, 4000, crypto::run);
}

/// Answers of an issuer, documents and key sets with their headers, for a cache that asks.
pub fn http(data: &[u8]) {
    bounded(data, 1 << 24, 4000, http::run);
}

/// The text of a key set, read by us and by a strict reader.
pub fn key_set(data: &[u8]) {
    bounded(data, 1 << 18, 2000, key_set::run);
}

/// A policy and what happens to a cache, for the machine and for the reference beside it. What fails
/// is saved as a trace.
pub fn machine(data: &[u8]) {
    machine::run(data);
}

/// Saved keys and recordings.
pub fn saved(data: &[u8]) {
    bounded(data, 1 << 18, 4000, saved::run);
}

/// Settings of files and of the environment.
pub fn settings(data: &[u8]) {
    bounded(data, 1 << 17, 400, settings::run);
}

/// The text of a token, for keys that are known: what passes was signed.
pub fn token(data: &[u8]) {
    bounded(data, 1 << 18, 400, token::run);
}
