//! Why settings were refused.

use std::fmt;

use super::name::Setting;

/// Settings of a user pool that cannot be read, or cannot work. Its one line names the setting,
/// its value, and what is allowed; never a secret, nor a URL.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(String);

impl SettingsError {
    pub(super) fn missing(setting: Setting, needed: &str) -> Self {
        Self(format!("{} is missing, must be {needed}", setting.name()))
    }

    /// For a variable whose value is none; the name has been found to be meant for us.
    pub(super) fn no_text(name: &str) -> Self {
        Self(format!("{} is not text (UTF-8)", name.escape_debug()))
    }

    pub(super) fn range(
        setting: Setting,
        value: impl fmt::Display,
        allowed: impl fmt::Display,
    ) -> Self {
        Self(format!("{} is {value}, allowed is {allowed}", setting.name()))
    }

    pub(super) fn reason(setting: Setting, reason: impl fmt::Display) -> Self {
        Self(format!("{}: {reason}", setting.name()))
    }

    /// What serde, or the core, says of it.
    pub(super) fn read(error: impl fmt::Display) -> Self {
        Self(error.to_string())
    }
}
