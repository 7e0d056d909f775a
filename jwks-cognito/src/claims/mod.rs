//! The claims of Cognito's tokens.

use serde::de::DeserializeOwned;

pub use self::access::AccessClaims;
pub use self::custom::CustomClaims;
pub use self::either::EitherClaims;
pub use self::id::IdClaims;
use crate::TokenUse;

mod access;
mod custom;
mod either;
mod id;
#[cfg(test)]
mod tests;

/// A type that the claims of a token are read into, and which tokens it is for.
///
/// Implemented by [`AccessClaims`], [`IdClaims`] and [`EitherClaims`]; for a type of your own say
/// which tokens may become it:
///
/// ```
/// use jwks_cognito::{CognitoClaims, TokenUse};
///
/// #[derive(serde::Deserialize)]
/// struct Caller {
///     sub: String,
///     client_id: String,
/// }
///
/// impl CognitoClaims for Caller {
///     const TOKEN_USE: TokenUse = TokenUse::Access;
/// }
/// ```
pub trait CognitoClaims: DeserializeOwned {
    /// Tokens of other uses are refused.
    const TOKEN_USE: TokenUse;
}
