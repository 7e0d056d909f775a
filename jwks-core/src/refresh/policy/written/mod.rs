//! How a policy is read and written.

use serde::de::{Deserialize, Deserializer, Error as _};
use std::ffi::OsStr;

use super::Policy;
use crate::refresh::settings::{Settings, SettingsError};
pub use all::PolicySettings;

mod all;
mod read;
mod write;

impl Policy {
    /// Reads the settings from variables of the environment with this prefix, in upper or lower
    /// case: `Policy::from_vars("JWKS_", std::env::vars_os())` reads `JWKS_INTERVAL=20m`.
    ///
    /// Every variable that begins with the prefix is taken for a setting, except those that
    /// Kubernetes sets for a service of such a name (`JWKS_SERVICE_HOST`, `JWKS_PORT_80_TCP`).
    ///
    /// # Errors
    ///
    /// A setting is unknown, is out of range, or cannot work together with the others; or the
    /// prefix is empty.
    pub fn from_vars<N: AsRef<OsStr>, V: AsRef<OsStr>>(
        prefix: &str,
        vars: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, SettingsError> {
        let mut settings = Settings::from_own_vars(prefix, vars, PolicySettings::NAMES)?;
        PolicySettings::take(&mut settings).build()
    }
}

impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut settings = Settings::deserialize(deserializer)?;
        settings
            .check_names(PolicySettings::NAMES)
            .and_then(|()| PolicySettings::take(&mut settings).build())
            .map_err(D::Error::custom)
    }
}
