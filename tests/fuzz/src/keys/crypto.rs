//! The two backends, and the one of the unit tests that asks both and panics where they differ.

#[path = "../../../../jwks-core/src/keys/crypto/aws_lc.rs"]
mod aws_lc;
#[path = "../../../../jwks-core/src/keys/crypto/both.rs"]
mod both;
#[path = "../../../../jwks-core/src/keys/crypto/rust_crypto.rs"]
mod rust_crypto;

pub(super) use both::{PublicKey, sha256};

/// SEC 1 section 2.3.3: both coordinates follow.
const UNCOMPRESSED: u8 = 4;
