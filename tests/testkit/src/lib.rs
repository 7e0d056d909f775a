#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod audit;
mod bad;
#[cfg(feature = "loopback")]
pub mod certificates;
mod challenge;
mod claims;
mod clock;
mod issuer;
#[cfg(feature = "loopback")]
mod loopback;
mod memory;
#[cfg(feature = "loopback")]
pub mod network;
mod signer;
mod token;

pub use audit::{Audit, Deviation, Outcome, Report, Trailers, tower};
pub use bad::BadToken;
pub use challenge::{Challenge, ChallengeError};
pub use claims::{claims, claims_at, unknown_kid_token};
pub use clock::Clock;
pub use issuer::{AUDIENCE, DOCUMENT_PATH, Gate, KEYS_PATH, Recorded, Reply, TestIssuer};
#[cfg(feature = "loopback")]
pub use loopback::{IssuerServer, TlsFront};
pub use memory::InMemory;
pub use signer::{Signer, jwk_set};
pub use token::TokenBuilder;
