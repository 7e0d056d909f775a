//! How far the property tests of this crate draw.
//!
//! By default each property draws the same cases at every run, so that a change never fails by the
//! luck of the draw. `JWKS_PROOF=60 cargo test -p jwks-core` draws sixty times as many, from a seed
//! that is new at every run and is printed with a failure; `JWKS_PROOF_SEED` sets it, to see that
//! failure again.

use std::io::Write as _;

use proptest::test_runner::{Config, RngSeed};

/// The configuration of a property that draws so many cases by default.
pub(crate) fn draws(cases: u32) -> Config {
    Config {
        cases: cases.saturating_mul(factor()),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        rng_seed: RngSeed::Fixed(seed()),
        ..Config::default()
    }
}

/// How much more than by default is to be tried: `JWKS_PROOF`, or 1.
pub(crate) fn factor() -> u32 {
    number("JWKS_PROOF").and_then(|factor| u32::try_from(factor).ok()).unwrap_or(1).max(1)
}

#[expect(clippy::disallowed_methods, reason = "a test says what it has drawn")]
fn seed() -> u64 {
    static NEW: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    let new = || {
        if factor() == 1 {
            return FIXED;
        }
        let seed = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), FIXED);
        // Shown by the test harness when a test of this process fails.
        _ = writeln!(std::io::stdout(), "JWKS_PROOF_SEED={seed}");
        seed
    };
    number("JWKS_PROOF_SEED").unwrap_or_else(|| *NEW.get_or_init(new))
}

#[expect(clippy::disallowed_methods, reason = "a test may be told how long to run")]
fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.trim().parse().ok()
}

const FIXED: u64 = 7517;
