//! Tokens, and issuers and verifiers in memory.

mod bad;
mod tokens;
mod world;
