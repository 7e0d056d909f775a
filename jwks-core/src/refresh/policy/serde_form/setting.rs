//! A setting of another crate's, read as ours are.

use core::fmt;
use core::time::Duration;

use serde::de::{Deserialize, Deserializer};

use super::super::error::shortened;
use super::read;
use super::value::Value;

/// The value of a setting as it comes from a file or from the environment, where every number and
/// flag may be text.
///
/// For crates that read settings of their own beside a [`Policy`](crate::refresh::Policy)'s, so
/// that all are read alike. Each reader's error says, in words, what would have been allowed; the
/// value's own text, escaped and cut if it is long, is what such a message shows of it.
///
/// ```
/// use jwks_core::refresh::SettingValue;
///
/// let value: SettingValue = serde_json::from_str(r#""90s""#)?;
/// assert_eq!(value.seconds().unwrap().as_secs(), 90);
/// assert_eq!(value.flag().unwrap_err(), "true or false");
/// assert_eq!(value.to_string(), "'90s'");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SettingValue(Value);

impl SettingValue {
    /// Whether there is none: a `null`.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self.0, Value::Null)
    }

    /// A truth value: `true`, `1`, `yes`, `on`, or their opposites.
    ///
    /// # Errors
    ///
    /// What would have been allowed.
    pub fn flag(&self) -> Result<bool, &'static str> {
        read::flag(&self.0)
    }

    /// A duration with its unit (`90s`, `1m 30s`); a bare number is seconds.
    ///
    /// # Errors
    ///
    /// What would have been allowed.
    pub fn seconds(&self) -> Result<Duration, &'static str> {
        read::seconds(&self.0)
    }

    /// Text, without the space around it.
    ///
    /// # Errors
    ///
    /// What would have been allowed.
    pub fn text(&self) -> Result<&str, &'static str> {
        match &self.0 {
            Value::Text(text) => Ok(text.trim()),
            _ => Err("text"),
        }
    }

    /// Texts: a list of them, or one text with commas between them; none of them empty.
    ///
    /// # Errors
    ///
    /// What would have been allowed.
    pub fn texts(&self) -> Result<Vec<&str>, &'static str> {
        let texts: Option<Vec<_>> = match &self.0 {
            Value::List(list) => list
                .iter()
                .map(|value| match value {
                    Value::Text(text) => Some(text.trim()),
                    _ => None,
                })
                .collect(),
            Value::Text(text) => Some(text.split(',').map(str::trim).collect()),
            _ => None,
        };
        texts
            .filter(|texts| !texts.is_empty() && texts.iter().all(|text| !text.is_empty()))
            .ok_or("one or more texts, as a list or with commas between them")
    }
}

impl fmt::Display for SettingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shortened(&self.0.to_string()))
    }
}

impl From<&str> for SettingValue {
    /// As a variable of the environment has it.
    fn from(text: &str) -> Self {
        Self(Value::Text(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for SettingValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> SettingValue {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn bare_numbers_are_seconds() {
        for (json, millis) in [
            ("0", 0),
            ("30", 30_000),
            ("\"30\"", 30_000),
            ("1.5", 1500),
            ("\"1.5\"", 1500),
            ("\"30s\"", 30_000),
            ("\"1m 30s\"", 90_000),
        ] {
            assert_eq!(value(json).seconds(), Ok(Duration::from_millis(millis)), "{json}");
        }
        for json in ["-1", "\"-1\"", "\"soon\"", "true", "null", "[1]", "1e300", "\"NaN\""] {
            assert!(value(json).seconds().is_err(), "{json}");
        }
    }

    #[test]
    fn texts_are_a_list_or_have_commas() {
        for json in [r#"["a", "b"]"#, r#""a,b""#, r#"" a , b ""#] {
            assert_eq!(value(json).texts().unwrap(), ["a", "b"], "{json}");
        }
        for json in ["[]", "\"\"", "\"a,,b\"", "[1]", r#"["a", ""]"#, "7", "null"] {
            assert!(value(json).texts().is_err(), "{json}");
        }
    }

    #[test]
    fn what_is_shown_is_one_short_line() {
        assert_eq!(value(r#""a\nb""#).to_string(), "'a\\nb'");
        assert!(SettingValue::from("x".repeat(1000).as_str()).to_string().len() < 100);
        assert_eq!(value("[1]").to_string(), "a list");
        assert!(value("null").is_null() && !value("0").is_null());
    }
}
