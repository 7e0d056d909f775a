//! Key sets: JSON Web Keys (RFC 7517) parsed once into the form that verifies.
//!
//! A [`KeySet`] is read key by key: one that cannot be used is skipped with a [`SkipReason`] and
//! never spoils its neighbours. What is left is held in the crypto backend's own form, so checking
//! a signature parses no key. Symmetric and private material is refused and not kept.
//!
//! # What is read leniently
//!
//! Issuers write keys in more ways than RFC 7517 and 7518 allow. Where such a text has one value,
//! the key is used, and all that is compared, exported and shown is the canonical form of it:
//!
//! - a member that is `null` is absent, a private one too; `use` and `key_ops` that are empty are
//!   absent;
//! - base64 may have padding, and may be in the standard alphabet;
//! - numbers (the RSA modulus and exponent, the coordinates of EC keys) may have zero octets too many
//!   at their beginning, and coordinates too few;
//! - an Ed25519 key may have one zero octet too many or too few at its beginning, where it cannot
//!   have gained or lost it at its end;
//! - a UTF-8 byte order mark may stand before the document.
//!
//! What would need a guess is skipped: base64 with wrong padding or in two alphabets at once,
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
mod material;
mod public_jwk;
mod roca;
mod set;
mod skip;
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
pub(crate) use self::jwk::MAX_KID;
pub use self::key::{Key, KeyId};
pub(crate) use self::public_jwk::{PublicJwk, PublicJwks};
pub(crate) use self::set::TokensOf;
pub use self::set::{KeyLimits, KeySet};
pub use self::skip::{SkipReason, Skipped};
pub use self::thumbprint::Thumbprint;
pub(crate) use self::thumbprint::digest;
