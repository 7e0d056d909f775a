//! Key sets: JSON Web Keys (RFC 7517) parsed once into the form that verifies.
//!
//! A [`KeySet`] is read key by key. A key that cannot be used is skipped with a [`SkipReason`], and
//! the others are used all the same. Each key is held in the crypto backend's own form, so checking
//! a signature parses no key. Symmetric and private material is refused and not kept.
//!
//! # What is read leniently
//!
//! Issuers write keys in more ways than RFC 7517 and 7518 allow. If such a text has exactly one
//! meaning, the key is used. Comparison, export and display use its canonical form:
//!
//! - a member that is `null` is absent, also a private one; an empty `use` or `key_ops` is absent;
//! - base64 may have padding, and may be in the standard alphabet;
//! - numbers (the RSA modulus and exponent, the coordinates of EC keys) may have extra zero octets
//!   at their beginning, and coordinates may lack them;
//! - an Ed25519 key may have one extra zero octet at its beginning, or lack one, if the same
//!   mistake at its end is impossible;
//! - a UTF-8 byte order mark may stand before the document.
//!
//! A key that would need a guess is skipped: base64 with wrong padding or in two alphabets at once,
//! members of another JSON type, a key that repeats a member. Tokens are never read leniently.

mod algorithm;
pub(crate) mod base64url;
mod crypto;
mod diff;
mod document;
mod edwards;
mod error;
mod issuer;
pub(crate) mod json;
#[cfg(feature = "jsonwebtoken")]
mod jsonwebtoken;
mod jwk;
mod key;
mod limits;
mod material;
mod public_jwk;
mod roca;
mod serial;
mod set;
mod skip;
mod succession;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub(crate) mod text;
mod thumbprint;
pub(crate) mod unicode;

pub use self::algorithm::{Algorithm, UnknownAlgorithm};
pub use self::diff::KeyDiff;
pub use self::error::{KeySetError, KeySetErrorKind};
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
