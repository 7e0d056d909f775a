//! Test support: a scripted issuer, and the tests that run across the crates.
