//! Floor 3: token text to verified claims.
//!
//! The straight line, each part read once: `Token::parse` splits and decodes, `Token::header`
//! reads what selects the key, unless the same header is `Known`, `Expected::check_header` refuses
//! what we do not allow, `select` finds the keys, `Candidates::check` checks the signature, and only
//! then `one_pass` reads and checks the claims. `Asked` is all of it from `select` on, which the
//! cache runs in one look at the keys: a token that is accepted is one use of them.

mod asked;
mod buffer;
mod call;
mod check;
mod claims;
mod error;
mod expectations;
mod expected;
mod header;
mod health;
mod id_token;
mod issuer;
mod known;
mod one_pass;
mod ready;
mod registered;
mod select;
mod settings;
#[cfg(test)]
mod tests;
mod token;
mod validation;
mod verified;
mod verifier;
mod whose;

pub use self::buffer::TokenBuffer;
pub use self::call::Call;
pub use self::check::{CheckResult, Checked, InvalidToken};
#[cfg(test)]
pub(crate) use self::error::all_errors;
pub use self::error::{Error, ErrorKind};
pub use self::expectations::Expectations;
pub use self::health::{IssuerHealth, VerifierHealth};
pub use self::issuer::{Issuer, IssuerError};
pub use self::ready::NotReady;
pub use self::registered::Registered;
pub use self::settings::VerifierSettings;
pub use self::verified::Verified;
pub use self::verifier::{Verifier, VerifierBuilder};
pub use crate::refresh::settings::SettingsError;
