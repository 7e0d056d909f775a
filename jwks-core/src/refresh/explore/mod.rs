//! Every state that the machine can reach, within bounds, and the rules in each of them.
//!
//! A breadth-first [`walk`] of the real machine beside the reference of `tests/model`: from each
//! state it makes every move that the [`scene`] offers (time, uses, misses, callers, operators,
//! answers, the wall clock), and after each call the reference compares all that the machine shows
//! with what the rules allow. Jitter is a choice like any other. States that differ only in when
//! they happened, or in how many fetches there were before, count as one ([`fingerprint`]), so that
//! most scenes have an end. [`onward`] then asks of each state what no single call shows: that the
//! cache comes back once the issuer does, and that calls which bring no news change nothing.
//!
//! A broken rule comes with the shortest path to it, in words. The number of states is printed
//! (`--nocapture`). By default a scene ends after some thousand states; `JWKS_PROOF=60 cargo test
//! -p jwks-core explore` goes sixty times as far.

mod fingerprint;
mod moves;
mod onward;
mod rebase;
mod scene;
mod scenes;
mod seed;
mod walk;

#[path = "../../../tests/model/reference/mod.rs"]
mod reference;

#[expect(clippy::disallowed_methods, reason = "a test that fails leaves a file")]
#[path = "../../../tests/support/traces.rs"]
mod traces;
