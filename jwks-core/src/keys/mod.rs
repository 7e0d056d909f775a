//! Key sets: JSON Web Keys (RFC 7517), and keys in PEM and DER, parsed once into the form that
//! verifies.
//!
//! A [`KeySet`] is read key by key. A key that cannot be used is skipped with a [`SkipReason`], and
//! the others are used all the same. Each key is held in the crypto backend's own form, so checking
//! a signature parses no key. Symmetric and private material is refused and not kept.
//!
//! # Forms of a document
//!
//! The form is recognised by the content, wherever the document comes from:
//!
//! | document | keys | `kid` |
//! |---|---|---|
//! | a JWK Set | all elements of `keys` | as written, or none |
//! | PEM (RFC 7468) | all blocks: `PUBLIC KEY`, `RSA PUBLIC KEY`, `CERTIFICATE` | the RFC 7638 thumbprint |
//! | a JSON object of texts in PEM, as Firebase has it | one for each member | the member's name |
//! | DER | one `SubjectPublicKeyInfo` or X.509 certificate | the RFC 7638 thumbprint |
//!
//! Of a certificate the public key is used. Its [dates](Key::validity) are shown and not judged, and
//! neither are its signature, its issuer and its extensions: the document as a whole is trusted, as a
//! JWK Set is. A private key is skipped by its name, and not decoded. DER is read as strictly as it
//! is defined. A boundary of PEM that is damaged or missing spoils the whole document, because it
//! may hide a key. Keys of all forms are judged alike, and the limits are the same. A SPIFFE bundle
//! is always a JWK Set.
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
mod bundle;
mod crypto;
mod der;
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
mod named;
mod pem;
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
mod validity;

pub use self::algorithm::{Algorithm, UnknownAlgorithm};
pub use self::diff::KeyDiff;
pub use self::error::{KeySetError, KeySetErrorKind};
pub(crate) use self::issuer::{TENANT, becomes};
pub use self::key::{Key, KeyId};
pub use self::limits::KeyLimits;
pub(crate) use self::limits::MAX_KID;
pub(crate) use self::named::document as named_document;
pub(crate) use self::public_jwk::{PublicJwk, PublicJwks};
pub(crate) use self::serial::Serial;
pub use self::set::KeySet;
pub(crate) use self::set::TokensOf;
pub use self::skip::{SkipReason, Skipped};
pub(crate) use self::succession::succeed;
pub use self::thumbprint::Thumbprint;
pub(crate) use self::thumbprint::{digest, sha256};
pub use self::validity::Validity;
