//! Tokens, and issuers and verifiers in memory.

mod tokens;
mod world;
