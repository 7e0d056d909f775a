//! Validation through the public API alone, on the crypto backend that is enabled: published
//! examples, and tokens and keys that somebody would like to pass.

mod attacks;
#[path = "../support/built.rs"]
mod built;
mod key_cache;
mod known_answers;
mod published;
mod service;
mod signer;
