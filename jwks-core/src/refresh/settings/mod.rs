//! Settings as they come from a file or from the environment.
//!
//! [`Policy`](super::Policy) and the verifier's settings read themselves with serde. Use this
//! module if your crate has settings of its own and should read all of them in the same way: names
//! in any case, numbers and flags also as text, durations with a unit, and errors that name the
//! setting as it was written.
//!
//! ```
//! use jwks_core::refresh::settings::{Settings, SettingsError};
//!
//! fn port(mut settings: Settings) -> Result<Option<u64>, SettingsError> {
//!     settings.check_names(&["port"])?;
//!     settings.take("port").map(|port| port.read(|value| value.count())).transpose()
//! }
//!
//! let written = serde_json::from_str(r#"{"prot": 80}"#)?;
//! let error = port(written).unwrap_err();
//! assert_eq!(error.to_string(), "unknown setting `prot`: did you mean `port`?");
//!
//! let vars = [("APP_PORT", "high"), ("PATH", "/bin")];
//! let error = port(Settings::from_vars("APP_", vars, &["port"], |_| true)?).unwrap_err();
//! assert_eq!(error.to_string(), "APP_PORT is 'high', allowed is a whole number");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use error::SettingsError;
#[cfg(test)]
pub(crate) use table::variable;
pub use table::{Setting, Settings};
pub use value::{Read, SettingValue};

mod duration;
mod error;
mod form;
mod nearest;
pub(in crate::refresh) mod shown;
mod table;
#[cfg(test)]
mod tests;
mod value;
mod vars;
