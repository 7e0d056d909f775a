//! jwks-core's key sets, compiled a second time: with both crypto backends side by side.

#![expect(dead_code, unreachable_pub, unused_imports, reason = "the targets use a part of it")]

#[path = "../../../jwks-core/src/keys/algorithm.rs"]
mod algorithm;
#[path = "../../../jwks-core/src/keys/base64url.rs"]
pub(crate) mod base64url;
mod crypto;
#[path = "../../../jwks-core/src/keys/der.rs"]
mod der;
#[path = "../../../jwks-core/src/keys/diff.rs"]
mod diff;
#[path = "../../../jwks-core/src/keys/document.rs"]
mod document;
#[path = "../../../jwks-core/src/keys/edwards.rs"]
mod edwards;
#[path = "../../../jwks-core/src/keys/error.rs"]
mod error;
#[path = "../../../jwks-core/src/keys/issuer.rs"]
mod issuer;
#[path = "../../../jwks-core/src/keys/json.rs"]
pub(crate) mod json;
#[path = "../../../jwks-core/src/keys/jwk.rs"]
mod jwk;
#[path = "../../../jwks-core/src/keys/key.rs"]
mod key;
#[path = "../../../jwks-core/src/keys/limits.rs"]
mod limits;
#[path = "../../../jwks-core/src/keys/material.rs"]
mod material;
#[path = "../../../jwks-core/src/keys/pem.rs"]
mod pem;
#[path = "../../../jwks-core/src/keys/public_jwk.rs"]
mod public_jwk;
#[path = "../../../jwks-core/src/keys/roca.rs"]
mod roca;
#[path = "../../../jwks-core/src/keys/serial.rs"]
mod serial;
#[path = "../../../jwks-core/src/keys/set.rs"]
mod set;
#[path = "../../../jwks-core/src/keys/skip.rs"]
mod skip;
#[path = "../../../jwks-core/src/keys/succession.rs"]
mod succession;
#[path = "../../../jwks-core/src/keys/text.rs"]
pub(crate) mod text;
#[path = "../../../jwks-core/src/keys/thumbprint.rs"]
mod thumbprint;
#[path = "../../../jwks-core/src/keys/unicode.rs"]
pub(crate) mod unicode;
#[path = "../../../jwks-core/src/keys/validity.rs"]
mod validity;

pub use self::algorithm::{Algorithm, UnknownAlgorithm};
pub use self::diff::KeyDiff;
pub use self::error::{KeySetError, KeySetErrorKind};
pub(crate) use self::issuer::{TENANT, becomes};
pub use self::key::{Key, KeyId};
pub use self::limits::KeyLimits;
pub(crate) use self::limits::MAX_KID;
pub(crate) use self::public_jwk::{PublicJwk, PublicJwks};
pub(crate) use self::serial::Serial;
pub use self::set::KeySet;
pub(crate) use self::set::TokensOf;
pub use self::skip::{SkipReason, Skipped};
pub(crate) use self::succession::succeed;
pub use self::thumbprint::Thumbprint;
pub(crate) use self::thumbprint::{digest, sha256};
pub use self::validity::Validity;
