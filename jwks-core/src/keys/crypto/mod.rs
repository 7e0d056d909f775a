//! The switch between crypto backends. A backend gives `PublicKey` and `sha256`, nothing else.

#[cfg(feature = "aws-lc")]
mod aws_lc;

#[cfg(feature = "aws-lc")]
pub(super) use self::aws_lc::{PublicKey, sha256};

#[cfg(not(feature = "aws-lc"))]
compile_error!(
    "jwks-core needs a crypto backend to check signatures: enable its feature `aws-lc` (it is on \
     by default; with `default-features = false`, add `features = [\"aws-lc\"]`)"
);
