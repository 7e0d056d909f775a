//! The switch between crypto backends. A backend gives `PublicKey` and `sha256`, nothing else.
//!
//! With both features on, AWS-LC is used. Unit tests, and the fuzzer's targets (`tests/fuzz`), then use both
//! at once, and fail where their verdicts differ.

#[cfg(feature = "aws-lc")]
mod aws_lc;
#[cfg(all(any(both_backends, test), feature = "aws-lc", feature = "rust-crypto"))]
mod both;
#[cfg(all(feature = "rust-crypto", any(both_backends, test, not(feature = "aws-lc"))))]
mod rust_crypto;
#[cfg(test)]
mod tests;

#[cfg(all(feature = "aws-lc", not(all(any(both_backends, test), feature = "rust-crypto"))))]
pub(super) use self::aws_lc::{PublicKey, sha256};
#[cfg(all(any(both_backends, test), feature = "aws-lc", feature = "rust-crypto"))]
pub(super) use self::both::{PublicKey, sha256};
#[cfg(all(feature = "rust-crypto", not(feature = "aws-lc")))]
pub(super) use self::rust_crypto::{PublicKey, sha256};

#[cfg(not(any(feature = "aws-lc", feature = "rust-crypto")))]
compile_error!(
    "jwks-core needs a crypto backend to check signatures: enable its feature `aws-lc` (it is on \
     by default; with `default-features = false`, add `features = [\"aws-lc\"]`), or \
     `rust-crypto`, which is pure Rust"
);

/// SEC 1 section 2.3.3: both coordinates follow.
const UNCOMPRESSED: u8 = 4;
