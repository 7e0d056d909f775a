//! JWK Set cache without I/O: when to refresh, how to share the keys, how to validate a token.
//!
//! Three floors; a lower one never names a higher one.

pub mod cache;
pub mod keys;
pub mod refresh;
pub mod verify;
