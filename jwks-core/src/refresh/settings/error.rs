//! Why settings were refused.

use core::fmt;

/// Settings of a file or of the environment that cannot be read, or cannot work together.
///
/// Its one line names the setting as it was written (`issuers[1].leeway`, `JWKS_LEEWAY`), its
/// value, and what is allowed. It never shows a URL, which may hold a secret. `Debug` is the same
/// line, so that a `main` that returns this error prints it.
#[derive(Clone, Eq, PartialEq, thiserror::Error)]
#[error("{text}")]
pub struct SettingsError {
    setting: String,
    text: String,
}

impl SettingsError {
    /// An error in your own words, which name the setting.
    pub fn new(setting: impl Into<String>, text: impl Into<String>) -> Self {
        Self { setting: setting.into(), text: text.into() }
    }

    /// A required setting that was not given.
    pub fn missing(setting: impl Into<String>, needed: impl fmt::Display) -> Self {
        let setting = setting.into();
        let text = format!("{setting} is missing: it must be {needed}");
        Self { setting, text }
    }

    /// A value that is not among those allowed. `value` is shown: escape it if it is foreign text.
    pub fn range(
        setting: impl Into<String>,
        value: impl fmt::Display,
        allowed: impl fmt::Display,
    ) -> Self {
        let setting = setting.into();
        let text = format!("{setting} is {value}, allowed is {allowed}");
        Self { setting, text }
    }

    /// The same error, with the setting as it was written: for checks that know only its name.
    #[must_use]
    pub fn written(self, shown: &str) -> Self {
        let text = match self.text.strip_prefix(&self.setting) {
            Some(rest) => format!("{shown}{rest}"),
            None => self.text,
        };
        Self { setting: shown.to_owned(), text }
    }

    /// The setting with the error, as it was written: its path in a file, or the name of a
    /// variable.
    #[must_use]
    pub fn setting(&self) -> &str {
        &self.setting
    }
}

impl fmt::Debug for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
