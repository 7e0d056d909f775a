//! Floor 3: token text to verified claims.
//!
//! A token takes these steps, and each part of it is read once: `Token::parse` splits and decodes
//! it. `Token::header` reads the header, unless the same header is `Known`.
//! `Expected::check_header` refuses a header that is not allowed. `select` finds the keys, and
//! `Candidates::check` checks the signature. Only then does `one_pass` read and check the claims.
//! `Asked` holds all steps from `select` on. The cache runs them in one look at the keys: an
//! accepted token is one use of them.

mod asked;
mod buffer;
mod builder;
mod call;
mod check;
mod choose;
mod claims;
mod error;
mod expectations;
mod expected;
mod explain;
mod header;
mod health;
mod id_token;
mod issuer;
mod issuers;
mod known;
mod lenience;
mod memo;
mod one_pass;
mod ready;
mod registered;
mod select;
mod settings;
mod spiffe;
mod table;
mod tally;
mod templated;
mod tenants;
#[cfg(test)]
mod tests;
mod token;
mod validation;
mod verified;
mod verifier;
mod whose;

pub use self::buffer::TokenBuffer;
pub use self::builder::VerifierBuilder;
pub use self::call::Call;
pub use self::check::{CheckResult, Checked, InvalidToken};
#[cfg(test)]
pub(crate) use self::error::all_errors;
pub use self::error::{Error, ErrorKind};
pub use self::expectations::Expectations;
pub use self::explain::{Step, TokenExplanation, TokenHeader};
pub use self::health::{IssuerHealth, VerifierHealth};
pub use self::issuer::{Issuer, IssuerError};
pub use self::issuers::{Changes, Issuers};
pub use self::ready::NotReady;
pub use self::registered::Registered;
pub use self::settings::VerifierSettings;
pub use self::spiffe::{SpiffeId, SpiffeIdError};
pub use self::tenants::{Resolver, Tenant};
pub use self::verified::Verified;
pub use self::verifier::Verifier;
pub use crate::refresh::settings::SettingsError;
