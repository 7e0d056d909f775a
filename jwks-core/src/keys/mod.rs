//! Key sets: JSON Web Keys (RFC 7517) parsed once into the form that verifies.
//!
//! A [`KeySet`] is read key by key: one that cannot be used is skipped with a [`SkipReason`] and
//! never spoils its neighbours. What is left is held in the crypto backend's own form, so checking
//! a signature parses no key. Symmetric and private material is refused and not kept.

mod algorithm;
pub(crate) mod base64url;
mod crypto;
mod diff;
mod document;
mod edwards;
mod error;
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

pub use self::algorithm::{Algorithm, UnknownAlgorithm};
pub use self::diff::KeyDiff;
pub use self::error::{KeySetError, KeySetErrorKind};
pub(crate) use self::jwk::MAX_KID;
pub use self::key::{Key, KeyId};
pub(crate) use self::public_jwk::{PublicJwk, PublicJwks};
pub use self::set::{KeyLimits, KeySet};
pub use self::skip::{SkipReason, Skipped};
pub use self::thumbprint::Thumbprint;
pub(crate) use self::thumbprint::digest;
